"""A switch is one row, and so is the way back; a plan counts and changes nothing."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from khalifa.application.plan_switch import NOWHERE
from khalifa.application.switch_provider import ActiveProvider, SwitchRefused
from khalifa.domain.audit import Act
from khalifa.domain.contacts import Identity, IdentityKind, ProviderName
from tests.unit.application.world import PIGEON, WIRE, World, wrote

NOBODY = ProviderName("nobody")


async def active(world: World) -> ProviderName:
    return (await world.transact(lambda uow: uow.switches.lock()))[0].provider


async def a_moment_later(world: World) -> None:
    """Let every process look at the row again; then one starts with the variable as it was."""
    world.clock.advance(timedelta(seconds=2))
    await world.container.active_provider().at_start()


async def test_after_a_switch_replies_go_by_the_other_provider_and_back_again(
    world: World,
) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    switch = world.container.switch_provider()

    await switch(PIGEON, expected=WIRE, source="test", by="mona")
    await a_moment_later(world)
    await world.reply_to_ticket(sara, ticket.id, "by pigeon")
    await world.deliver_messages()
    await switch.back(expected=PIGEON)
    await a_moment_later(world)
    await world.reply_to_ticket(sara, ticket.id, "by wire")
    await world.deliver_messages()

    sent = {message.text: message.provider for message in world.messages()}
    assert (sent["by pigeon"], sent["by wire"]) == (PIGEON, WIRE)
    assert sent["hello"] == WIRE
    # What the variable says is written down; a start with the same one changes nothing.
    assert {row.configured for row in world.store.tables.switches} == {WIRE}
    assert await active(world) == WIRE


async def test_going_back_twice_is_going_forth_again(world: World) -> None:
    switch = world.container.switch_provider()
    await switch(PIGEON, expected=WIRE, source="test")

    first = await switch.back(expected=PIGEON)
    second = await switch.back(expected=WIRE)

    assert (first.provider, second.provider) == (WIRE, PIGEON)
    assert first.source == second.source == "rollback"


async def test_a_wrong_switch_is_refused_with_words(world: World) -> None:
    switch = world.container.switch_provider()

    with pytest.raises(SwitchRefused, match="not configured"):
        await switch(NOBODY, expected=WIRE, source="test")
    with pytest.raises(SwitchRefused, match="by wire already"):
        await switch(WIRE, expected=WIRE, source="test")
    with pytest.raises(SwitchRefused, match="nothing to go back to"):
        await switch.back(expected=WIRE)
    with pytest.raises(SwitchRefused, match="meanwhile"):
        await switch(PIGEON, expected=PIGEON, source="test")
    assert world.store.tables.switches == []


async def test_of_two_switches_at_once_one_is_made(world: World) -> None:
    switch = world.container.switch_provider()

    made = await asyncio.gather(
        *(switch(PIGEON, expected=WIRE, source="test") for _ in range(4)), return_exceptions=True
    )

    assert sum(not isinstance(one, BaseException) for one in made) == 1
    assert [row.provider for row in world.store.tables.switches] == [WIRE, PIGEON]


async def test_a_plan_counts_who_can_be_reached_and_where_replies_would_go(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    only_here = Identity(WIRE, IdentityKind.CHAT, "chat-7")
    await world.receive(replace(wrote("no number"), identities=(only_here,)))
    await world.reply_to_ticket(sara, ticket.id, "waits")
    before = world.store.tables.copy()
    seen: list[int] = []

    plan = await world.container.plan_switch()(PIGEON, progress=seen.append)

    assert (plan.active, plan.target, plan.customers) == (WIRE, PIGEON, 2)
    assert (plan.reachable, plan.unreachable, plan.known_otherwise) == (1, 1, 1)
    assert (plan.active_tickets, plan.active_reachable) == (2, 1)
    assert plan.waiting == {PIGEON: 1}
    assert plan.waiting[NOWHERE] == 0
    assert seen == [2]
    # What was published is forgotten a moment later.
    assert replace(world.store.tables, events={}) == replace(before, events={})
    with pytest.raises(SwitchRefused):
        await world.container.plan_switch()(NOBODY)


@pytest.mark.parametrize("price", [Decimal("0.0104"), None])
async def test_a_plan_counts_the_windows_that_are_closed_and_what_templates_cost(
    price: Decimal | None,
) -> None:
    world = World(window=timedelta(hours=24))
    world.container.plan_switch.add_kwargs(template_price=price)
    sara = await world.agent("Sara")
    await world.conversation_of(sara, "201000000001")
    await world.conversation_of(sara, "201000000002")
    world.clock.advance(timedelta(hours=23))
    await world.receive(wrote("hello", phone="201000000003", after=timedelta(hours=23)))
    world.clock.advance(timedelta(hours=2))

    plan = await world.container.plan_switch()(WIRE)

    assert (plan.active_tickets, plan.windows_closed) == (3, 2)
    assert plan.cost == (None if price is None else Decimal("0.0208"))
    assert (await world.container.plan_switch()(PIGEON)).windows_closed == 0


async def test_an_edited_variable_is_a_switch_and_a_stale_one_is_not(world: World) -> None:
    def started_with(variable: ProviderName) -> ActiveProvider:
        return ActiveProvider(transact=world.transact, clock=world.clock, configured=variable)

    await started_with(WIRE).at_start()
    assert await started_with(PIGEON).at_start() == PIGEON
    await world.container.switch_provider().back(expected=PIGEON)

    # Another machine still says what was recorded with the switch: it is merely old.
    assert await started_with(WIRE).at_start() == WIRE
    sources = [(row.provider, row.source) for row in world.store.tables.switches]
    assert sources == [(WIRE, "WHATSAPP_DRIVER"), (PIGEON, "WHATSAPP_DRIVER"), (WIRE, "rollback")]


async def test_the_audit_record_says_who_switched_from_what_and_how(world: World) -> None:
    by_hand = ActiveProvider(
        transact=world.transact, clock=world.clock, configured=PIGEON, operator="root@till-2"
    )
    switch = world.container.switch_provider()

    await switch(PIGEON, expected=WIRE, source="khalifa provider switch", by="mona@till-1")
    await switch.back(expected=PIGEON, by="sara@till-1")
    await by_hand.at_start()

    acts = [(one.act, one.by, one.subject, one.details) for one in world.store.tables.audit]
    assert acts == [
        (Act.PROVIDER_SWITCHED, None, f"provider {to}", details(before, to, source, operator))
        for before, to, source, operator in (
            (None, WIRE, "WHATSAPP_DRIVER", "mona@till-1"),
            (WIRE, PIGEON, "khalifa provider switch", "mona@till-1"),
            (PIGEON, WIRE, "rollback", "sara@till-1"),
            (WIRE, PIGEON, "WHATSAPP_DRIVER", "root@till-2"),
        )
    ]


def details(
    before: ProviderName | None, to: ProviderName, source: str, operator: str
) -> dict[str, object]:
    return {"provider": [before, to], "source": source, "operator": operator}


async def test_a_file_left_behind_on_another_machine_does_not_switch_back(world: World) -> None:
    switch = world.container.switch_provider()
    await switch(PIGEON, expected=WIRE, source="khalifa provider switch")

    stale = ActiveProvider(transact=world.transact, clock=world.clock, configured=WIRE)

    assert await stale.at_start() == PIGEON
    assert await active(world) == PIGEON
