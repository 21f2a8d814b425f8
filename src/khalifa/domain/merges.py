"""Merges: two customers found to be one person, on record, so that it can be undone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NewType, Self

from khalifa.domain import first_responses
from khalifa.domain.agents import AgentId
from khalifa.domain.contacts import Identity
from khalifa.domain.customers import Customer, CustomerFacts, CustomerId
from khalifa.domain.errors import Conflict
from khalifa.domain.messages import Direction, Message, MessageId
from khalifa.domain.tickets import SNIPPET, Ticket, TicketId
from khalifa.domain.words import Words

MergeId = NewType("MergeId", int)

UNSAVED = MergeId(0)
NO_MESSAGE = MessageId(0)
MERGED = "merged"
_UNDONE = Words("Merge {id} was undone before.", "سبق التراجع عن الدمج رقم {id}.")
_ONE_ALREADY = Words("This is one customer already.", "هذا عميل واحد بالفعل.")
_PART_OF = Words(
    "Customer {id} is part of customer {kept} already.",
    "العميل رقم {id} جزء من العميل رقم {kept} بالفعل.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketBefore:
    """An open ticket as it was before its customer was merged."""

    id: TicketId
    agent_id: AgentId | None
    unread: int
    delayed_at: datetime | None

    @classmethod
    def of(cls, ticket: Ticket) -> Self:
        return cls(
            id=ticket.id,
            agent_id=ticket.agent_id,
            unread=ticket.unread,
            delayed_at=ticket.delayed_at,
        )


@dataclass(kw_only=True, eq=False, slots=True)
class CustomerMerge:
    """
    Who absorbed whom, why, and all that moved.

    ``by`` is None when khalifa did it by its own rules. ``kept_ticket`` went
    on; ``other_ticket`` was open, too, and gave its messages to it. ``tickets``
    are all that the absorbed customer had. ``last_message_id`` is the last
    message either had: what came later is told apart by it.
    """

    id: MergeId = UNSAVED
    kept_id: CustomerId
    absorbed_id: CustomerId
    reason: str
    by: AgentId | None = None
    at: datetime
    identities: tuple[Identity, ...] = ()
    tickets: tuple[TicketId, ...] = ()
    kept_ticket: TicketBefore | None = None
    other_ticket: TicketBefore | None = None
    last_message_id: MessageId = NO_MESSAGE
    before: CustomerFacts
    after: CustomerFacts
    undone_at: datetime | None = None
    undone_by: AgentId | None = None

    @property
    def is_undone(self) -> bool:
        return self.undone_at is not None

    def owner_of(self, ticket_id: TicketId) -> CustomerId:
        """Return whose a ticket is, once the merge is undone."""
        return self.absorbed_id if ticket_id in self.tickets else self.kept_id

    def undo(self, *, at: datetime, by: AgentId | None) -> None:
        """Raises `Conflict` when it was undone before."""
        if self.is_undone:
            raise Conflict(_UNDONE.filled(id=self.id))
        self.undone_at, self.undone_by = at, by


def require_mergeable(kept: Customer, absorbed: Customer) -> None:
    """Raise `Conflict` unless the two can be made one."""
    if kept.id == absorbed.id:
        raise Conflict(_ONE_ALREADY)
    for customer in (kept, absorbed):
        if customer.merged_into is not None:
            raise Conflict(_PART_OF.filled(id=customer.id, kept=customer.merged_into))


def join(kept: Ticket, other: Ticket) -> None:
    """Let *kept* go on with what is open on *other*, another ticket of the same customer."""
    kept.waiting_since = _earlier(kept.waiting_since, other.waiting_since)
    kept.delayed_at = _earlier(kept.delayed_at, other.delayed_at)
    kept.unread += other.unread
    if kept.agent_id is None:
        kept.agent_id = other.agent_id
    last = max(
        (kept, other), key=lambda ticket: (ticket.last_message_at or ticket.opened_at, ticket.id)
    )
    kept.last_message_at, kept.last_message = last.last_message_at, last.last_message
    kept.last_message_kind = last.last_message_kind
    for ticket in (kept, other):
        first_responses.forget(ticket)
    kept.version += 1


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    times = [time for time in (one, other) if time is not None]
    return min(times) if times else None


def recount(ticket: Ticket, said: Sequence[Message]) -> None:
    """
    Let *ticket* show what is on it: *said* are its newest messages, in their order.

    The last that somebody said is shown: no reaction, and nothing that was said by itself.
    An unanswered customer has waited since the first message after the last answer.
    """
    last = next((message for message in reversed(said) if message.is_said), None)
    ticket.last_message_at = last.sent_at if last else None
    shown = last if last and last.revoked_at is None else None
    ticket.last_message = shown.text[:SNIPPET] if shown and shown.text else None
    ticket.last_message_kind = last.shown_kind if last else None
    unanswered: list[Message] = []
    for message in said:
        unanswered = [] if message.direction is Direction.OUT else [*unanswered, message]
    waits = ticket.is_open and bool(unanswered)
    ticket.waiting_since = unanswered[0].received_at if waits else None
    ticket.delayed_at = ticket.delayed_at if waits else None
    ticket.unread = min(ticket.unread, len(unanswered)) if waits else 0
    first_responses.forget(ticket)
    ticket.version += 1
