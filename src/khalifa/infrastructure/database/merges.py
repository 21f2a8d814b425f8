"""Merges of customers on record, and what moves with them."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, insert, literal, or_, select, update

from khalifa.application.ports.identities import CustomerMerges
from khalifa.domain.contacts import Identity, IdentityKind, ProviderName
from khalifa.domain.customers import CustomerFacts, CustomerId
from khalifa.domain.errors import NotFound
from khalifa.domain.merges import CustomerMerge, MergeId, TicketBefore
from khalifa.domain.messages import Direction, Message, MessageId
from khalifa.domain.tickets import TicketId
from khalifa.infrastructure.database.mapping import Values, message_of
from khalifa.infrastructure.database.session import Session, chunks
from khalifa.infrastructure.database.tables import customer_merge_messages as moved_messages
from khalifa.infrastructure.database.tables import customer_merges as merges
from khalifa.infrastructure.database.tables import message_deliveries, messages, tickets


class SqlCustomerMerges(CustomerMerges):
    """
    Messages are moved by their ids, in lists.

    MariaDB before 11.1 reads a whole table to UPDATE what a sub-query names.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, merge: CustomerMerge) -> None:
        merge.id = MergeId(await self._session.insert(merges, _merge_row(merge)))

    async def get(self, merge_id: MergeId) -> CustomerMerge:
        for merge in await self._read(merges.c.id == merge_id):
            return merge
        raise NotFound("There is no such merge.")

    async def of_customers(self, ids: Collection[CustomerId]) -> list[CustomerMerge]:
        return await self._read(or_(merges.c.kept_id.in_(ids), merges.c.absorbed_id.in_(ids)))

    async def newest(self, limit: int) -> list[CustomerMerge]:
        return await self._read(limit=limit)

    async def _read(
        self, *conditions: ColumnElement[bool], limit: int | None = None
    ) -> list[CustomerMerge]:
        query = select(merges).where(*conditions).order_by(merges.c.id.desc()).limit(limit)
        return [_merge_of(row) for row in await self._session.rows(query)]

    async def save(self, merge: CustomerMerge) -> None:
        await self._session.run(
            update(merges)
            .where(merges.c.id == merge.id)
            .values(undone_at=merge.undone_at, undone_by_agent_id=merge.undone_by)
        )

    async def last_message_of(self, ids: Collection[CustomerId]) -> MessageId:
        query = select(func.max(messages.c.id)).where(messages.c.customer_id.in_(ids))
        return MessageId((await self._session.rows(query))[0][0] or 0)

    async def hand_over(self, customer: CustomerId, to: CustomerId) -> list[TicketId]:
        query = select(tickets.c.id).where(tickets.c.customer_id == customer).order_by(tickets.c.id)
        ids = [TicketId(row.id) for row in await self._session.rows(query)]
        await self.hand_back(ids, to)
        return ids

    async def hand_back(self, tickets_: Collection[TicketId], to: CustomerId) -> None:
        for chunk in chunks(sorted(tickets_)):
            await self._session.run(
                update(tickets).where(tickets.c.id.in_(chunk)).values(customer_id=to)
            )
            on_them = messages.c.ticket_id.in_(chunk)
            query = (
                select(message_deliveries.c.message_id)
                .join(messages, messages.c.id == message_deliveries.c.message_id)
                .where(on_them)
            )
            queued = [MessageId(row.message_id) for row in await self._session.rows(query)]
            await self._session.run(update(messages).where(on_them).values(customer_id=to))
            await self._deliver_for(queued, to)

    async def move_messages(self, merge: CustomerMerge) -> int:
        if merge.kept_ticket is None or merge.other_ticket is None:
            return 0
        on_other = messages.c.ticket_id == merge.other_ticket.id
        await self._session.run(
            insert(moved_messages).from_select(
                ["merge_id", "message_id"],
                select(literal(merge.id), messages.c.id).where(on_other),
            )
        )
        return await self._session.run(
            update(messages)
            .where(on_other)
            .values(ticket_id=merge.kept_ticket.id, version=messages.c.version + 1)
        )

    async def move_messages_back(self, merge: CustomerMerge) -> int:
        if merge.kept_ticket is None or merge.other_ticket is None:
            return 0
        query = select(moved_messages.c.message_id).where(moved_messages.c.merge_id == merge.id)
        ids = [MessageId(row.message_id) for row in await self._session.rows(query)]
        await self.put_on(ids, merge.other_ticket.id, merge.owner_of(merge.other_ticket.id))
        return len(ids)

    async def moved(self, merge: CustomerMerge, *, limit: int) -> list[Message]:
        query = (
            select(messages)
            .join(moved_messages, moved_messages.c.message_id == messages.c.id)
            .where(moved_messages.c.merge_id == merge.id)
            .order_by(messages.c.id.desc())
            .limit(limit)
        )
        return [message_of(row) for row in await self._session.rows(query)]

    async def said_since(self, merge: CustomerMerge) -> list[Message]:
        query = (
            select(messages)
            .where(
                messages.c.customer_id == merge.kept_id,
                messages.c.id > merge.last_message_id,
                messages.c.direction == Direction.IN.value,
            )
            .order_by(messages.c.id)
        )
        return [message_of(row) for row in await self._session.rows(query)]

    async def put_on(
        self, messages_: Collection[MessageId], ticket: TicketId, customer: CustomerId
    ) -> None:
        for chunk in chunks(sorted(messages_)):
            await self._session.run(
                update(messages)
                .where(messages.c.id.in_(chunk))
                .values(ticket_id=ticket, customer_id=customer, version=messages.c.version + 1)
            )
        await self._deliver_for(messages_, customer)

    async def _deliver_for(self, messages_: Collection[MessageId], customer: CustomerId) -> None:
        for chunk in chunks(sorted(messages_)):
            await self._session.run(
                update(message_deliveries)
                .where(message_deliveries.c.message_id.in_(chunk))
                .values(customer_id=customer)
            )


def _merge_row(merge: CustomerMerge) -> Values:
    details = {
        "identities": [[i.provider, i.kind.value, i.id_ext] for i in merge.identities],
        "tickets": merge.tickets,
        "kept_ticket": _json(merge.kept_ticket),
        "other_ticket": _json(merge.other_ticket),
        "last_message_id": merge.last_message_id,
        "before": _json(merge.before),
        "after": _json(merge.after),
    }
    return {
        "kept_id": merge.kept_id,
        "absorbed_id": merge.absorbed_id,
        "reason": merge.reason,
        "by_agent_id": merge.by,
        "merged_at": merge.at,
        "details": json.dumps(details, ensure_ascii=False, separators=(",", ":")),
        "undone_at": merge.undone_at,
        "undone_by_agent_id": merge.undone_by,
    }


def _json(facts: CustomerFacts | TicketBefore | None) -> Values | None:
    if facts is None:
        return None
    plain: Values = json.loads(json.dumps(asdict(facts), default=datetime.isoformat))
    return plain


def _merge_of(row: Row[Any]) -> CustomerMerge:
    details = json.loads(row.details)
    return CustomerMerge(
        id=MergeId(row.id),
        kept_id=CustomerId(row.kept_id),
        absorbed_id=CustomerId(row.absorbed_id),
        reason=row.reason,
        by=row.by_agent_id,
        at=row.merged_at,
        identities=_identities_of(details["identities"]),
        tickets=tuple(map(TicketId, details["tickets"])),
        kept_ticket=_ticket_of(details["kept_ticket"]),
        other_ticket=_ticket_of(details["other_ticket"]),
        last_message_id=MessageId(details["last_message_id"]),
        before=_facts_of(details["before"]),
        after=_facts_of(details["after"]),
        undone_at=row.undone_at,
        undone_by=row.undone_by_agent_id,
    )


def _identities_of(rows: Sequence[Sequence[str]]) -> tuple[Identity, ...]:
    return tuple(
        Identity(ProviderName(provider), IdentityKind(kind), id_ext)
        for provider, kind, id_ext in rows
    )


def _ticket_of(values: Values | None) -> TicketBefore | None:
    if values is None:
        return None
    return TicketBefore(**{**values, "delayed_at": _moment(values["delayed_at"])})


def _facts_of(values: Values) -> CustomerFacts:
    return CustomerFacts(
        **{
            **values,
            "tags": tuple(values["tags"]),
            "blocked_at": _moment(values["blocked_at"]),
            "last_inbound_at": {
                ProviderName(provider): datetime.fromisoformat(at)
                for provider, at in values["last_inbound_at"].items()
            },
        }
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
