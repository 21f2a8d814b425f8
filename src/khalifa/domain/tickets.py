"""Tickets: a customer's conversation, held by one agent at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from khalifa.domain.agents import AgentId
from khalifa.domain.contacts import ProviderName
from khalifa.domain.customers import CustomerId
from khalifa.domain.errors import CannotReopen, InvalidTicket, TicketAlreadyClosed
from khalifa.domain.ratings import ANSWERED_WITHIN
from khalifa.domain.words import Words

TicketId = NewType("TicketId", int)

UNSAVED = TicketId(0)
SNIPPET = 200
REOPEN_WINDOW = timedelta(hours=24)
# So long whoever has handed a ticket over may have it back: a slip of the hand, seen at once.
TAKE_BACK = timedelta(minutes=1)
MAX_REASON = 500
MAX_CATEGORY = 50
MAX_TAGS = 30
MAX_TAG = 50
_TEXT = "text"

_CLOSED = Words(
    "This ticket is closed. It opens again when the customer writes.",
    "المحادثة مغلقة. تُفتح من جديد عندما يكتب العميل.",
)
_STILL_OPEN = Words("This ticket is open.", "المحادثة مفتوحة.")
_TOO_LATE = Words(
    "This ticket was closed more than {hours} hours ago. Write to the customer to open a new one.",
    "أُغلقت هذه المحادثة منذ أكثر من {hours} ساعة. راسل العميل لفتح محادثة جديدة.",
)
_REASON = Words(
    f"Say why, in 1 to {MAX_REASON} characters.",
    f"اكتب السبب، من حرف واحد إلى {MAX_REASON} حرف.",
)
_CATEGORY = Words(
    f"A category has 1 to {MAX_CATEGORY} characters.",
    f"التصنيف من حرف واحد إلى {MAX_CATEGORY} حرفًا.",
)
_TAGS = Words(
    f"A ticket has at most {MAX_TAGS} tags of 1 to {MAX_TAG} characters.",
    f"للمحادثة {MAX_TAGS} وسمًا على الأكثر، كل منها من حرف إلى {MAX_TAG} حرفًا.",
)


class Priority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class TicketStatus(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


@dataclass(kw_only=True, eq=False, slots=True)
class Ticket:
    """
    One conversation with one customer, open until closed.

    A customer has at most one open ticket. ``waiting_since`` is when the
    customer began to wait for an answer, None after one. ``unread`` counts
    what the agent has not looked at. ``provider`` and ``id_ext`` say where the
    conversation began; they do not say where a reply goes. ``last_message`` is the
    beginning of its text, if it has one, ``last_message_kind`` what it is. ``rating`` is
    how content the customer was, 1 to 5, asked at ``rating_asked_at`` after it was closed.
    ``first_asked_at`` and ``first_answered_at`` are the rule's in `first_responses`.
    """

    id: TicketId = UNSAVED
    customer_id: CustomerId
    provider: ProviderName
    id_ext: str
    status: TicketStatus = TicketStatus.OPEN
    agent_id: AgentId | None = None
    unread: int = 0
    waiting_since: datetime | None = None
    delayed_at: datetime | None = None
    opened_at: datetime
    closed_at: datetime | None = None
    close_reason: str | None = None
    last_message_at: datetime | None = None
    last_message: str | None = None
    last_message_kind: str | None = None
    priority: Priority = Priority.NORMAL
    category: str | None = None
    tags: tuple[str, ...] = ()
    rating: int | None = None
    rating_asked_at: datetime | None = None
    first_asked_at: datetime | None = None
    first_answered_at: datetime | None = None
    version: int = 1

    @property
    def is_open(self) -> bool:
        return self.status is TicketStatus.OPEN

    def require_open(self) -> None:
        if not self.is_open:
            raise TicketAlreadyClosed(_CLOSED)

    def may_reopen(self, now: datetime, window: timedelta = REOPEN_WINDOW) -> bool:
        """Say whether a customer who writes at *now* gets this ticket back."""
        return not self.is_open and self.closed_at is not None and now - self.closed_at <= window

    def reopen(self) -> None:
        """Open again; whoever held it is found anew, the last agent first."""
        self.status, self.closed_at, self.close_reason = TicketStatus.OPEN, None, None
        self.agent_id = None
        self.version += 1

    def reopen_for(
        self, agent_id: AgentId | None, *, now: datetime, window: timedelta = REOPEN_WINDOW
    ) -> None:
        """
        Open again because a person says so, held by *agent_id* (None: the queue).

        Raises:
            CannotReopen: it is open, or the time in which it may be is over.
        """
        if self.is_open:
            raise CannotReopen(_STILL_OPEN)
        if not self.may_reopen(now, window):
            raise CannotReopen(_TOO_LATE.filled(hours=window // timedelta(hours=1)))
        self.reopen()
        self.agent_id = agent_id

    def hear(
        self, text: str | None, *, at: datetime, received_at: datetime, kind: str = _TEXT
    ) -> None:
        """Take in what the customer wrote. Only the first unanswered message starts the wait."""
        self._show(text, at, kind)
        self.unread += 1
        if self.waiting_since is None:
            self.waiting_since = received_at
        self.version += 1

    def answer(self, text: str | None, *, at: datetime, kind: str = _TEXT) -> None:
        """Take in an answer: the wait and any delay end, what was unread is read."""
        self._show(text, at, kind)
        self.waiting_since = self.delayed_at = None
        self.unread = 0
        self.version += 1

    def _show(self, text: str | None, at: datetime, kind: str) -> None:
        if self.last_message_at is None or at >= self.last_message_at:
            self.last_message_at = at
            self.last_message = _snippet(text)
            self.last_message_kind = kind

    def say_otherwise(
        self, before: str | None, now: str | None, *, at: datetime, kind: str
    ) -> bool:
        """
        Show *now* where *before* is shown, because the message of *at* was changed since.

        Return whether it was that message that is shown.
        """
        if (self.last_message_at, self.last_message) != (at, _snippet(before)):
            return False
        if (self.last_message, self.last_message_kind) == (_snippet(now), kind):
            return False
        self.last_message, self.last_message_kind = _snippet(now), kind
        self.version += 1
        return True

    def delay(self, *, at: datetime) -> bool:
        """Record that its customer waits for too long since *at*; say whether that is news."""
        if not self.is_open or self.waiting_since is None or self.delayed_at is not None:
            return False
        self.delayed_at = at
        self.version += 1
        return True

    def mark_read(self) -> bool:
        """Say whether anything was unread."""
        if not self.unread:
            return False
        self.unread = 0
        self.version += 1
        return True

    def mark_unread(self) -> bool:
        """Count as one unread what was looked at before; say whether that is news."""
        self.require_open()
        if self.unread:
            return False
        self.unread = 1
        self.version += 1
        return True

    def assign(self, agent_id: AgentId | None) -> bool:
        """Give the ticket to *agent_id* (None: back to the queue); say whether it moved."""
        self.require_open()
        if agent_id == self.agent_id:
            return False
        self.agent_id = agent_id
        self.version += 1
        return True

    def classify(self, *, priority: Priority, category: str | None, tags: Iterable[str]) -> bool:
        """
        Have this priority, this category (None: none) and exactly these tags.

        Return whether anything changed.

        Raises:
            InvalidTicket: the category or a tag is blank or too long; nothing is changed.
        """
        category = None if category is None else category.strip()
        if category is not None and not 1 <= len(category) <= MAX_CATEGORY:
            raise InvalidTicket(_CATEGORY)
        wanted = tuple(dict.fromkeys(tag.strip() for tag in tags))
        if len(wanted) > MAX_TAGS or not all(1 <= len(tag) <= MAX_TAG for tag in wanted):
            raise InvalidTicket(_TAGS)
        if (priority, category, wanted) == (self.priority, self.category, self.tags):
            return False
        self.priority, self.category, self.tags = priority, category, wanted
        self.version += 1
        return True

    def close(self, *, now: datetime, reason: str | None = None) -> None:
        self.require_open()
        self.status, self.closed_at, self.close_reason = TicketStatus.CLOSED, now, reason
        self.waiting_since = self.delayed_at = None
        self.unread = 0
        self.version += 1

    def ask_for_rating(self, *, at: datetime) -> bool:
        """Note that the customer is asked; say whether they may be: once, of a closed ticket."""
        if self.is_open or self.rating_asked_at is not None:
            return False
        self.rating_asked_at = at
        return True

    def awaits_rating(self, now: datetime) -> bool:
        """Say whether a number that the customer writes at *now* is a rating of this ticket."""
        asked_at = self.rating_asked_at
        return not self.is_open and asked_at is not None and now - asked_at <= ANSWERED_WITHIN

    def rate(self, rating: int) -> None:
        """Take in how content the customer was; who thinks again counts by the last word."""
        self.rating = rating
        self.version += 1


def require_reason(reason: str) -> str:
    """Return *reason* without spaces around it; raise `InvalidTicket` when blank or too long."""
    reason = reason.strip()
    if not 1 <= len(reason) <= MAX_REASON:
        raise InvalidTicket(_REASON)
    return reason


def _snippet(text: str | None) -> str | None:
    return text[:SNIPPET] if text else text


class TicketEventKind(StrEnum):
    """What happened to a ticket, for its record."""

    OPENED = "opened"
    REOPENED = "reopened"
    ASSIGNED = "assigned"
    UNASSIGNED = "unassigned"
    TRANSFERRED = "transferred"
    TAKEN = "taken"
    DELAYED = "delayed"
    CLOSED = "closed"
    RATED = "rated"
    MERGED = "merged"
    UNMERGED = "unmerged"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEvent:
    """
    One line of a ticket's record: what, when, by whom, from and to which agent.

    ``by`` is None when khalifa did it by its own rules. The ``reason`` of a rating is the rating.
    """

    ticket_id: TicketId
    kind: TicketEventKind
    at: datetime
    by: AgentId | None = None
    from_agent_id: AgentId | None = None
    to_agent_id: AgentId | None = None
    reason: str | None = None

    def may_be_taken_back(self, by: AgentId, *, now: datetime) -> bool:
        """Whether *by* has only just handed the ticket over by this, and may have it back."""
        is_theirs = self.kind is TicketEventKind.TRANSFERRED and self.by == self.from_agent_id == by
        return is_theirs and now - self.at <= TAKE_BACK
