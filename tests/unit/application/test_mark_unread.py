"""Reading that is taken back: a conversation is kept for later."""

import json
from datetime import timedelta

import pytest

from khalifa.domain.agents import Presence, Role
from khalifa.domain.errors import TicketAlreadyClosed
from tests.unit.application.world import World, wrote

SECOND = timedelta(seconds=1)


async def test_what_was_read_is_unread_again_until_it_is_opened_or_answered(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.receive(wrote("hello?", after=SECOND))
    assert (await world.mark_unread(sara, ticket.id)).unread == 2
    await world.mark_read(sara, ticket.id)

    view = await world.mark_unread(sara, ticket.id)
    again = await world.mark_unread(sara, ticket.id)

    assert (view.unread, again.unread, again.version) == (1, 1, view.version)
    assert json.loads(world.told[-1].entity)["unread"] == 1
    assert (await world.mark_read(sara, ticket.id)).unread == 0
    await world.mark_unread(sara, ticket.id)
    await world.reply_to_ticket(sara, ticket.id, "yes")
    assert world.tickets()[0].unread == 0


async def test_reading_is_taken_back_by_who_reads_and_not_of_what_is_closed(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    boss = await world.agent("Boss", role=Role.ADMIN, presence=Presence.OFFLINE)
    await world.mark_read(sara, ticket.id)
    events = len(world.told)

    assert (await world.mark_unread(boss, ticket.id)).unread == 0
    assert len(world.told) == events
    await world.close_ticket(sara, ticket.id)
    with pytest.raises(TicketAlreadyClosed):
        await world.mark_unread(sara, ticket.id)
