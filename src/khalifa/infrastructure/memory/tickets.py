"""Tickets in dictionaries."""

from collections import Counter
from collections.abc import Collection, Sequence
from copy import copy
from datetime import datetime

from khalifa.application.ports.unit_of_work import ConcurrentChange, Tickets
from khalifa.domain.agents import AgentId, AgentName
from khalifa.domain.customers import CustomerId
from khalifa.domain.errors import NotFound
from khalifa.domain.messages import BY_A_PERSON, DeliveryStatus
from khalifa.domain.notes import NoteId, TicketNote
from khalifa.domain.tickets import Ticket, TicketEvent, TicketId
from khalifa.infrastructure.memory.store import Tables, require_storable


class MemoryTickets(Tickets):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def get(self, ticket_id: TicketId) -> Ticket:
        if ticket_id not in self._tables.tickets:
            reason = "There is no such ticket."
            raise NotFound(reason)
        return copy(self._tables.tickets[ticket_id])

    async def get_many(self, ids: Collection[TicketId]) -> dict[TicketId, Ticket]:
        rows = self._tables.tickets
        return {id_: copy(rows[id_]) for id_ in sorted(set(ids)) if id_ in rows}

    async def open_of(self, customers: Collection[CustomerId]) -> dict[CustomerId, Ticket]:
        open_tickets = self._tables.open_tickets
        return {
            customer_id: copy(self._tables.tickets[open_tickets[customer_id]])
            for customer_id in customers
            if customer_id in open_tickets
        }

    async def last_statuses(self, ids: Collection[TicketId]) -> dict[TicketId, DeliveryStatus]:
        found = ((id_, last_status(self._tables, id_)) for id_ in ids)
        return {id_: status for id_, status in found if status is not None}

    async def who_has_open(self, customers: Collection[CustomerId]) -> set[CustomerId]:
        return self._tables.open_tickets.keys() & set(customers)

    async def open_with_holders(
        self, customers: Collection[CustomerId]
    ) -> tuple[dict[CustomerId, Ticket], dict[AgentId, AgentName]]:
        found = await self.open_of(customers)
        holders = {ticket.agent_id for ticket in found.values()}
        agents = self._tables.agents.values()
        return found, {a.id: AgentName(a.id, a.name) for a in agents if a.id in holders}

    async def last_closed_of(
        self, customers: Collection[CustomerId], *, since: datetime
    ) -> dict[CustomerId, Ticket]:
        closed = sorted(
            (ticket.closed_at, ticket.id, ticket)
            for ticket in self._tables.tickets.values()
            if ticket.closed_at is not None
            and ticket.closed_at >= since
            and ticket.customer_id in customers
        )
        return {ticket.customer_id: copy(ticket) for _, _, ticket in closed}

    async def waiting(self, limit: int) -> list[Ticket]:
        unheld = [
            ticket
            for ticket in self._tables.tickets.values()
            if ticket.is_open and ticket.agent_id is None
        ]
        waiting = sorted(
            (ticket.waiting_since, ticket.id, ticket) for ticket in unheld if ticket.waiting_since
        )
        # A ticket whose customer waits for nothing comes after all who wait.
        answered = [ticket for ticket in unheld if ticket.waiting_since is None]
        return [copy(ticket) for ticket in [*(row[-1] for row in waiting), *answered][:limit]]

    async def abandoned(self, before: datetime, *, limit: int) -> list[TicketId]:
        gone = {agent.id for agent in self._tables.agents.values() if agent.is_gone(before)}
        waiting = sorted(
            (ticket.waiting_since, ticket.id)
            for ticket in self._tables.tickets.values()
            if ticket.is_open and ticket.waiting_since is not None and ticket.agent_id in gone
        )
        return [ticket_id for _, ticket_id in waiting[:limit]]

    async def to_be_rated(self, *, since: datetime, before: datetime, limit: int) -> list[TicketId]:
        messages = self._tables.messages.values()
        answered = {one.ticket_id for one in messages if one.sender_type in BY_A_PERSON}
        closed = sorted(
            (ticket.closed_at, ticket.id)
            for ticket in self._tables.tickets.values()
            if ticket.closed_at is not None and since <= ticket.closed_at < before
            if ticket.rating_asked_at is None and ticket.id in answered
        )
        return [ticket_id for _, ticket_id in closed[:limit]]

    async def loads(self) -> dict[AgentId, int]:
        return dict(
            Counter(
                ticket.agent_id
                for ticket in self._tables.tickets.values()
                if ticket.is_open and ticket.agent_id is not None
            )
        )

    async def add_new(self, tickets: Sequence[Ticket]) -> None:
        for ticket in tickets:
            ticket.id = TicketId(next(self._tables.ids))
            self._store(ticket)

    async def save(self, tickets: Sequence[Ticket]) -> None:
        for ticket in tickets:
            if ticket.id in self._tables.tickets:
                self._store(ticket)

    async def record(self, events: Sequence[TicketEvent]) -> None:
        self._tables.ticket_events.extend(events)

    async def last_line(self, ticket_id: TicketId) -> TicketEvent | None:
        lines = reversed(self._tables.ticket_events)
        return next((line for line in lines if line.ticket_id == ticket_id), None)

    async def add_note(self, note: TicketNote) -> None:
        require_storable([note.text])
        note.id = NoteId(next(self._tables.ids))
        self._tables.notes[note.id] = copy(note)

    def _store(self, ticket: Ticket) -> None:
        require_storable([ticket.last_message, ticket.close_reason, ticket.category, *ticket.tags])
        open_tickets = self._tables.open_tickets
        if ticket.is_open:
            if open_tickets.setdefault(ticket.customer_id, ticket.id) != ticket.id:
                reason = "the customer has an open ticket already"
                raise ConcurrentChange(reason)
        elif open_tickets.get(ticket.customer_id) == ticket.id:
            del open_tickets[ticket.customer_id]
        self._tables.tickets[ticket.id] = copy(ticket)


def last_status(tables: Tables, ticket_id: TicketId) -> DeliveryStatus | None:
    """Return where the last message of a ticket stands, if it is ours."""
    last = max(
        (
            message
            for message in tables.messages.values()
            if message.ticket_id == ticket_id and message.is_said
        ),
        key=lambda m: (m.sent_at, m.received_at, m.number, m.position, m.id),
        default=None,
    )
    return last.shown_status if last else None
