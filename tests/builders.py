"""Things of the business with good defaults: a test spells only what it is about."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

from khalifa.application.ports.journal import BodyKey, JournaledBody
from khalifa.application.ports.ledger import LedgerEntry, LedgerItem
from khalifa.application.ports.notifications import EVERYONE, Event, EventKind
from khalifa.domain.agents import DEFAULT_CAPACITY, Agent, AgentId, Presence, Role
from khalifa.domain.changes import MessageChange
from khalifa.domain.contacts import Identity, IdentityKind, PhoneNumber, ProviderName
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.messages import (
    DeliveryStatus,
    Direction,
    IncomingMessage,
    JsonObject,
    Media,
    Message,
    MessageId,
    MessageKind,
    SenderType,
    StatusUpdate,
)
from khalifa.domain.tickets import Ticket, TicketId, TicketStatus

NOW: Final = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)
NOW_IN_SECONDS: Final = NOW.replace(microsecond=0)
PROVIDER: Final = ProviderName("memory")
OTHER_PROVIDER: Final = ProviderName("elsewhere")

# Whatever must differ between two things built in one test takes its number here.
_numbers = count(1)


def a_phone() -> PhoneNumber:
    return PhoneNumber(f"2010{next(_numbers):08}")


def a_lid(provider: ProviderName = PROVIDER) -> Identity:
    return Identity(provider, IdentityKind.LID, f"{next(_numbers):015}")


def an_id() -> str:
    """Return an id as a provider would give it, the same case-sensitive shape as Meta's."""
    return f"wamid.HBgM{next(_numbers):010}=="


def a_customer(
    *,
    provider: ProviderName = PROVIDER,
    identities: Collection[Identity] | None = None,
    name: str | None = "منى سعيد",
    phone: str | None = None,
    last_provider: ProviderName | None = None,
    pinned_provider: ProviderName | None = None,
    last_inbound_at: dict[ProviderName, datetime] | None = None,
    created_at: datetime = NOW,
) -> Customer:
    if identities is None:
        identities = [Identity.of_phone(PhoneNumber(phone) if phone else a_phone())]
    known = list(identities)
    phones = [identity.id_ext for identity in known if identity.kind is IdentityKind.PHONE]
    return Customer(
        provider=provider,
        id_ext=known[0].id_ext if known else "",
        name=name,
        phone=phones[0] if phones else None,
        last_provider=last_provider or provider,
        pinned_provider=pinned_provider,
        last_inbound_at=last_inbound_at or {},
        created_at=created_at,
        identities=known,
    )


def a_ticket(
    customer: Customer | None = None,
    *,
    status: TicketStatus = TicketStatus.OPEN,
    agent_id: AgentId | None = None,
    unread: int = 0,
    waiting_since: datetime | None = None,
    delayed_at: datetime | None = None,
    opened_at: datetime = NOW,
    closed_at: datetime | None = None,
    last_message_at: datetime | None = NOW,
    last_message: str | None = "هل الدواء متوفر؟",
    last_message_kind: str | None = "text",
    rating: int | None = None,
    rating_asked_at: datetime | None = None,
    first_asked_at: datetime | None = None,
    first_answered_at: datetime | None = None,
) -> Ticket:
    if closed_at is not None:
        status = TicketStatus.CLOSED
    elif status is TicketStatus.CLOSED:
        closed_at = NOW
    return Ticket(
        customer_id=customer.id if customer else CustomerId(next(_numbers)),
        provider=customer.provider if customer else PROVIDER,
        id_ext=customer.id_ext if customer else a_phone().digits,
        status=status,
        agent_id=agent_id,
        unread=unread,
        waiting_since=waiting_since,
        delayed_at=delayed_at,
        opened_at=opened_at,
        closed_at=closed_at,
        last_message_at=last_message_at,
        last_message=last_message,
        last_message_kind=last_message_kind,
        rating=rating,
        rating_asked_at=rating_asked_at,
        first_asked_at=first_asked_at,
        first_answered_at=first_answered_at,
    )


def an_agent(
    name: str | None = None,
    *,
    role: Role = Role.AGENT,
    capacity: int = DEFAULT_CAPACITY,
    presence: Presence = Presence.ONLINE,
    disabled: bool = False,
    last_seen_at: datetime | None = NOW,
    last_assigned_at: datetime | None = None,
    created_at: datetime = NOW,
) -> Agent:
    return Agent(
        name=name or f"Agent {next(_numbers)}",
        role=role,
        capacity=capacity,
        presence=presence,
        disabled=disabled,
        last_seen_at=last_seen_at,
        last_assigned_at=last_assigned_at,
        created_at=created_at,
    )


def a_message(
    ticket: Ticket | None = None,
    *,
    kind: MessageKind = MessageKind.TEXT,
    text: str | None = "هل الدواء متوفر؟",
    media: Media | None = None,
    content: JsonObject | None = None,
    provider: ProviderName = PROVIDER,
    whatsapp_message_id: str | None = None,
    message_key: str | None = None,
    reply_to: str | None = None,
    sent_at: datetime | None = None,
    received_at: datetime = NOW,
    journal: str | None = "journal",
    number: int = 1,
    position: int = 0,
) -> Message:
    """Return a message from the customer of *ticket*."""
    return Message(
        ticket_id=ticket.id if ticket else TicketId(next(_numbers)),
        customer_id=ticket.customer_id if ticket else CustomerId(next(_numbers)),
        direction=Direction.IN,
        sender_type=SenderType.CUSTOMER,
        kind=kind,
        text=text,
        media=media,
        content=content,
        status=DeliveryStatus.RECEIVED,
        provider=provider,
        whatsapp_message_id=whatsapp_message_id or an_id(),
        message_key=message_key,
        reply_to=reply_to,
        sent_at=sent_at or received_at.replace(microsecond=0),
        received_at=received_at,
        journal=journal,
        number=number,
        position=position,
        stored_at=received_at + timedelta(milliseconds=20),
    )


def a_reply(
    ticket: Ticket | None = None,
    *,
    agent_id: AgentId | None = None,
    text: str = "نعم، متوفر.",
    status: DeliveryStatus = DeliveryStatus.QUEUED,
    provider: ProviderName | None = None,
    whatsapp_message_id: str | None = None,
    message_key: str | None = None,
    idempotency_key: str | None = None,
    sent_at: datetime = NOW,
) -> Message:
    """Return an agent's answer on *ticket*, with an opaque id of its own."""
    return Message(
        ticket_id=ticket.id if ticket else TicketId(next(_numbers)),
        customer_id=ticket.customer_id if ticket else CustomerId(next(_numbers)),
        direction=Direction.OUT,
        sender_type=SenderType.AGENT,
        agent_id=agent_id,
        text=text,
        status=status,
        provider=provider,
        whatsapp_message_id=whatsapp_message_id,
        message_key=message_key,
        opaque_id=f"{next(_numbers):032x}",
        idempotency_key=idempotency_key,
        sent_at=sent_at.replace(microsecond=0),
        received_at=sent_at,
        stored_at=sent_at,
    )


def an_incoming_message(
    *,
    provider: ProviderName = PROVIDER,
    whatsapp_message_id: str | None = None,
    message_key: str | None = None,
    identities: tuple[Identity, ...] | None = None,
    name: str | None = "منى سعيد",
    kind: MessageKind = MessageKind.TEXT,
    text: str | None = "هل الدواء متوفر؟",
    media: Media | None = None,
    content: JsonObject | None = None,
    reply_to: str | None = None,
    sent_at: datetime | None = NOW_IN_SECONDS,
    from_us: bool = False,
) -> IncomingMessage:
    return IncomingMessage(
        provider=provider,
        whatsapp_message_id=whatsapp_message_id or an_id(),
        message_key=message_key,
        identities=identities or (Identity.of_phone(a_phone()),),
        name=name,
        kind=kind,
        text=text,
        media=media,
        content=content,
        reply_to=reply_to,
        sent_at=sent_at,
        from_us=from_us,
    )


def a_change(
    *,
    kind: MessageKind = MessageKind.REACTION,
    target: str | None = None,
    target_key: str | None = None,
    text: str | None = "👍",
    message_id: MessageId | None = None,
    received_at: datetime = NOW,
) -> MessageChange:
    return MessageChange(
        provider=PROVIDER,
        whatsapp_message_id=an_id(),
        kind=kind,
        target=target or an_id(),
        target_key=target_key,
        identities=(Identity.of_phone(a_phone()), a_lid()),
        from_us=False,
        text=text,
        at=NOW_IN_SECONDS,
        received_at=received_at,
        number=7,
        position=2,
        message_id=message_id,
    )


def a_status(
    whatsapp_message_id: str | None = None,
    *,
    provider: ProviderName = PROVIDER,
    status: DeliveryStatus = DeliveryStatus.DELIVERED,
    opaque_id: str | None = None,
    error: str | None = None,
    at: datetime | None = NOW_IN_SECONDS,
) -> StatusUpdate:
    return StatusUpdate(
        provider=provider,
        whatsapp_message_id=whatsapp_message_id or an_id(),
        opaque_id=opaque_id,
        status=status,
        error=error,
        at=at,
    )


def a_body(
    body: bytes = b"{}",
    *,
    key: BodyKey | None = None,
    provider: ProviderName = PROVIDER,
    received_at: datetime = NOW,
) -> JournaledBody:
    key = key or BodyKey("journal", next(_numbers))
    return JournaledBody(key=key, provider=provider, received_at=received_at, body=body)


def a_ledger_entry(
    key: BodyKey | None = None,
    *,
    provider: ProviderName = PROVIDER,
    received_at: datetime = NOW,
    stored: int = 1,
    items: tuple[LedgerItem, ...] = (),
    body: bytes = b"{}",
) -> LedgerEntry:
    return LedgerEntry(
        key=key or BodyKey("journal", next(_numbers)),
        provider=provider,
        received_at=received_at,
        found=stored + len(items),
        stored=stored,
        items=items,
        body=body,
    )


def an_event(
    *,
    kind: EventKind = EventKind.MESSAGE_CHANGED,
    entity_id: str = "7",
    version: int = 1,
    recipients: tuple[str, ...] = (EVERYONE,),
    entity: bytes = b'{"id":7}',
    at: datetime = NOW,
) -> Event:
    return Event(
        id=f"{next(_numbers):032x}",
        kind=kind,
        entity_id=entity_id,
        version=version,
        recipients=recipients,
        entity=entity,
        at=at,
    )
