"""The window of a conversation: opened by filing, shown on the ticket."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

from khalifa.application.ports.notifications import EventKind
from khalifa.application.ports.readers import Holder, TicketFilter
from khalifa.domain.agents import Agent
from khalifa.domain.messages import MessageKind
from khalifa.domain.tickets import Ticket
from tests.unit.application.world import NOW, PIGEON, World, wrote

DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)


def _with_window() -> World:
    return World(window=DAY)


async def _shown(world: World, agent: Agent, ticket: Ticket) -> datetime | None:
    page = await world.container.read_inbox().tickets(
        agent, status=TicketFilter.ALL, holder=Holder.ANYONE, cursor="", limit=10
    )
    [listed] = page.items
    one = await world.container.read_inbox().ticket(agent, ticket.id)
    assert listed == one
    return one.window_closes_at


async def test_the_ticket_says_when_the_customers_window_closes() -> None:
    world = _with_window()
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)

    await world.receive(wrote("again", after=-HOUR))

    assert await _shown(world, sara, ticket) == NOW + DAY
    told = [json.loads(e.entity) for e in world.told if e.kind is EventKind.TICKET_CHANGED]
    assert {datetime.fromisoformat(view["window_closes_at"]) for view in told} == {NOW + DAY}


async def test_neither_an_echo_nor_a_reaction_opens_it_again() -> None:
    world = _with_window()
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    world.clock.advance(5 * HOUR)

    await world.receive(wrote("from the phone", after=2 * HOUR, from_us=True))
    await world.receive(replace(wrote("👍", after=3 * HOUR), kind=MessageKind.REACTION))

    assert await _shown(world, sara, ticket) == NOW + DAY


async def test_a_providers_clock_that_is_ahead_keeps_the_window_open_no_longer() -> None:
    world = _with_window()
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)

    await world.receive(wrote("from the future", after=9 * HOUR))

    assert await _shown(world, sara, ticket) == NOW + DAY


async def test_the_window_is_that_of_the_provider_the_next_reply_goes_by() -> None:
    world = _with_window()
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)

    await world.pin(ticket, PIGEON)

    assert await _shown(world, sara, ticket) is None


async def test_without_a_window_nothing_is_shown(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)

    assert await _shown(world, sara, ticket) is None
