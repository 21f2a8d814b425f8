"""Customers who wait for too long."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from khalifa.application.change_settings import SettingsChange
from khalifa.application.ports.unit_of_work import UnitOfWork
from khalifa.domain.agents import Agent, Presence, Role
from khalifa.domain.audit import Act
from khalifa.domain.delays import Delay
from khalifa.domain.errors import NotAllowed
from khalifa.domain.tickets import TicketEventKind
from tests.unit.application.world import NOW, World, wrote

MINUTE = timedelta(minutes=1)


async def late_ticket(world: World, agent: Agent) -> None:
    """Let a customer of *agent* wait for three minutes and be noticed half a minute later."""
    await world.conversation(agent)
    world.clock.advance(3.5 * MINUTE)
    assert await world.sweep("delays") == 1


async def boss(world: World) -> Agent:
    return await world.agent("Boss", role=Role.ADMIN, presence=Presence.OFFLINE)


def delays(world: World) -> list[Delay]:
    return list(world.store.tables.delays)


async def test_three_minutes_without_an_answer_make_a_ticket_delayed(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)

    world.clock.advance(2 * MINUTE)
    assert await world.sweep("delays") == 0
    world.clock.advance(1.5 * MINUTE)
    assert await world.sweep("delays") == 1
    assert await world.sweep("delays") == 0

    late_since = NOW + 3 * MINUTE
    assert world.tickets()[0].delayed_at == late_since
    assert delays(world) == [Delay(ticket_id=ticket.id, agent_id=sara.id, started_at=late_since)]
    line = world.store.tables.ticket_events[-1]
    assert (line.kind, line.at, line.by) == (TicketEventKind.DELAYED, late_since, None)
    assert b'"status":"delayed"' in world.told[-1].entity
    assert str(sara.id) in world.told[-1].recipients


async def test_more_messages_do_not_start_the_clock_anew(world: World) -> None:
    sara = await world.agent("Sara")
    await world.conversation(sara)

    world.clock.advance(2 * MINUTE)
    await world.receive(wrote("hello?", after=2 * MINUTE))
    world.clock.advance(1 * MINUTE)

    assert await world.sweep("delays") == 1
    await world.receive(wrote("HELLO?", after=3 * MINUTE))
    assert world.tickets()[0].delayed_at == NOW + 3 * MINUTE


async def test_an_answer_ends_a_delay_and_it_stays_on_record(world: World) -> None:
    sara = await world.agent("Sara")
    await late_ticket(world, sara)
    ticket = world.tickets()[0]

    await world.reply_to_ticket(sara, ticket.id, "sorry")

    (delay,) = await world.container.read_delays()(sara, ticket.id)
    assert (delay.ended_at, delay.ended_by) == (world.clock.now(), sara.id)
    assert world.tickets()[0].delayed_at is None
    await world.receive(wrote("thanks", after=4 * MINUTE))
    world.clock.advance(3 * MINUTE)
    assert await world.sweep("delays") == 1
    assert [one.ended_at for one in delays(world)] == [delay.ended_at, None]


async def test_closing_ends_a_delay_too(world: World) -> None:
    sara = await world.agent("Sara")
    await late_ticket(world, sara)

    await world.close_ticket(sara, world.tickets()[0].id)

    assert [(one.ended_at, one.ended_by) for one in delays(world)] == [(world.clock.now(), sara.id)]


async def test_an_answer_typed_on_the_phone_ends_a_delay_when_it_was_said(world: World) -> None:
    sara = await world.agent("Sara")
    await late_ticket(world, sara)

    said_after = 3.75 * MINUTE
    world.clock.advance(MINUTE)
    await world.receive(wrote("we have it", from_us=True, after=said_after))
    await world.sweep("delays")

    assert [(one.ended_at, one.ended_by) for one in delays(world)] == [(NOW + said_after, None)]


async def test_a_delay_goes_on_with_the_conversation_when_its_customer_is_merged(
    world: World,
) -> None:
    sara = await world.agent("Sara")
    first = await world.conversation_of(sara, "201000000001")
    await world.reply_to_ticket(sara, first.id, "hello")
    second = await world.conversation_of(sara, "201000000002")
    world.clock.advance(4 * MINUTE)
    assert await world.sweep("delays") == 1

    await world.container.merge_customers()(
        await boss(world), first.customer_id, second.customer_id
    )
    await world.sweep("delays")

    assert [(one.ticket_id, one.ended_at) for one in delays(world)] == [(first.id, None)]


async def test_settings_are_changed_by_administrators_and_followed_everywhere(
    world: World,
) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    change = SettingsChange(delay=10 * MINUTE)

    with pytest.raises(NotAllowed):
        await world.container.change_settings()(sara, change)
    after = await world.container.change_settings()(await boss(world), change)

    assert (after.version, after.delay) == (1, 10 * MINUTE)
    (entry,) = world.store.tables.audit
    assert (entry.act, entry.subject) == (Act.SETTINGS_CHANGED, "settings 1")
    assert entry.details == {"delay_minutes": [3, 10]}
    world.clock.advance(9 * MINUTE)
    assert await world.sweep("delays") == 0
    shown = await world.container.read_inbox().ticket(sara, ticket.id)
    assert shown.due_at == NOW + 10 * MINUTE
    world.clock.advance(MINUTE)
    assert await world.sweep("delays") == 1


async def test_a_change_made_elsewhere_is_followed_within_seconds(world: World) -> None:
    rules = world.container.business_rules()
    known = await rules()

    async def elsewhere(uow: UnitOfWork) -> None:
        await uow.settings.add(replace(known, version=1, delay=7 * MINUTE, changed_at=NOW))

    await world.transact(elsewhere)
    assert (await rules()).delay == 3 * MINUTE
    world.clock.advance(timedelta(seconds=2))
    assert (await rules()).delay == 7 * MINUTE
    assert rules.known.delay == 7 * MINUTE


async def test_what_changes_nothing_makes_no_version(world: World) -> None:
    admin = await boss(world)

    same = await world.container.change_settings()(admin, SettingsChange(delay=3 * MINUTE))

    assert same.version == 0
    assert world.store.tables.settings == []


async def test_on_a_holiday_nobody_is_late(world: World) -> None:
    sara = await world.agent("Sara")
    await world.container.change_settings()(
        await boss(world), SettingsChange(holidays=[date(2026, 11, 22)])
    )
    await world.conversation(sara)

    world.clock.advance(8 * timedelta(hours=1))
    assert await world.sweep("delays") == 0
    # Midnight in Cairo is 22:00 UTC: the three minutes begin.
    world.clock.advance(4 * timedelta(hours=1) + 3 * MINUTE)
    assert await world.sweep("delays") == 1
    assert world.tickets()[0].delayed_at == NOW + 12 * timedelta(hours=1) + 3 * MINUTE
