"""What a ticket tells of its last message, in events and answers."""

import json
from datetime import timedelta

from khalifa.domain.agents import Presence
from khalifa.domain.messages import DeliveryStatus
from tests.unit.application.world import World, reported, wrote

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def told(world: World) -> str | None:
    """Return the status of the last message as the ticket's newest event has it."""
    event = next(event for event in reversed(world.told) if event.kind == "ticket.changed")
    status: str | None = json.loads(event.entity)["last_message_status"]
    return status


async def test_every_event_tells_where_our_last_message_stands(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    assert told(world) is None

    world.clock.advance(MINUTE)
    await world.reply_to_ticket(sara, ticket.id, "yes")
    assert told(world) == "queued"
    await world.deliver_messages()
    reply = world.message("yes")
    await world.receive(reported(DeliveryStatus.DELIVERED, reply.whatsapp_message_id or ""))
    view = await world.close_ticket(sara, ticket.id)
    assert (told(world), view.last_message_status) == ("delivered", "delivered")

    await world.receive(wrote("thanks", after=2 * MINUTE))
    assert told(world) is None
    await world.receive(wrote("you are welcome", after=3 * MINUTE, from_us=True))
    assert told(world) == "sent"


async def test_what_comes_late_does_not_hide_what_was_said_after_it(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    world.clock.advance(MINUTE)
    await world.reply_to_ticket(sara, ticket.id, "yes")

    await world.receive(wrote("one more thing", after=10 * SECOND))

    [stored] = world.tickets()
    assert (stored.last_message, stored.unread, told(world)) == ("yes", 1, "queued")
    assert (await world.container.inbox().ticket(ticket.id)).last_message_status == "queued"


async def test_tickets_told_of_together_tell_it_each(world: World) -> None:
    await world.receive(
        wrote("hello", phone="201000000001"),
        wrote("hello", phone="201000000002"),
        wrote("yes?", phone="201000000002", after=SECOND, from_us=True),
    )
    sara = await world.agent("Sara", presence=Presence.OFFLINE)
    world.told.clear()

    await world.set_presence(sara, Presence.ONLINE)

    given = [json.loads(e.entity) for e in world.told if e.kind == "ticket.changed"]
    assert {one["last_message"]: one["last_message_status"] for one in given} == {
        "hello": None,
        "yes?": "sent",
    }
