"""Tickets and messages as the desk lists them: one statement a page, two more for its customers."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncEngine

from khalifa.application.history_views import HistoryView, NoteView, TicketLineView
from khalifa.application.ports.readers import MAX_HISTORY, Holder, Inbox, TicketFilter
from khalifa.application.views import (
    AgentNameView,
    CustomerView,
    MessageView,
    Page,
    TicketView,
    ticket_status,
)
from khalifa.domain.agents import AgentId
from khalifa.domain.contacts import Identity
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.errors import NotFound
from khalifa.domain.tickets import TicketId, TicketStatus
from khalifa.infrastructure.database.cursors import (
    from_microseconds,
    read_cursor,
    to_microseconds,
    write_cursor,
)
from khalifa.infrastructure.database.engine import READ_ONLY
from khalifa.infrastructure.database.last_statuses import LAST_STATUS, last_status_of
from khalifa.infrastructure.database.mapping import (
    customer_of,
    identity_of,
    message_of,
    priority_of,
    tags_of,
)
from khalifa.infrastructure.database.refusals import answered_within
from khalifa.infrastructure.database.tables import (
    NEWEST_FIRST,
    agents,
    customer_identities,
    customers,
    messages,
    ticket_events,
    ticket_notes,
    tickets,
)

READ_SECONDS = 10.0

_TICKETS, _MESSAGES = "t", "m"
_OWN = "ix_tickets_agent_id_last_message_at_id"
_OWN_BY_STATUS = "ix_tickets_agent_id_status_last_message_at_id"
# Stands for the time of a ticket on which nothing was said yet; these come last.
_NEVER = -1

_IS_OPEN = tickets.c.status == TicketStatus.OPEN.value
_SHOWN: dict[TicketFilter, ColumnElement[bool]] = {
    TicketFilter.ALL: true(),
    TicketFilter.ACTIVE: _IS_OPEN,
    TicketFilter.OPEN: and_(_IS_OPEN, tickets.c.delayed_at.is_(None)),
    TicketFilter.DELAYED: and_(_IS_OPEN, tickets.c.delayed_at.is_not(None)),
    TicketFilter.CLOSED: tickets.c.status == TicketStatus.CLOSED.value,
}
# What `customer_view` reads of a joined customer.
CUSTOMER_SHOWN = (
    customers.c.name.label("customer_name"),
    customers.c.phone.label("customer_phone"),
    customers.c.tags.label("customer_tags"),
    customers.c.blocked_at.label("customer_blocked_at"),
    customers.c.pinned_provider.label("customer_pinned_provider"),
)
_TICKET_VIEWS = (
    select(
        tickets,
        *CUSTOMER_SHOWN,
        agents.c.name.label("agent_name"),
        LAST_STATUS,
    )
    .join(customers, customers.c.id == tickets.c.customer_id)
    .outerjoin(agents, agents.c.id == tickets.c.agent_id)
)

_BY, _FROM, _TO = (agents.alias(name) for name in ("doer", "giver", "taker"))
_LINES = (
    select(
        ticket_events,
        _BY.c.name.label("by_name"),
        _FROM.c.name.label("from_name"),
        _TO.c.name.label("to_name"),
    )
    .outerjoin(_BY, _BY.c.id == ticket_events.c.by_agent_id)
    .outerjoin(_FROM, _FROM.c.id == ticket_events.c.from_agent_id)
    .outerjoin(_TO, _TO.c.id == ticket_events.c.to_agent_id)
)


class SqlInbox(Inbox):
    """Raises `DatabaseUnavailable` when the database is away."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(**READ_ONLY)

    async def tickets(
        self,
        *,
        status: TicketFilter,
        holder: AgentId | Holder,
        customer: CustomerId | None = None,
        cursor: str,
        limit: int,
    ) -> Page[TicketView]:
        conditions = [_SHOWN[status], held_by(holder)]
        if customer is not None:
            conditions.append(tickets.c.customer_id == customer)
        if cursor:
            conditions.append(_tickets_after(cursor))
        views = _TICKET_VIEWS
        if customer is None and holder is not Holder.ANYONE:
            # Else MariaDB reads everybody's in order, until there are enough of this one's.
            index = _OWN if status is TicketFilter.ALL else _OWN_BY_STATUS
            views = views.with_hint(tickets, f"FORCE INDEX ({index})", "mysql")
        rows = await self._rows(
            views.where(*conditions)
            .order_by(tickets.c.last_message_at.desc(), tickets.c.id.desc())
            .limit(limit + 1)
        )
        page = rows[:limit]
        return Page(
            items=[_ticket_view(row) for row in page],
            next_cursor=_ticket_cursor(page[-1]) if len(rows) > limit else None,
        )

    async def ticket(self, ticket_id: TicketId) -> TicketView:
        for row in await self._rows(_TICKET_VIEWS.where(tickets.c.id == ticket_id)):
            return _ticket_view(row)
        raise NotFound("There is no such ticket.")

    async def customers_of(self, tickets_: Collection[int]) -> dict[int, Customer]:
        names: dict[int, dict[Identity, datetime | None]] = defaultdict(dict)
        rows = await self._rows(
            select(tickets.c.id.label("ticket_id"), customers)
            .join(customers, customers.c.id == tickets.c.customer_id)
            .where(tickets.c.id.in_(tickets_))
        )
        for name in await self._rows(
            select(customer_identities)
            .where(customer_identities.c.customer_id.in_({row.id for row in rows}))
            .order_by(customer_identities.c.id)
        ):
            names[name.customer_id][identity_of(name)] = name.given_up_at
        return {row.ticket_id: customer_of(row, names[row.id]) for row in rows}

    async def messages(self, ticket_id: TicketId, *, cursor: str, limit: int) -> Page[MessageView]:
        # Of a message that came before what it quotes, only WhatsApp's id of that is written.
        quoted = messages.alias("quoted")
        query = (
            select(messages, quoted.c.id.label("quoted_id"))
            .outerjoin(
                quoted,
                and_(
                    messages.c.reply_to_id.is_(None),
                    quoted.c.provider == messages.c.provider,
                    quoted.c.whatsapp_message_id == messages.c.reply_to,
                    quoted.c.customer_id == messages.c.customer_id,
                ),
            )
            .where(messages.c.ticket_id == ticket_id)
        )
        if cursor:
            query = query.where(_messages_before(cursor))
        rows = await self._rows(query.order_by(*NEWEST_FIRST).limit(limit + 1))
        page = rows[:limit]
        return Page(
            items=[_message_view(row) for row in reversed(page)],
            next_cursor=_message_cursor(page[-1]) if len(rows) > limit else None,
        )

    async def history(self, ticket_id: TicketId) -> HistoryView:
        lines = await self._rows(
            _LINES.where(ticket_events.c.ticket_id == ticket_id)
            .order_by(ticket_events.c.id.desc())
            .limit(MAX_HISTORY)
        )
        notes = await self._rows(
            select(ticket_notes, agents.c.name.label("agent_name"))
            .join(agents, agents.c.id == ticket_notes.c.agent_id)
            .where(ticket_notes.c.ticket_id == ticket_id)
            .order_by(ticket_notes.c.id.desc())
            .limit(MAX_HISTORY)
        )
        return HistoryView(
            lines=[_line_view(row) for row in reversed(lines)],
            notes=[
                NoteView(
                    id=row.id,
                    ticket_id=row.ticket_id,
                    agent=AgentNameView(id=row.agent_id, name=row.agent_name),
                    text=row.text,
                    at=row.at,
                )
                for row in reversed(notes)
            ],
        )

    async def _rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        async with answered_within(READ_SECONDS), self._engine.connect() as connection:
            rows: Sequence[Row[Any]] = (await connection.execute(query)).all()
            return rows


def held_by(holder: AgentId | Holder) -> ColumnElement[bool]:
    """Return the condition that a ticket is held so."""
    match holder:
        case Holder.ANYONE:
            return true()
        case Holder.NOBODY:
            return tickets.c.agent_id.is_(None)
        case agent_id:
            return tickets.c.agent_id == agent_id


def _ticket_cursor(row: Row[Any]) -> str:
    at = row.last_message_at
    return write_cursor(_TICKETS, _NEVER if at is None else to_microseconds(at), row.id)


def _tickets_after(cursor: str) -> ColumnElement[bool]:
    number, ticket_id = read_cursor(_TICKETS, cursor, 2)
    shown_at, older = tickets.c.last_message_at, tickets.c.id < ticket_id
    if number == _NEVER:
        return and_(shown_at.is_(None), older)
    at = from_microseconds(number)
    # The first half is a range in the index; the rest only sorts out its end.
    return or_(and_(shown_at <= at, or_(shown_at < at, older)), shown_at.is_(None))


def _message_cursor(row: Row[Any]) -> str:
    sent_at, received_at = to_microseconds(row.sent_at), to_microseconds(row.received_at)
    return write_cursor(_MESSAGES, sent_at, received_at, row.number, row.position, row.id)


def _messages_before(cursor: str) -> ColumnElement[bool]:
    sent_at, received_at, *rest = read_cursor(_MESSAGES, cursor, 5)
    at = from_microseconds(sent_at)
    place: list[tuple[ColumnElement[Any], object]] = [
        (messages.c.sent_at, at),
        (messages.c.received_at, from_microseconds(received_at)),
        *zip((messages.c.number, messages.c.position, messages.c.id), rest, strict=True),
    ]
    earlier = [
        and_(*(column == value for column, value in place[:depth]), last < value)
        for depth, (last, value) in enumerate(place)
    ]
    # As above: rows compared as rows, ``(a, b) < (…)``, would not use the index.
    return and_(messages.c.sent_at <= at, or_(*earlier))


def _message_view(row: Row[Any]) -> MessageView:
    message = message_of(row)
    if message.reply_to_id is None:
        message.reply_to_id = row.quoted_id
    return MessageView.of(message)


def _line_view(row: Row[Any]) -> TicketLineView:
    return TicketLineView(
        id=row.id,
        kind=row.kind,
        at=row.at,
        by=_agent_name(row.by_agent_id, row.by_name),
        from_agent=_agent_name(row.from_agent_id, row.from_name),
        to_agent=_agent_name(row.to_agent_id, row.to_name),
        reason=row.reason,
    )


def _agent_name(agent_id: int | None, name: str) -> AgentNameView | None:
    return None if agent_id is None else AgentNameView(id=agent_id, name=name)


def customer_view(row: Row[Any]) -> CustomerView:
    """Return the customer of a row with `CUSTOMER_SHOWN` and ``customer_id`` in it."""
    return CustomerView(
        id=row.customer_id,
        name=row.customer_name,
        phone=row.customer_phone,
        tags=tags_of(row.customer_tags),
        blocked=row.customer_blocked_at is not None,
        pinned_provider=row.customer_pinned_provider,
    )


def _ticket_view(row: Row[Any]) -> TicketView:
    return TicketView(
        id=row.id,
        number=row.id,
        status=ticket_status(
            is_open=row.status == TicketStatus.OPEN.value, delayed=row.delayed_at is not None
        ),
        provider=row.provider,
        customer=customer_view(row),
        agent=_agent_name(row.agent_id, row.agent_name),
        unread=row.unread,
        waiting_since=row.waiting_since,
        due_at=row.delayed_at,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        close_reason=row.close_reason,
        last_message_at=row.last_message_at,
        last_message=row.last_message,
        last_message_kind=row.last_message_kind,
        last_message_status=last_status_of(row.last_message_status),
        priority=priority_of(row.priority),
        category=row.category,
        tags=tags_of(row.tags),
        rating=row.rating,
        version=row.version,
    )
