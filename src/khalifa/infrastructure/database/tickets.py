"""Tickets and their records."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, func, or_, select

from khalifa.application.ports.unit_of_work import Tickets
from khalifa.domain.agents import AgentId, AgentName, Presence
from khalifa.domain.customers import CustomerId
from khalifa.domain.errors import NotFound
from khalifa.domain.messages import BY_A_PERSON, DeliveryStatus
from khalifa.domain.notes import NoteId, TicketNote
from khalifa.domain.tickets import Ticket, TicketEvent, TicketId, TicketStatus
from khalifa.infrastructure.database.changes import Changes
from khalifa.infrastructure.database.last_statuses import LAST_STATUS, last_status_of
from khalifa.infrastructure.database.lookup import Lookup, listed
from khalifa.infrastructure.database.mapping import (
    ticket_event_of,
    ticket_event_row,
    ticket_of,
    ticket_row,
)
from khalifa.infrastructure.database.session import Session, chunks
from khalifa.infrastructure.database.tables import (
    agents,
    messages,
    ticket_events,
    ticket_notes,
    tickets,
)

_OPEN_WITH_HOLDERS = Lookup(
    select(tickets, agents.c.name.label("agent_name"))
    .outerjoin(agents, agents.c.id == tickets.c.agent_id)
    .where(tickets.c.active_customer_id.in_(listed("customers")))
)


class SqlTickets(Tickets):
    def __init__(self, session: Session) -> None:
        self._session = session
        self._changes = Changes(ticket_row)

    async def get(self, ticket_id: TicketId) -> Ticket:
        found = await self.get_many([ticket_id])
        if ticket_id not in found:
            raise NotFound("There is no such ticket.")
        return found[ticket_id]

    async def get_many(self, ids: Collection[TicketId]) -> dict[TicketId, Ticket]:
        return {ticket.id: ticket for ticket in await self._in(tickets.c.id, ids)}

    async def open_of(self, customers: Collection[CustomerId]) -> dict[CustomerId, Ticket]:
        found = await self._in(tickets.c.active_customer_id, customers)
        return {ticket.customer_id: ticket for ticket in found}

    async def last_statuses(self, ids: Collection[TicketId]) -> dict[TicketId, DeliveryStatus]:
        query = select(tickets.c.id, LAST_STATUS)
        return {
            TicketId(row.id): status
            for chunk in chunks(sorted(set(ids)))
            for row in await self._session.rows(query.where(tickets.c.id.in_(chunk)))
            if (status := last_status_of(row.last_message_status)) is not None
        }

    async def who_has_open(self, customers: Collection[CustomerId]) -> set[CustomerId]:
        query = select(tickets.c.active_customer_id)
        return {
            CustomerId(row.active_customer_id)
            for chunk in chunks(sorted(set(customers)))
            for row in await self._session.rows(
                query.where(tickets.c.active_customer_id.in_(chunk))
            )
        }

    async def open_with_holders(
        self, customers: Collection[CustomerId]
    ) -> tuple[dict[CustomerId, Ticket], dict[AgentId, AgentName]]:
        found: dict[CustomerId, Ticket] = {}
        holders: dict[AgentId, AgentName] = {}
        for chunk in chunks(sorted(set(customers))):
            for row in await self._session.look(_OPEN_WITH_HOLDERS, customers=chunk):
                ticket = self._changes.remember(ticket_of(row))
                found[ticket.customer_id] = ticket
                if ticket.agent_id is not None:
                    holders[ticket.agent_id] = AgentName(ticket.agent_id, row.agent_name)
        return found, holders

    async def last_closed_of(
        self, customers: Collection[CustomerId], *, since: datetime
    ) -> dict[CustomerId, Ticket]:
        found = await self._in(
            tickets.c.customer_id,
            customers,
            tickets.c.status == TicketStatus.CLOSED.value,
            tickets.c.closed_at >= since,
        )
        found.sort(key=lambda ticket: (ticket.closed_at or since, ticket.id))
        return {ticket.customer_id: ticket for ticket in found}

    async def _in(
        self, column: ColumnElement[Any], values: Collection[int], *also: ColumnElement[bool]
    ) -> list[Ticket]:
        return [
            self._changes.remember(ticket_of(row))
            for chunk in chunks(sorted(set(values)))
            for row in await self._session.rows(select(tickets).where(column.in_(chunk), *also))
        ]

    async def waiting(self, limit: int) -> list[Ticket]:
        rows: list[Row[Any]] = []
        # Tickets on which nobody waits come last. In one query their order would be a sum,
        # and every waiting ticket sorted once a second; so it is the index's.
        for is_waited_on in (
            tickets.c.waiting_since.is_not(None),
            tickets.c.waiting_since.is_(None),
        ):
            if len(rows) < limit:
                query = (
                    select(tickets)
                    .where(
                        tickets.c.status == TicketStatus.OPEN.value,
                        tickets.c.agent_id.is_(None),
                        is_waited_on,
                    )
                    .order_by(tickets.c.waiting_since, tickets.c.id)
                    .limit(limit - len(rows))
                )
                rows += await self._session.rows(query)
        return [self._changes.remember(ticket_of(row)) for row in rows]

    async def abandoned(self, before: datetime, *, limit: int) -> list[TicketId]:
        not_seen = or_(agents.c.last_seen_at.is_(None), agents.c.last_seen_at < before)
        is_offline = agents.c.presence == Presence.OFFLINE.value
        query = (
            select(tickets.c.id)
            .join(agents, agents.c.id == tickets.c.agent_id)
            .where(
                tickets.c.status == TicketStatus.OPEN.value,
                tickets.c.waiting_since.is_not(None),
                or_(agents.c.disabled.is_(True), and_(is_offline, not_seen)),
            )
            .order_by(tickets.c.waiting_since, tickets.c.id)
            .limit(limit)
        )
        return [TicketId(row.id) for row in await self._session.rows(query)]

    async def to_be_rated(self, *, since: datetime, before: datetime, limit: int) -> list[TicketId]:
        answered = exists().where(
            messages.c.ticket_id == tickets.c.id, messages.c.sender_type.in_(BY_A_PERSON)
        )
        query = (
            select(tickets.c.id)
            .where(
                tickets.c.status == TicketStatus.CLOSED.value,
                tickets.c.closed_at >= since,
                tickets.c.closed_at < before,
                tickets.c.rating_asked_at.is_(None),
                answered,
            )
            .order_by(tickets.c.closed_at, tickets.c.id)
            .limit(limit)
        )
        return [TicketId(row.id) for row in await self._session.rows(query)]

    async def loads(self) -> dict[AgentId, int]:
        query = (
            select(tickets.c.agent_id, func.count().label("held"))
            .where(tickets.c.status == TicketStatus.OPEN.value, tickets.c.agent_id.is_not(None))
            .group_by(tickets.c.agent_id)
        )
        return {AgentId(row.agent_id): row.held for row in await self._session.rows(query)}

    async def add_new(self, tickets_: Sequence[Ticket]) -> None:
        for chunk in chunks(tickets_):
            await self._session.insert_all(tickets, [ticket_row(ticket) for ticket in chunk])
            await self._give_ids(chunk)
            for ticket in chunk:
                self._changes.remember(ticket)

    async def _give_ids(self, new: Sequence[Ticket]) -> None:
        # The customers are locked, so their newest tickets are the ones just stored.
        query = (
            select(tickets.c.id, tickets.c.customer_id)
            .where(tickets.c.customer_id.in_({ticket.customer_id for ticket in new}))
            .order_by(tickets.c.id)
        )
        ids: dict[int, list[TicketId]] = defaultdict(list)
        for row in await self._session.rows(query):
            ids[row.customer_id].append(TicketId(row.id))
        for ticket in reversed(new):
            ticket.id = ids[ticket.customer_id].pop()

    async def save(self, tickets_: Sequence[Ticket]) -> None:
        await self._session.update_all(tickets, self._changes.of(tickets_))

    async def record(self, events: Sequence[TicketEvent]) -> None:
        await self._session.insert_all(ticket_events, [ticket_event_row(event) for event in events])

    async def last_line(self, ticket_id: TicketId) -> TicketEvent | None:
        lines = select(ticket_events).where(ticket_events.c.ticket_id == ticket_id)
        rows = await self._session.rows(lines.order_by(ticket_events.c.id.desc()).limit(1))
        return ticket_event_of(rows[0]) if rows else None

    async def add_note(self, note: TicketNote) -> None:
        row = {
            "ticket_id": note.ticket_id,
            "agent_id": note.agent_id,
            "text": note.text,
            "at": note.at,
        }
        note.id = NoteId(await self._session.insert(ticket_notes, row))
