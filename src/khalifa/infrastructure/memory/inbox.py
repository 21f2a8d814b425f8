"""The desk's lists, read from the store's committed rows."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from khalifa.application.history_views import HistoryView, NoteView, TicketLineView
from khalifa.application.ports.readers import (
    MAX_HISTORY,
    Holder,
    Inbox,
    InvalidCursor,
    TicketFilter,
)
from khalifa.application.views import AgentNameView, MessageView, Page, TicketView
from khalifa.domain.agents import AgentId
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.errors import NotFound
from khalifa.domain.messages import UNSAVED, Message
from khalifa.domain.tickets import Ticket, TicketId
from khalifa.infrastructure.memory.store import MemoryStore, Tables
from khalifa.infrastructure.memory.tickets import last_status

R = TypeVar("R")
Place = tuple[int, ...]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A cursor is the place of the last row shown; by their length the two lists know their own.
_TICKET_PLACE, _MESSAGE_PLACE = 2, 5


class MemoryInbox(Inbox):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def tickets(
        self,
        *,
        status: TicketFilter,
        holder: AgentId | Holder,
        customer: CustomerId | None = None,
        cursor: str,
        limit: int,
    ) -> Page[TicketView]:
        tables = self._store.read()
        rows = [
            ticket
            for ticket in tables.tickets.values()
            if _is_shown(ticket, status)
            and is_held(ticket, holder)
            and customer in {None, ticket.customer_id}
        ]
        page, following = _page(rows, _ticket_place, _TICKET_PLACE, cursor, limit)
        return Page(items=[_view(tables, ticket) for ticket in page], next_cursor=following)

    async def ticket(self, ticket_id: TicketId) -> TicketView:
        tables = self._store.read()
        if ticket_id not in tables.tickets:
            reason = "There is no such ticket."
            raise NotFound(reason)
        return _view(tables, tables.tickets[ticket_id])

    async def customers_of(self, tickets: Collection[int]) -> dict[int, Customer]:
        tables = self._store.read()
        wanted = (tables.tickets[TicketId(number)] for number in tickets)
        return {ticket.id: tables.customers[ticket.customer_id] for ticket in wanted}

    async def messages(self, ticket_id: TicketId, *, cursor: str, limit: int) -> Page[MessageView]:
        rows = [row for row in self._store.read().messages.values() if row.ticket_id == ticket_id]
        page, following = _page(rows, _message_place, _MESSAGE_PLACE, cursor, limit)
        views = [MessageView.of(self._with_quoted(row)) for row in reversed(page)]
        return Page(items=views, next_cursor=following)

    async def history(self, ticket_id: TicketId) -> HistoryView:
        tables = self._store.read()
        lines = [
            TicketLineView(
                id=number,
                kind=line.kind,
                at=line.at,
                by=_name(tables, line.by),
                from_agent=_name(tables, line.from_agent_id),
                to_agent=_name(tables, line.to_agent_id),
                reason=line.reason,
            )
            for number, line in enumerate(tables.ticket_events, start=1)
            if line.ticket_id == ticket_id
        ]
        notes = [
            NoteView.of(note, tables.agents[note.agent_id])
            for note in tables.notes.values()
            if note.ticket_id == ticket_id
        ]
        return HistoryView(lines=lines[-MAX_HISTORY:], notes=notes[-MAX_HISTORY:])

    def _with_quoted(self, message: Message) -> Message:
        """Return *message* with the one it quotes, though that may have come after it."""
        if message.reply_to is None or message.reply_to_id is not None:
            return message
        tables = self._store.read()
        name = ("whatsapp", message.provider or "", message.reply_to)
        quoted = tables.messages.get(tables.message_names.get(name, UNSAVED))
        mine = quoted is not None and quoted.customer_id == message.customer_id
        return replace(message, reply_to_id=quoted.id) if quoted and mine else message


def _is_shown(ticket: Ticket, status: TicketFilter) -> bool:
    delayed = ticket.delayed_at is not None
    match status:
        case TicketFilter.ALL:
            return True
        case TicketFilter.ACTIVE:
            return ticket.is_open
        case TicketFilter.OPEN:
            return ticket.is_open and not delayed
        case TicketFilter.DELAYED:
            return ticket.is_open and delayed
        case TicketFilter.CLOSED:
            return not ticket.is_open


def is_held(ticket: Ticket, holder: AgentId | Holder) -> bool:
    """Say whether *ticket* is held so."""
    match holder:
        case Holder.ANYONE:
            return True
        case Holder.NOBODY:
            return ticket.agent_id is None
        case agent_id:
            return ticket.agent_id == agent_id


def _name(tables: Tables, agent_id: AgentId | None) -> AgentNameView | None:
    if agent_id is None:
        return None
    return AgentNameView(id=agent_id, name=tables.agents[agent_id].name)


def _view(tables: Tables, ticket: Ticket) -> TicketView:
    agent = tables.agents[ticket.agent_id] if ticket.agent_id is not None else None
    return TicketView.of(
        ticket,
        tables.customers[ticket.customer_id],
        agent,
        last_message_status=last_status(tables, ticket.id),
    )


def _ticket_place(ticket: Ticket) -> Place:
    # A ticket on which nothing was said yet comes after all others.
    at = -1 if ticket.last_message_at is None else _microseconds(ticket.last_message_at)
    return at, ticket.id


def _message_place(message: Message) -> Place:
    return (
        _microseconds(message.sent_at),
        _microseconds(message.received_at),
        message.number,
        message.position,
        message.id,
    )


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _page(
    rows: Sequence[R], place: Callable[[R], Place], length: int, cursor: str, limit: int
) -> tuple[list[R], str | None]:
    """Return up to *limit* rows that come before *cursor*'s, last first, and the next cursor."""
    if cursor:
        since = _read_cursor(cursor, length)
        rows = [row for row in rows if place(row) < since]
    rows = sorted(rows, key=place, reverse=True)
    page = rows[:limit]
    return page, _cursor(place(page[-1])) if len(rows) > limit else None


def _cursor(place: Place) -> str:
    return urlsafe_b64encode(json.dumps(place).encode()).decode()


def _read_cursor(cursor: str, length: int) -> Place:
    try:
        match json.loads(urlsafe_b64decode(cursor.encode())):
            case [*place] if len(place) == length and all(type(n) is int for n in place):
                return tuple(place)
    except (ValueError, RecursionError):
        # Neither base64, nor UTF-8, nor JSON.
        pass
    reason = "This is not a cursor of this list."
    raise InvalidCursor(reason)
