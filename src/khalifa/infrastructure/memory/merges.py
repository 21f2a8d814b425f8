"""Merges of customers, and identities to ask about, in dictionaries."""

from collections.abc import Collection, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from khalifa.application.ports.identities import CustomerMerges, IdentityLookups, Lookup
from khalifa.domain.contacts import Identity, ProviderName
from khalifa.domain.customers import CustomerId
from khalifa.domain.errors import NotFound
from khalifa.domain.merges import CustomerMerge, MergeId
from khalifa.domain.messages import Direction, Message, MessageId
from khalifa.domain.tickets import TicketId
from khalifa.infrastructure.memory.store import DueLookup, Tables

R = TypeVar("R")


class MemoryCustomerMerges(CustomerMerges):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, merge: CustomerMerge) -> None:
        merge.id = MergeId(next(self._tables.ids))
        self._tables.merges[merge.id] = copy(merge)

    async def get(self, merge_id: MergeId) -> CustomerMerge:
        if merge_id not in self._tables.merges:
            reason = "There is no such merge."
            raise NotFound(reason)
        return copy(self._tables.merges[merge_id])

    async def of_customers(self, ids: Collection[CustomerId]) -> list[CustomerMerge]:
        rows = reversed(self._tables.merges.values())
        return [copy(row) for row in rows if row.kept_id in ids or row.absorbed_id in ids]

    async def newest(self, limit: int) -> list[CustomerMerge]:
        return [copy(row) for row in [*reversed(self._tables.merges.values())][:limit]]

    async def save(self, merge: CustomerMerge) -> None:
        self._tables.merges[merge.id] = copy(merge)

    async def last_message_of(self, ids: Collection[CustomerId]) -> MessageId:
        found = (m.id for m in self._tables.messages.values() if m.customer_id in ids)
        return max(found, default=MessageId(0))

    async def hand_over(self, customer: CustomerId, to: CustomerId) -> list[TicketId]:
        ids = [t.id for t in self._tables.tickets.values() if t.customer_id == customer]
        await self.hand_back(ids, to)
        return sorted(ids)

    async def hand_back(self, tickets: Collection[TicketId], to: CustomerId) -> None:
        for ticket_id in tickets:
            ticket = self._tables.tickets[ticket_id]
            if self._tables.open_tickets.get(ticket.customer_id) == ticket_id:
                del self._tables.open_tickets[ticket.customer_id]
                self._tables.open_tickets[to] = ticket_id
            self._tables.tickets[ticket_id] = _changed(ticket, customer_id=to)
        on_them = [m for m in self._tables.messages.values() if m.ticket_id in tickets]
        for message in on_them:
            self._tables.messages[message.id] = _changed(message, customer_id=to)
            self._deliver_for(message.id, to)

    async def move_messages(self, merge: CustomerMerge) -> int:
        if merge.kept_ticket is None or merge.other_ticket is None:
            return 0
        on_other = [
            message
            for message in self._tables.messages.values()
            if message.ticket_id == merge.other_ticket.id
        ]
        self._tables.merged_messages[merge.id] = tuple(message.id for message in on_other)
        for message in on_other:
            self._tables.messages[message.id] = _changed(
                message, ticket_id=merge.kept_ticket.id, version=message.version + 1
            )
        return len(on_other)

    async def move_messages_back(self, merge: CustomerMerge) -> int:
        if merge.kept_ticket is None or merge.other_ticket is None:
            return 0
        ids = self._tables.merged_messages.get(merge.id, ())
        await self.put_on(ids, merge.other_ticket.id, merge.owner_of(merge.other_ticket.id))
        return len(ids)

    async def moved(self, merge: CustomerMerge, *, limit: int) -> list[Message]:
        ids = sorted(self._tables.merged_messages.get(merge.id, ()), reverse=True)
        found = (self._tables.messages.get(message_id) for message_id in ids)
        return [copy(message) for message in found if message is not None][:limit]

    async def said_since(self, merge: CustomerMerge) -> list[Message]:
        return [
            copy(message)
            for message in sorted(self._tables.messages.values(), key=lambda m: m.id)
            if message.customer_id == merge.kept_id
            and message.id > merge.last_message_id
            and message.direction is Direction.IN
        ]

    async def put_on(
        self, messages: Collection[MessageId], ticket: TicketId, customer: CustomerId
    ) -> None:
        for message_id in messages:
            if message := self._tables.messages.get(message_id):
                self._tables.messages[message_id] = _changed(
                    message, ticket_id=ticket, customer_id=customer, version=message.version + 1
                )
                self._deliver_for(message_id, customer)

    def _deliver_for(self, message_id: MessageId, customer: CustomerId) -> None:
        if delivery := self._tables.deliveries.get(message_id):
            self._tables.deliveries[message_id] = replace(delivery, customer_id=customer)


def _changed(row: R, **values: object) -> R:
    """Return a copy of *row*: a row is never changed in place."""
    twin = copy(row)
    for name, value in values.items():
        setattr(twin, name, value)
    return twin


class MemoryIdentityLookups(IdentityLookups):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def queue(self, identities: Collection[Identity], *, at: datetime) -> None:
        for identity in identities:
            self._tables.lookups.setdefault(identity, DueLookup(attempts=0, due_at=at))

    async def claim(
        self, *, now: datetime, until: datetime, limit: int, provider: ProviderName | None = None
    ) -> list[Lookup]:
        due = sorted(
            (row.due_at, number, identity, row)
            for number, (identity, row) in enumerate(self._tables.lookups.items())
            if row.due_at <= now and provider in {None, identity.provider}
        )[:limit]
        for _, _, identity, row in due:
            self._tables.lookups[identity] = replace(row, due_at=until)
        return [Lookup(identity=identity, attempts=row.attempts) for _, _, identity, row in due]

    async def due(self, provider: ProviderName, *, now: datetime) -> int:
        return sum(
            row.due_at <= now and identity.provider == provider
            for identity, row in self._tables.lookups.items()
        )

    async def put_off(self, lookups: Sequence[Lookup], *, until: datetime) -> None:
        for lookup in lookups:
            if row := self._tables.lookups.get(lookup.identity):
                self._tables.lookups[lookup.identity] = replace(
                    row, due_at=until, attempts=row.attempts + 1
                )

    async def forget(self, identities: Collection[Identity]) -> None:
        for identity in identities:
            self._tables.lookups.pop(identity, None)
