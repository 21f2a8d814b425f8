"""Rows to entities and back."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row

from khalifa.application.ports.deliveries import Claim
from khalifa.application.ports.notifications import Event, EventKind
from khalifa.domain.agents import Agent, AgentId, Presence, Role
from khalifa.domain.contacts import Identity, IdentityKind, ProviderName
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.folding import folded_letters
from khalifa.domain.messages import (
    DeliveryStatus,
    Direction,
    JsonObject,
    Media,
    Message,
    MessageId,
    MessageKind,
    SenderType,
    StatusUpdate,
)
from khalifa.domain.pace import Channel, WarningSign
from khalifa.domain.reactions import Reaction
from khalifa.domain.routing import ProviderSwitch
from khalifa.domain.tickets import (
    Priority,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketId,
    TicketStatus,
)

Values = dict[str, Any]


def identity_of(row: Row[Any]) -> Identity:
    return Identity(ProviderName(row.provider), IdentityKind(row.kind), row.id_ext)


def identity_row(
    customer_id: CustomerId, identity: Identity, given_up_at: datetime | None
) -> Values:
    return {
        "customer_id": customer_id,
        "provider": identity.provider,
        "kind": identity.kind.value,
        "id_ext": identity.id_ext,
        "given_up_at": given_up_at,
    }


def customer_of(row: Row[Any], names: Mapping[Identity, datetime | None]) -> Customer:
    """Return a customer; *names* are all identities, with the time when one was given up."""
    identities = [identity for identity, given_up_at in names.items() if given_up_at is None]
    return Customer(
        id=CustomerId(row.id),
        provider=ProviderName(row.provider),
        id_ext=row.id_ext,
        name=row.name,
        whatsapp_name=row.whatsapp_name,
        named_by_hand=row.named_by_hand,
        phone=row.phone,
        notes=row.notes,
        tags=tags_of(row.tags),
        blocked_at=row.blocked_at,
        last_provider=row.last_provider,
        pinned_provider=row.pinned_provider,
        branch_id=row.branch_id,
        merged_into=row.merged_into,
        created_at=row.created_at,
        # The one replies go to comes first.
        identities=sorted(
            identities, key=lambda i: i.kind is not IdentityKind.PHONE or i.id_ext != row.phone
        ),
        former={identity: at for identity, at in names.items() if at is not None},
        last_inbound_at=_times_of(row.last_inbound_at),
    )


def tags_of(text: str | None) -> tuple[str, ...]:
    return tuple(json.loads(text)) if text else ()


def _tags_text(tags: tuple[str, ...]) -> str | None:
    return json.dumps(tags, ensure_ascii=False) if tags else None


def priority_of(text: str | None) -> Priority:
    return Priority.NORMAL if text is None else Priority(text)


def customer_row(customer: Customer) -> Values:
    return {
        "provider": customer.provider,
        "id_ext": customer.id_ext,
        "name": customer.name,
        "folded_name": None if customer.name is None else folded_letters(customer.name),
        "whatsapp_name": customer.whatsapp_name,
        "named_by_hand": customer.named_by_hand,
        "phone": customer.phone,
        "notes": customer.notes,
        "tags": _tags_text(customer.tags),
        "blocked_at": customer.blocked_at,
        "last_provider": customer.last_provider,
        "pinned_provider": customer.pinned_provider,
        "branch_id": customer.branch_id,
        "last_inbound_at": _times_text(customer.last_inbound_at),
        "merged_into": customer.merged_into,
        "created_at": customer.created_at,
    }


def _times_of(text: str | None) -> dict[ProviderName, datetime]:
    times: dict[str, str] = {} if text is None else json.loads(text)
    return {ProviderName(name): datetime.fromisoformat(at) for name, at in times.items()}


def _times_text(times: Mapping[ProviderName, datetime]) -> str | None:
    return _json({name: times[name].isoformat() for name in sorted(times)}) if times else None


def ticket_of(row: Row[Any]) -> Ticket:
    return Ticket(
        id=TicketId(row.id),
        customer_id=CustomerId(row.customer_id),
        provider=ProviderName(row.provider),
        id_ext=row.id_ext,
        status=TicketStatus(row.status),
        agent_id=row.agent_id,
        unread=row.unread,
        waiting_since=row.waiting_since,
        delayed_at=row.delayed_at,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        close_reason=row.close_reason,
        last_message_at=row.last_message_at,
        last_message=row.last_message,
        last_message_kind=row.last_message_kind,
        priority=priority_of(row.priority),
        category=row.category,
        tags=tags_of(row.tags),
        rating=row.rating,
        rating_asked_at=row.rating_asked_at,
        first_asked_at=row.first_asked_at,
        first_answered_at=row.first_answered_at,
        version=row.version,
    )


def ticket_row(ticket: Ticket) -> Values:
    return {
        "customer_id": ticket.customer_id,
        "provider": ticket.provider,
        "id_ext": ticket.id_ext,
        "status": ticket.status.value,
        "agent_id": ticket.agent_id,
        "unread": ticket.unread,
        "waiting_since": ticket.waiting_since,
        "delayed_at": ticket.delayed_at,
        "opened_at": ticket.opened_at,
        "closed_at": ticket.closed_at,
        "close_reason": ticket.close_reason,
        "last_message_at": ticket.last_message_at,
        "last_message": ticket.last_message,
        "last_message_kind": ticket.last_message_kind,
        "priority": None if ticket.priority is Priority.NORMAL else ticket.priority.value,
        "category": ticket.category,
        "tags": _tags_text(ticket.tags),
        "rating": ticket.rating,
        "rating_asked_at": ticket.rating_asked_at,
        "first_asked_at": ticket.first_asked_at,
        "first_answered_at": ticket.first_answered_at,
        "version": ticket.version,
    }


def ticket_event_row(event: TicketEvent) -> Values:
    return {
        "ticket_id": event.ticket_id,
        "kind": event.kind.value,
        "at": event.at,
        "by_agent_id": event.by,
        "from_agent_id": event.from_agent_id,
        "to_agent_id": event.to_agent_id,
        "reason": event.reason,
    }


def ticket_event_of(row: Row[Any]) -> TicketEvent:
    return TicketEvent(
        ticket_id=TicketId(row.ticket_id),
        kind=TicketEventKind(row.kind),
        at=row.at,
        by=row.by_agent_id,
        from_agent_id=row.from_agent_id,
        to_agent_id=row.to_agent_id,
        reason=row.reason,
    )


def agent_of(row: Row[Any]) -> Agent:
    return Agent(
        id=AgentId(row.id),
        name=row.name,
        role=Role(row.role),
        capacity=row.capacity,
        branch_id=row.branch_id,
        presence=Presence(row.presence),
        disabled=row.disabled,
        last_seen_at=row.last_seen_at,
        last_assigned_at=row.last_assigned_at,
        created_at=row.created_at,
        version=row.version,
    )


def agent_row(agent: Agent) -> Values:
    return {
        "name": agent.name,
        "folded_name": agent.name.casefold(),
        "role": agent.role.value,
        "capacity": agent.capacity,
        "branch_id": agent.branch_id,
        "presence": agent.presence.value,
        "disabled": agent.disabled,
        "last_seen_at": agent.last_seen_at,
        "last_assigned_at": agent.last_assigned_at,
        "created_at": agent.created_at,
        "version": agent.version,
    }


def _media_of(text: str | None) -> Media | None:
    if text is None:
        return None
    fields = json.loads(text)
    waveform = fields.get("waveform")
    return Media(**fields | {"waveform": None if waveform is None else tuple(waveform)})


def _media_text(media: Media | None) -> str | None:
    if media is None:
        return None
    fields = {name: getattr(media, name) for name in Media.__slots__}
    return _json({name: value for name, value in fields.items() if value is not None})


def _content_of(text: str | None) -> JsonObject | None:
    return None if text is None else json.loads(text)


def _reactions_of(text: str | None) -> tuple[Reaction, ...]:
    return tuple(
        Reaction(emoji=one["emoji"], from_us=one["from_us"], at=datetime.fromisoformat(one["at"]))
        for one in (json.loads(text) if text else [])
    )


def _reactions_text(reactions: tuple[Reaction, ...]) -> str | None:
    if not reactions:
        return None
    rows = [{"emoji": r.emoji, "from_us": r.from_us, "at": r.at.isoformat()} for r in reactions]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def _json(value: JsonObject) -> str:
    return json.dumps(dict(value), ensure_ascii=False, separators=(",", ":"))


def message_of(row: Row[Any]) -> Message:
    return Message(
        id=MessageId(row.id),
        ticket_id=TicketId(row.ticket_id),
        customer_id=CustomerId(row.customer_id),
        direction=Direction(row.direction),
        sender_type=SenderType(row.sender_type),
        agent_id=row.agent_id,
        kind=MessageKind(row.kind),
        text=row.text,
        media=_media_of(row.media),
        content=_content_of(row.content),
        status=DeliveryStatus(row.status),
        error=row.error,
        error_ar=row.error_ar,
        error_code=row.error_code,
        provider=row.provider,
        whatsapp_message_id=row.whatsapp_message_id,
        message_key=row.message_key,
        opaque_id=row.opaque_id,
        idempotency_key=row.idempotency_key,
        reply_to=row.reply_to,
        reply_to_id=row.reply_to_id,
        resend_of=row.resend_of,
        reactions=_reactions_of(row.reactions),
        original_text=row.original_text,
        edited_at=row.edited_at,
        revoked_at=row.revoked_at,
        sent_at=row.sent_at,
        received_at=row.received_at,
        journal=row.journal,
        number=row.number,
        position=row.position,
        id_ext=row.id_ext,
        stored_at=row.stored_at,
        version=row.version,
    )


def message_row(message: Message) -> Values:
    return {
        "ticket_id": message.ticket_id,
        "customer_id": message.customer_id,
        "direction": message.direction.value,
        "sender_type": message.sender_type.value,
        "agent_id": message.agent_id,
        "kind": message.kind.value,
        "text": message.text,
        "media": _media_text(message.media),
        "content": None if message.content is None else _json(message.content),
        "status": message.status.value,
        "error": message.error,
        "error_ar": message.error_ar,
        "error_code": message.error_code,
        "provider": message.provider,
        "whatsapp_message_id": message.whatsapp_message_id,
        "message_key": message.message_key,
        "opaque_id": message.opaque_id,
        "idempotency_key": message.idempotency_key,
        "reply_to": message.reply_to,
        "reply_to_id": message.reply_to_id,
        "resend_of": message.resend_of,
        "reactions": _reactions_text(message.reactions),
        "original_text": message.original_text,
        "edited_at": message.edited_at,
        "revoked_at": message.revoked_at,
        "sent_at": message.sent_at,
        "received_at": message.received_at,
        "journal": message.journal,
        "number": message.number,
        "position": message.position,
        "id_ext": message.id_ext,
        "stored_at": message.stored_at,
        "version": message.version,
    }


def claim_of(row: Row[Any]) -> Claim:
    return Claim(
        message_id=MessageId(row.message_id),
        customer_id=CustomerId(row.customer_id),
        token=row.token,
        attempts=row.attempts,
        queued_at=row.queued_at,
        first_claimed_at=row.first_claimed_at or row.queued_at,
        expires_at=row.expires_at,
    )


def status_of(row: Row[Any]) -> StatusUpdate:
    return StatusUpdate(
        provider=ProviderName(row.provider),
        whatsapp_message_id=row.whatsapp_message_id,
        opaque_id=row.opaque_id,
        status=DeliveryStatus(row.status),
        error=row.error,
        error_ar=row.error_ar,
        error_code=row.error_code,
        at=row.at,
    )


def status_row(status: StatusUpdate) -> Values:
    return {
        "provider": status.provider,
        "whatsapp_message_id": status.whatsapp_message_id,
        "opaque_id": status.opaque_id,
        "status": status.status.value,
        "error": status.error,
        "error_ar": status.error_ar,
        "error_code": status.error_code,
        "at": status.at,
    }


# What stands as the kind of a row that holds several events, whatever theirs are.
_SEVERAL = "several"
_EVENTS = msgspec.msgpack.Decoder(list[Event])


def events_of(row: Row[Any]) -> list[Event]:
    if row.kind == _SEVERAL:
        return _EVENTS.decode(row.entity)
    event = Event(
        id=row.id,
        kind=EventKind(row.kind),
        entity_id=row.entity_id,
        version=row.version,
        recipients=tuple(row.recipients.split()),
        entity=row.entity,
        at=row.at,
    )
    return [event]


def events_row(events: Sequence[Event]) -> Values:
    """Return one row for *events*, which goes by the first one's id and time."""
    first = events[0]
    is_one = len(events) == 1
    return {
        "id": first.id,
        "kind": first.kind.value if is_one else _SEVERAL,
        "entity_id": first.entity_id if is_one else "",
        "version": first.version if is_one else 0,
        "recipients": " ".join(first.recipients) if is_one else "",
        "entity": first.entity if is_one else msgspec.msgpack.encode(events),
        "at": first.at,
    }


def switch_of(row: Row[Any]) -> ProviderSwitch:
    return ProviderSwitch(
        provider=ProviderName(row.provider),
        configured=ProviderName(row.configured),
        source=row.source,
        at=row.switched_at,
        by=row.switched_by,
    )


def switch_row(switch: ProviderSwitch) -> Values:
    return {
        "provider": switch.provider,
        "configured": switch.configured,
        "source": switch.source,
        "switched_at": switch.at,
        "switched_by": switch.by,
    }


def channel_of(row: Row[Any]) -> Channel:
    return Channel(
        provider=ProviderName(row.provider),
        phone=row.phone,
        paired_at=row.paired_at,
        held_until=row.held_until,
        held_because=WarningSign(row.held_because) if row.held_because else None,
    )


def channel_row(channel: Channel) -> Values:
    return {
        "provider": channel.provider,
        "phone": channel.phone,
        "paired_at": channel.paired_at,
        "held_until": channel.held_until,
        "held_because": channel.held_because.value if channel.held_because else None,
    }
