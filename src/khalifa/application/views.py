"""What the API shows of things: the same in answers and in events."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from khalifa.domain.agents import Agent, AgentId, AgentName
from khalifa.domain.customers import Customer
from khalifa.domain.media import MediaStatus
from khalifa.domain.messages import DeliveryStatus, JsonObject, Media, Message
from khalifa.domain.tickets import Priority, Ticket

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """A page of a list. ``next_cursor`` is None on the last one."""

    items: list[T]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerView:
    id: int
    name: str | None
    phone: str | None
    tags: tuple[str, ...] = ()
    blocked: bool = False
    pinned_provider: str | None = None

    @classmethod
    def of(cls, customer: Customer) -> "CustomerView":
        return cls(
            id=customer.id,
            name=customer.name,
            phone=customer.phone,
            tags=customer.tags,
            blocked=customer.is_blocked,
            pinned_provider=customer.pinned_provider,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentNameView:
    id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderView:
    """Who has the ticket ``id`` open, and what they do there: ``reads``, ``writes``, ``left``."""

    id: int
    agent: AgentNameView
    doing: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketView:
    """
    ``status`` is ``open``, ``delayed`` or ``closed``; ``number`` is what people call it by.

    ``window_closes_at``: until when anything may be sent, None when there is
    no such limit; past, only templates may be. ``due_at``: when the ticket will
    be delayed unless it is answered, or since when it is; None when nobody waits.
    ``last_message_status``: where the last message stands; None when it is the customer's.
    """

    id: int
    number: int
    status: str
    provider: str
    customer: CustomerView
    agent: AgentNameView | None
    unread: int
    waiting_since: datetime | None
    due_at: datetime | None = None
    opened_at: datetime
    closed_at: datetime | None
    close_reason: str | None = None
    last_message_at: datetime | None
    last_message: str | None
    last_message_kind: str | None = None
    last_message_status: DeliveryStatus | None = None
    window_closes_at: datetime | None = None
    priority: str = Priority.NORMAL
    category: str | None = None
    tags: tuple[str, ...] = ()
    rating: int | None = None
    version: int

    @classmethod
    def of(
        cls,
        ticket: Ticket,
        customer: Customer,
        agent: Agent | AgentName | None,
        *,
        last_message_status: DeliveryStatus | None = None,
        window_closes_at: datetime | None = None,
        due_at: datetime | None = None,
    ) -> "TicketView":
        return cls(
            id=ticket.id,
            number=ticket.id,
            status=ticket_status(is_open=ticket.is_open, delayed=ticket.delayed_at is not None),
            provider=ticket.provider,
            customer=CustomerView.of(customer),
            agent=AgentNameView(id=agent.id, name=agent.name) if agent else None,
            unread=ticket.unread,
            waiting_since=ticket.waiting_since,
            due_at=ticket.delayed_at or due_at,
            opened_at=ticket.opened_at,
            closed_at=ticket.closed_at,
            close_reason=ticket.close_reason,
            last_message_at=ticket.last_message_at,
            last_message=ticket.last_message,
            last_message_kind=ticket.last_message_kind,
            last_message_status=last_message_status,
            window_closes_at=window_closes_at,
            priority=ticket.priority,
            category=ticket.category,
            tags=ticket.tags,
            rating=ticket.rating,
            version=ticket.version,
        )


def ticket_status(*, is_open: bool, delayed: bool) -> str:
    """Return the one word a ticket's state is shown by: lateness is a kind of being open."""
    if not is_open:
        return "closed"
    return "delayed" if delayed else "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaView:
    """``status`` is ``waiting``, ``ready`` or ``failed``; addresses come with ``ready``."""

    id: str | None
    mime_type: str | None
    filename: str | None
    size: int | None
    status: str
    error: str | None
    error_ar: str | None
    url: str | None
    thumbnail_url: str | None
    waveform: tuple[int, ...] | None

    @classmethod
    def of(cls, media: Media) -> "MediaView":
        ready = media.id is not None and media.status == MediaStatus.READY
        url = f"/api/media/{media.id}" if ready else None
        picture = url is not None and (media.mime_type or "").startswith("image/")
        return cls(
            id=media.id,
            mime_type=media.mime_type,
            filename=media.filename,
            size=media.size,
            # From before files were fetched.
            status=media.status or MediaStatus.FAILED,
            error=media.error,
            error_ar=media.error_ar,
            url=url,
            thumbnail_url=f"{url}/thumbnail" if picture else None,
            waveform=media.waveform,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionView:
    emoji: str
    from_us: bool
    at: datetime

    @classmethod
    def all_of(cls, message: Message) -> "list[ReactionView]":
        return [
            cls(emoji=reaction.emoji, from_us=reaction.from_us, at=reaction.at)
            for reaction in message.reactions
            if reaction.emoji
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """
    Times are ISO 8601 in UTC; ``sent_at`` in whole seconds, as WhatsApp counts.

    Of a revoked message nobody is shown what it said.
    """

    id: int
    ticket_id: int
    direction: str
    sender_type: str
    agent_id: AgentId | None
    kind: str
    text: str | None
    media: MediaView | None
    content: JsonObject | None
    status: str
    error: str | None
    error_ar: str | None
    error_code: str | None
    provider: str | None
    whatsapp_message_id: str | None
    reply_to: str | None
    reply_to_id: int | None
    resend_of: int | None
    idempotency_key: str | None
    reactions: list[ReactionView]
    forwarded: bool
    original_text: str | None
    edited_at: datetime | None
    revoked_at: datetime | None
    sent_at: datetime
    stored_at: datetime
    version: int

    @classmethod
    def of(cls, message: Message) -> "MessageView":
        shown = message.revoked_at is None
        content = (message.content or {}) if shown else {}
        return cls(
            id=message.id,
            ticket_id=message.ticket_id,
            direction=message.direction,
            sender_type=message.sender_type,
            agent_id=message.agent_id,
            kind=message.kind,
            text=message.text if shown else None,
            media=MediaView.of(message.media) if message.media and shown else None,
            content=content or None,
            status=message.status,
            error=message.error,
            error_ar=message.error_ar,
            error_code=message.error_code,
            provider=message.provider,
            whatsapp_message_id=message.whatsapp_message_id,
            reply_to=message.reply_to,
            reply_to_id=message.reply_to_id,
            resend_of=message.resend_of,
            idempotency_key=message.idempotency_key,
            reactions=ReactionView.all_of(message) if shown else [],
            forwarded=bool(content.get("forwarded") or content.get("frequently_forwarded")),
            original_text=message.original_text if shown else None,
            edited_at=message.edited_at,
            revoked_at=message.revoked_at,
            sent_at=message.sent_at,
            stored_at=message.stored_at,
            version=message.version,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentView:
    id: int
    name: str
    role: str
    presence: str
    capacity: int
    branch_id: int | None = None
    disabled: bool
    version: int

    @classmethod
    def of(cls, agent: Agent) -> "AgentView":
        return cls(
            id=agent.id,
            name=agent.name,
            role=agent.role,
            presence=agent.presence,
            capacity=agent.capacity,
            branch_id=agent.branch_id,
            disabled=agent.disabled,
            version=agent.version,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamMemberView:
    """An agent as administrators see them."""

    agent: AgentView
    last_signed_in_at: datetime | None
    two_step: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ColleagueView:
    """What agents see of each other."""

    id: int
    name: str
    presence: str
    capacity: int
    branch_id: int | None
    open_tickets: int

    @classmethod
    def of(cls, agent: Agent, *, open_tickets: int) -> "ColleagueView":
        return cls(
            id=agent.id,
            name=agent.name,
            presence=agent.presence,
            capacity=agent.capacity,
            branch_id=agent.branch_id,
            open_tickets=open_tickets,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderStatusView:
    """Whether the active provider carries messages now, from the last time it was asked."""

    provider: str
    connected: bool
    phone: str | None
    state: str
    needs_person: bool
