"""The day after a switch: what each carried, when the old one may stop, and stopping it."""

from datetime import timedelta

import pytest

from khalifa.application import retire_provider
from khalifa.application.retire_provider import RetireProvider
from khalifa.application.switch_provider import SwitchRefused
from khalifa.domain.audit import Act
from khalifa.domain.contacts import Identity, IdentityKind, ProviderName
from khalifa.domain.errors import NoRoute
from khalifa.domain.messages import DeliveryStatus
from tests.unit.application.world import PIGEON, WIRE, World

A_DAY = timedelta(hours=24)


@pytest.fixture
def retire(world: World, monkeypatch: pytest.MonkeyPatch) -> RetireProvider:
    monkeypatch.setattr(retire_provider, "LOOK_AGAIN_AFTER", timedelta())
    return world.container.retire_provider()


async def a_moment_later(world: World) -> None:
    world.clock.advance(timedelta(seconds=2))
    await world.container.active_provider()()


async def test_without_a_switch_there_is_nothing_to_stop(world: World) -> None:
    await world.container.active_provider().at_start()

    seen = await world.container.watch_providers()()

    assert (seen.old, seen.may_stop, seen.still_needed) == (None, False, ())


async def test_the_old_provider_may_stop_after_a_day_without_it_and_a_delivered_reply(
    world: World,
) -> None:
    watch = world.container.watch_providers()
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.reply_to_ticket(sara, ticket.id, "by wire")
    await world.deliver_messages()
    world.clock.advance(timedelta(minutes=1))
    await world.container.switch_provider()(PIGEON, expected=WIRE, source="test")
    await a_moment_later(world)

    at_once = await watch()
    await world.reply_to_ticket(sara, ticket.id, "by pigeon")
    await world.deliver_messages()
    world.clock.advance(A_DAY)
    unproven = await watch()
    [sent] = [message for message in world.messages() if message.text == "by pigeon"]
    sent.status = DeliveryStatus.DELIVERED
    await world.transact(lambda uow: uow.messages.save([sent]))
    proven = await watch()

    assert (at_once.old, len(at_once.still_needed)) == (WIRE, 4)
    assert (at_once.before[WIRE].received, at_once.before[WIRE].sent) == (1, 1)
    assert [str(reason) for reason in unproven.still_needed] == [
        "No reply of ours has been reported delivered through pigeon since the switch."
    ]
    assert unproven.after[PIGEON].sent == 1
    assert proven.still_needed == ()
    assert proven.may_stop


async def test_a_retired_provider_carries_nothing_until_it_is_taken_back(
    world: World, retire: RetireProvider
) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.pin(ticket, PIGEON)

    assert await retire(PIGEON, by="mona") is None
    await a_moment_later(world)
    await world.reply_to_ticket(sara, ticket.id, "pinned to pigeon")
    await world.deliver_messages()
    kept = world.pigeon.session.kept
    await world.sweep("sessions")

    assert [message.provider for message in world.messages()][-1] == WIRE
    assert world.pigeon.pairing.unpaired == 1
    assert world.pigeon.session.kept == kept
    assert set((await world.container.watch_providers()()).retired) == {PIGEON}
    await retire.undo(PIGEON)
    await a_moment_later(world)
    await world.sweep("sessions")
    assert world.pigeon.session.kept == kept + 1


async def test_the_audit_record_says_who_retired_a_provider_and_who_took_it_back(
    world: World, retire: RetireProvider
) -> None:
    for _ in range(2):
        await retire(PIGEON, by="mona@till-1")
    await retire.undo(PIGEON, by="sara@till-2")

    record = [(one.act, one.by, one.subject, one.details) for one in world.store.tables.audit]
    assert record == [
        (Act.PROVIDER_RETIRED, None, "provider pigeon", {"operator": "mona@till-1"}),
        (Act.PROVIDER_TAKEN_BACK, None, "provider pigeon", {"operator": "sara@till-2"}),
    ]


async def test_who_is_known_to_a_retired_provider_alone_has_no_route(
    world: World, retire: RetireProvider
) -> None:
    only_there = Identity(PIGEON, IdentityKind.CHAT, "chat-7")
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    stored = world.store.tables.customers[ticket.customer_id]
    stored.identities[:] = [only_there]

    with pytest.raises(SwitchRefused, match="1 active conversations"):
        await retire(PIGEON)
    await retire(PIGEON, force=True)
    await a_moment_later(world)

    routes = await world.container.route_replies()()
    with pytest.raises(NoRoute):
        routes.to(stored)


async def test_what_cannot_be_retired_is_refused_with_words(
    world: World, retire: RetireProvider
) -> None:
    with pytest.raises(SwitchRefused, match="Switch to another provider first"):
        await retire(WIRE)
    with pytest.raises(SwitchRefused, match="not configured"):
        await retire(ProviderName("nobody"))
    with pytest.raises(SwitchRefused, match="not retired"):
        await retire.undo(PIGEON)


async def test_switching_to_a_retired_provider_takes_it_back(
    world: World, retire: RetireProvider
) -> None:
    await retire(PIGEON)

    await world.container.switch_provider()(PIGEON, expected=WIRE, source="test")
    await a_moment_later(world)

    assert world.container.active_provider().retired == frozenset()
    assert await world.container.active_provider()() == PIGEON
