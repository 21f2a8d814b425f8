"""Who is here, and who gets what waits."""

from datetime import timedelta

import pytest

from khalifa.application.manage_agents import AgentEdit
from khalifa.application.ports.notifications import ADMINS, EVERYONE, Event, EventKind
from khalifa.domain.agents import Agent, AgentId, Presence, Role
from khalifa.domain.errors import NotAllowed, TicketAlreadyClosed
from khalifa.domain.tickets import TicketEventKind
from tests.unit.application.world import World, wrote


async def wait_unassigned(world: World, *phones: str) -> None:
    for phone in phones:
        await world.receive(wrote("anybody there?", phone=phone))
        world.clock.advance(timedelta(seconds=1))


def tickets_told(world: World) -> list[Event]:
    return [event for event in world.told if event.kind is EventKind.TICKET_CHANGED]


async def test_who_comes_online_gets_waiting_tickets_oldest_first(world: World) -> None:
    await wait_unassigned(world, "201000000001", "201000000002", "201000000003")
    sara = await world.agent("Sara", capacity=2, presence=Presence.OFFLINE)

    await world.set_presence(sara, Presence.ONLINE)

    assert [ticket.agent_id for ticket in world.tickets()] == [sara.id, sara.id, None]
    given = tickets_told(world)[-2:]
    assert [told.entity_id for told in given] == [str(ticket.id) for ticket in world.tickets()[:2]]
    assert all(told.recipients == (EVERYONE,) for told in given)


async def test_of_the_queue_everyone_is_told_and_of_a_conversation_who_has_it(
    world: World,
) -> None:
    await wait_unassigned(world, "201000000001")
    assert tickets_told(world)[-1].recipients == (EVERYONE,)
    sara = await world.agent("Sara", presence=Presence.OFFLINE)
    await world.set_presence(sara, Presence.ONLINE)
    assert tickets_told(world)[-1].recipients == (EVERYONE,)

    await world.receive(wrote("and the price?", phone="201000000001"))

    assert tickets_told(world)[-1].recipients == (ADMINS, str(sara.id))


async def test_closing_makes_room_for_the_next_waiting_ticket(world: World) -> None:
    sara = await world.agent("Sara", capacity=1)
    await wait_unassigned(world, "201000000001", "201000000002")
    first, second = world.tickets()

    await world.close_ticket(sara, first.id)

    assert world.store.tables.tickets[second.id].agent_id == sara.id


async def test_a_break_keeps_old_tickets_and_gets_no_new_ones(world: World) -> None:
    sara = await world.agent("Sara")
    await world.conversation(sara)

    await world.set_presence(sara, Presence.BREAK)
    await world.receive(wrote("hi", phone="201000000009"))

    assert [ticket.agent_id for ticket in world.tickets()] == [sara.id, None]


async def test_ties_go_to_whoever_has_waited_longest(world: World) -> None:
    agents = [await world.agent(name) for name in ("A", "B", "C")]

    for n in range(6):
        world.clock.advance(timedelta(seconds=1))
        await world.receive(wrote("hi", phone=f"20100000000{n}"))

    holders = [ticket.agent_id for ticket in world.tickets()]
    assert holders == [agent.id for agent in agents] * 2


async def test_an_agent_gone_silent_is_taken_for_offline_after_the_grace_time(
    world: World,
) -> None:
    sara = await world.agent("Sara")

    world.clock.advance(timedelta(minutes=4))
    assert await world.sweep("silent") == 0
    world.clock.advance(timedelta(minutes=2))
    assert await world.sweep("silent") == 1

    assert world.store.tables.agents[sara.id].presence is Presence.OFFLINE


async def test_what_a_gone_agent_left_unanswered_goes_on_to_others(world: World) -> None:
    sara, omar = await world.agent("Sara"), await world.agent("Omar", presence=Presence.BREAK)
    await world.receive(wrote("hello", phone="201000000001"))
    await world.receive(wrote("hello", phone="201000000002"))
    answered, waiting = world.tickets()
    await world.reply_to_ticket(sara, answered.id, "yes?")

    await world.set_presence(sara, Presence.OFFLINE)
    await world.set_presence(omar, Presence.ONLINE)
    world.clock.advance(timedelta(minutes=4))
    await world.container.note_seen()([sara.id, omar.id])
    assert await world.sweep("abandoned") == 0
    world.clock.advance(timedelta(minutes=2))
    assert await world.sweep("abandoned") == 1

    tickets = world.store.tables.tickets
    assert (tickets[answered.id].agent_id, tickets[waiting.id].agent_id) == (sara.id, omar.id)
    lines = [e for e in world.store.tables.ticket_events if e.ticket_id == waiting.id]
    assert [(line.kind, line.from_agent_id, line.to_agent_id) for line in lines[-2:]] == [
        (TicketEventKind.UNASSIGNED, sara.id, None),
        (TicketEventKind.ASSIGNED, None, omar.id),
    ]
    assert tickets_told(world)[-1].recipients == (EVERYONE,)
    # What was answered follows once its customer writes again.
    await world.receive(wrote("and now?", phone="201000000001"))
    await world.sweep("abandoned")
    assert tickets is not world.store.tables.tickets
    assert world.store.tables.tickets[answered.id].agent_id == omar.id


async def test_a_lost_connection_is_gone_only_after_the_grace_time(world: World) -> None:
    sara = await world.agent("Sara")
    await world.conversation(sara)
    omar = await world.agent("Omar")

    for _ in range(3):
        world.clock.advance(timedelta(minutes=2))
        await world.container.note_seen()([omar.id])
    await world.sweep("silent")
    await world.sweep("abandoned")

    assert world.tickets()[0].agent_id == omar.id


async def test_on_a_break_or_with_nobody_else_nothing_is_lost(world: World) -> None:
    sara = await world.agent("Sara")
    await world.conversation(sara)
    await world.set_presence(sara, Presence.BREAK)

    for _ in range(4):
        world.clock.advance(timedelta(minutes=2))
        await world.container.note_seen()([sara.id])
    assert await world.sweep("silent") == 0
    assert await world.sweep("abandoned") == 0
    await world.set_presence(sara, Presence.OFFLINE)
    world.clock.advance(timedelta(minutes=6))
    assert await world.sweep("abandoned") == 1
    assert world.tickets()[0].agent_id is None

    await world.set_presence(sara, Presence.ONLINE)
    assert world.tickets()[0].agent_id == sara.id


async def test_a_disabled_agent_is_gone_at_once(world: World) -> None:
    sara = await world.agent("Sara")
    await world.conversation(sara)
    omar = await world.agent("Omar")

    await world.container.change_agent()("Sara", AgentEdit(disabled=True))
    await world.sweep("abandoned")

    assert world.tickets()[0].agent_id == omar.id


async def test_a_reopened_ticket_goes_to_its_agent_while_there_is_room(world: World) -> None:
    sara = await world.agent("Sara", capacity=1)
    omar = await world.agent("Omar", presence=Presence.OFFLINE)
    ticket = await world.conversation_of(sara, "201000000001")
    await world.close_ticket(sara, ticket.id)
    await world.set_presence(omar, Presence.ONLINE)

    again = await world.conversation_of(sara, "201000000001")
    await world.close_ticket(sara, ticket.id)
    await world.receive(wrote("hi", phone="201000000002"))
    await world.receive(wrote("hi", phone="201000000003"))
    full = await world.conversation_of(sara, "201000000001")

    assert (again.id, again.agent_id) == (ticket.id, sara.id)
    assert (full.id, full.agent_id) == (ticket.id, omar.id)


async def test_only_administrators_assign(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    omar = await world.agent("Omar")
    boss = await world.agent("Boss", role=Role.ADMIN, presence=Presence.OFFLINE)

    with pytest.raises(NotAllowed):
        await world.assign_ticket(omar, ticket.id, omar.id)
    view = await world.assign_ticket(boss, ticket.id, omar.id)

    assert view.agent
    assert view.agent.id == omar.id
    told = world.told[-1]
    assert {str(sara.id), str(omar.id)} <= set(told.recipients)
    assert EVERYONE not in told.recipients


async def test_looking_marks_read_but_not_when_an_administrator_looks_in(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    boss = await world.agent("Boss", role=Role.ADMIN, presence=Presence.OFFLINE)

    assert (await world.mark_read(boss, ticket.id)).unread == 1
    assert (await world.mark_read(sara, ticket.id)).unread == 0


async def test_a_closed_ticket_takes_no_reply_and_no_second_closing(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.close_ticket(sara, ticket.id)

    with pytest.raises(TicketAlreadyClosed):
        await world.reply_to_ticket(sara, ticket.id, "too late")
    with pytest.raises(TicketAlreadyClosed):
        await world.close_ticket(sara, ticket.id)


def test_an_agent_sees_own_tickets_and_an_administrator_all(world: World) -> None:
    now = world.clock.now()
    agent = Agent(id=AgentId(1), name="Sara", created_at=now)
    boss = Agent(id=AgentId(2), name="Boss", role=Role.ADMIN, created_at=now)

    assert agent.may_see(AgentId(1))
    assert not agent.may_see(AgentId(2))
    assert not agent.may_see(None)
    assert boss.may_see(AgentId(1))
    assert boss.may_see(None)
