"""A customer is pinned to one provider, by whoever may see the customer, and on record."""

from dataclasses import replace
from datetime import timedelta

import pytest

from khalifa.application.ports.notifications import EventKind
from khalifa.domain.agents import Role
from khalifa.domain.audit import Act
from khalifa.domain.contacts import Identity, IdentityKind, ProviderName
from khalifa.domain.errors import Conflict, NoRoute, NotAllowed
from tests.unit.application.world import NOW, PIGEON, WIRE, World, wrote


async def test_replies_go_by_the_chosen_provider_until_the_choice_is_taken_back(
    world: World,
) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    pin, read = world.container.pin_customer(), world.container.read_customer_provider()

    async def answered(text: str) -> ProviderName | None:
        await world.reply_to_ticket(sara, ticket.id, text)
        await world.deliver_messages()
        return next(one.provider for one in world.messages() if one.text == text)

    before = await read(sara, ticket.customer_id)
    pinned = await pin(sara, ticket.customer_id, PIGEON)
    by_choice = await answered("by pigeon")
    after = await pin(sara, ticket.customer_id, None)

    assert (before.pinned, before.next, set(before.choices)) == (None, WIRE, {WIRE, PIGEON})
    assert (pinned.pinned, pinned.next) == (PIGEON, PIGEON)
    assert by_choice == PIGEON
    assert (after.pinned, after.next) == (None, WIRE)
    assert await answered("by wire") == WIRE


async def test_what_waits_to_be_sent_follows_the_choice(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.reply_to_ticket(sara, ticket.id, "waits")

    await world.container.pin_customer()(sara, ticket.customer_id, PIGEON)
    await world.deliver_messages()

    assert [one.provider for one in world.messages() if one.text == "waits"] == [PIGEON]


async def test_a_choice_is_on_record_once_and_the_screens_are_told(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    pin = world.container.pin_customer()
    world.told.clear()

    for to in (PIGEON, PIGEON, None):
        await pin(sara, ticket.customer_id, to)

    subject = f"customer {ticket.customer_id}"
    assert [(one.act, one.by, one.subject, one.details) for one in world.store.tables.audit] == [
        (Act.CUSTOMER_PINNED, sara.id, subject, {"provider": [None, PIGEON]}),
        (Act.CUSTOMER_PINNED, sara.id, subject, {"provider": [PIGEON, None]}),
    ]
    told = [one.entity for one in world.told if one.kind is EventKind.TICKET_CHANGED]
    assert [b'"pinned_provider":"pigeon"' in one for one in told] == [True, False]


async def test_what_cannot_be_chosen_is_refused_with_words(world: World) -> None:
    sara, omar = await world.agent("Sara"), await world.agent("Omar")
    ticket = await world.conversation(sara)
    only_wire = Identity(WIRE, IdentityKind.CHAT, "chat-7")
    await world.receive(replace(wrote("no number"), identities=(only_wire,)))
    nameless = next(c for c in world.store.tables.customers.values() if c.phone is None)
    boss = await world.agent("Boss", role=Role.ADMIN)
    pin = world.container.pin_customer()

    with pytest.raises(NotAllowed):
        await pin(omar, ticket.customer_id, PIGEON)
    with pytest.raises(Conflict, match="nobody is not configured here"):
        await pin(sara, ticket.customer_id, ProviderName("nobody"))
    with pytest.raises(NoRoute, match="pigeon cannot reach this customer"):
        await pin(boss, nameless.id, PIGEON)
    await world.transact(lambda uow: uow.switches.retire(PIGEON, at=NOW, by=None))
    world.clock.advance(timedelta(seconds=2))
    with pytest.raises(Conflict, match="pigeon is retired") as refusal:
        await pin(sara, ticket.customer_id, PIGEON)

    assert refusal.value.words.arabic
    assert world.store.tables.audit == []
    assert {c.pinned_provider for c in world.store.tables.customers.values()} == {None}
