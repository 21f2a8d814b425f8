"""What a ticket shows once customers are parted again."""

from dataclasses import replace
from datetime import timedelta

from khalifa.domain.merges import join, recount
from khalifa.domain.messages import MessageKind, SenderType
from tests.builders import NOW, a_message, a_reply, a_ticket

SECOND = timedelta(seconds=1)


def test_a_ticket_shows_the_last_that_somebody_said() -> None:
    ticket = a_ticket(last_message="of the other customer")
    answer = a_reply(ticket, text="yes", sent_at=NOW)
    by_itself = replace(a_reply(ticket, sent_at=NOW + SECOND), sender_type=SenderType.SYSTEM)
    reaction = replace(a_reply(ticket, sent_at=NOW + 2 * SECOND), kind=MessageKind.REACTION)

    recount(ticket, [a_message(ticket, received_at=NOW - SECOND), answer, by_itself, reaction])
    assert (ticket.last_message, ticket.last_message_at) == ("yes", answer.sent_at)

    recount(ticket, [])
    assert (ticket.last_message, ticket.last_message_at, ticket.last_message_kind) == (None,) * 3


def test_what_was_first_is_not_known_of_tickets_that_messages_came_to_or_left() -> None:
    kept, other, parted = (
        a_ticket(first_asked_at=NOW, first_answered_at=NOW + SECOND) for _ in range(3)
    )

    join(kept, other)
    recount(parted, [])

    for ticket in (kept, other, parted):
        assert (ticket.first_asked_at, ticket.first_answered_at) == (None, None)
