"""
When a ticket's customer first asked, and an agent first answered: kept on the ticket if known.

``first_asked_at`` is when the first message of the customer came, ``first_answered_at`` when the
first of an agent since then was written. None: there is none, or it is not known to be the first,
and whoever wants to know looks among the messages.
"""

from datetime import datetime

from khalifa.domain.tickets import UNSAVED, Ticket


def note_asked(ticket: Ticket, *, at: datetime) -> None:
    """
    Note that a message of the customer came at *at*, before the ticket takes it in.

    Only of a ticket that it opens is it known to be the first. Where one turns up that came
    before the first, nothing is known any more.
    """
    first = ticket.first_asked_at
    if ticket.id == UNSAVED:
        ticket.first_asked_at = at if first is None else min(first, at)
    elif first is not None and at < first:
        forget(ticket)


def note_answered(ticket: Ticket, *, at: datetime) -> None:
    """
    Note that an agent wrote at *at*, before the ticket takes it in.

    It is known to be the first as long as the customer waits since the first message: a
    khalifa of before these times were kept may have filed an answer, and ended the wait.
    """
    first = ticket.first_asked_at
    if first is not None and ticket.waiting_since == first <= at:
        ticket.first_answered_at = ticket.first_answered_at or at


def forget(ticket: Ticket) -> None:
    """Know no more what was first, because messages came to the ticket or left it."""
    ticket.first_asked_at = ticket.first_answered_at = None
