"""Who is here, and who gets what waits."""

from datetime import timedelta

import pytest

from khalifa.domain.agents import Agent, AgentId, Presence, Role
from khalifa.domain.errors import NotAllowed, TicketAlreadyClosed
from tests.unit.application.world import World, wrote


async def wait_unassigned(world: World, *phones: str) -> None:
    for phone in phones:
        await world.receive(wrote("anybody there?", phone=phone))
        world.clock.advance(timedelta(seconds=1))


async def test_who_comes_online_gets_waiting_tickets_oldest_first(world: World) -> None:
    await wait_unassigned(world, "201000000001", "201000000002", "201000000003")
    sara = await world.agent("Sara", capacity=2, presence=Presence.OFFLINE)

    await world.set_presence(sara, Presence.ONLINE)

    assert [ticket.agent_id for ticket in world.tickets()] == [sara.id, sara.id, None]


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
