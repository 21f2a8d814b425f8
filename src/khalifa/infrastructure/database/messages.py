"""Messages, and statuses that wait for one."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    delete,
    exists,
    false,
    func,
    null,
    or_,
    select,
    true,
)

from khalifa.application.ports.messages import KnownMessages, Messages, UnmatchedStatuses
from khalifa.domain.agents import AgentId
from khalifa.domain.contacts import ProviderName
from khalifa.domain.customers import CustomerId
from khalifa.domain.errors import NotFound
from khalifa.domain.messages import DeliveryStatus, Direction, Message, MessageId, StatusUpdate
from khalifa.domain.tickets import TicketId
from khalifa.infrastructure.database.changes import Changes
from khalifa.infrastructure.database.lookup import Lookup, LookupRow, listed
from khalifa.infrastructure.database.mapping import (
    message_of,
    message_row,
    status_of,
    status_row,
)
from khalifa.infrastructure.database.session import Session, chunks, one_of
from khalifa.infrastructure.database.tables import (
    NEWEST_FIRST,
    message_changes,
    messages,
    unmatched_statuses,
)

_WHATSAPP_ID = (messages.c.provider, messages.c.whatsapp_message_id)
# What each of several messages just stored is known by, and the id it was given.
_STORED_AS = (messages.c.id, *_WHATSAPP_ID, messages.c.opaque_id)
_TARGET = (message_changes.c.provider, message_changes.c.target)
_UNMET = message_changes.c.message_id.is_(None)
_NULL: ColumnElement[Any] = null()
_NO: ColumnElement[bool] = false()
_UNMATCHED_ID = (unmatched_statuses.c.provider, unmatched_statuses.c.whatsapp_message_id)
_UNCONFIRMED = (DeliveryStatus.SENDING.value, DeliveryStatus.UNKNOWN.value)


def _names(
    provider: ColumnElement[Any] = _NULL,
    id_ext: ColumnElement[Any] = _NULL,
    key: ColumnElement[Any] = _NULL,
    *,
    awaited: ColumnElement[bool] = _NO,
) -> Select[Any]:
    """Return one part of what asks for known messages: all parts have the same columns."""
    columns: tuple[ColumnElement[Any], ...] = (
        provider.label("provider"),
        id_ext.label("whatsapp_message_id"),
        key.label("message_key"),
        awaited.label("awaited"),
    )
    return select(*columns)


def _listed_in(name: tuple[ColumnElement[str], ColumnElement[str]]) -> ColumnElement[bool]:
    provider, id_ext = name
    return and_(provider.in_(listed("providers")), id_ext.in_(listed("ids")))


# One round trip for all: an OR over two indexes would be planned anew with each
# list, and read the whole table when it goes wrong.
_BY_ID = (
    _names(*_WHATSAPP_ID).where(_listed_in(_WHATSAPP_ID)),
    _names(*_TARGET, awaited=true()).where(_UNMET, _listed_in(_TARGET)),
)
_BY_KEY = (
    _names(key=messages.c.message_key).where(messages.c.message_key.in_(listed("keys"))),
    _names(key=message_changes.c.target_key, awaited=true()).where(
        _UNMET, message_changes.c.target_key.in_(listed("keys"))
    ),
)
_KNOWN_BY_ID, _KNOWN_BY_EITHER = Lookup(*_BY_ID), Lookup(*_BY_ID, *_BY_KEY)


class SqlMessages(Messages):
    def __init__(self, session: Session) -> None:
        self._session = session
        self._changes = Changes(message_row)

    async def _read(self, *conditions: ColumnElement[bool]) -> list[Message]:
        query = select(messages).where(*conditions).order_by(messages.c.id)
        return [self._changes.remember(message_of(row)) for row in await self._session.rows(query)]

    async def _in(self, column: ColumnElement[Any], values: Iterable[Any]) -> list[Message]:
        return [
            message
            for chunk in chunks(sorted(set(values)))
            for message in await self._read(column.in_(chunk))
        ]

    async def get(self, message_id: MessageId) -> Message:
        for message in await self._read(messages.c.id == message_id):
            return message
        raise NotFound("There is no such message.")

    async def get_many(self, ids: Collection[MessageId]) -> dict[MessageId, Message]:
        return {message.id: message for message in await self._in(messages.c.id, ids)}

    async def by_whatsapp_ids(
        self, ids: Collection[tuple[ProviderName, str]]
    ) -> dict[tuple[ProviderName, str], Message]:
        return {
            (message.provider, message.whatsapp_message_id): message
            for chunk in chunks(ids)
            for message in await self._read(one_of(_WHATSAPP_ID, chunk))
            if message.provider is not None and message.whatsapp_message_id is not None
        }

    async def by_keys(self, keys: Collection[str]) -> dict[str, Message]:
        found = await self._in(messages.c.message_key, keys)
        return {message.message_key: message for message in found if message.message_key}

    async def known(
        self, ids: Collection[tuple[ProviderName, str]], keys: Collection[str]
    ) -> KnownMessages:
        wanted, found = set(ids), list[LookupRow]()
        for some, few in zip_longest(chunks(wanted), chunks(keys), fillvalue=()):
            lists = {"providers": {name for name, _ in some}, "ids": [id_ext for _, id_ext in some]}
            query = _KNOWN_BY_EITHER if few else _KNOWN_BY_ID
            found += await self._session.look(query, **lists, **({"keys": few} if few else {}))
        by_id = [row for row in found if (row.provider, row.whatsapp_message_id) in wanted]
        by_key = [row for row in found if row.message_key is not None]
        return KnownMessages(
            ids={(r.provider, r.whatsapp_message_id) for r in by_id if not r.awaited},
            keys={row.message_key for row in by_key if not row.awaited},
            awaited=any(row.awaited for row in by_id + by_key),
        )

    async def by_opaque_ids(self, ids: Collection[str]) -> dict[str, Message]:
        found = await self._in(messages.c.opaque_id, ids)
        return {message.opaque_id: message for message in found if message.opaque_id}

    async def newest_of(self, ticket_id: TicketId, limit: int) -> list[Message]:
        query = (
            select(messages)
            .where(messages.c.ticket_id == ticket_id)
            .order_by(*NEWEST_FIRST)
            .limit(limit)
        )
        rows = await self._session.rows(query)
        return [self._changes.remember(message_of(row)) for row in reversed(rows)]

    async def unconfirmed_of(self, customers: Collection[CustomerId]) -> list[Message]:
        return [
            message
            for chunk in chunks(sorted(set(customers)))
            for message in await self._read(
                messages.c.customer_id.in_(chunk),
                messages.c.status.in_(_UNCONFIRMED),
                messages.c.whatsapp_message_id.is_(None),
            )
        ]

    async def newest_heard(
        self, ticket_id: TicketId, *, provider: ProviderName | None = None
    ) -> Message | None:
        query = select(messages).where(
            messages.c.ticket_id == ticket_id, messages.c.direction == Direction.IN.value
        )
        if provider is not None:
            query = query.where(messages.c.provider == provider)
        rows = await self._session.rows(query.order_by(*NEWEST_FIRST).limit(1))
        return self._changes.remember(message_of(rows[0])) if rows else None

    async def find_by_idempotency_key(self, agent_id: AgentId, key: str) -> Message | None:
        found = await self._read(messages.c.agent_id == agent_id, messages.c.idempotency_key == key)
        return found[0] if found else None

    async def add_new(self, messages_: Sequence[Message]) -> None:
        if len(messages_) == 1:
            await self._add_one(messages_[0])
            return
        known_by = [m for m in messages_ if _has_whatsapp_id(m) or m.opaque_id]
        for chunk in chunks(known_by):
            rows = [message_row(message) for message in chunk]
            await self._give_ids(chunk, await self._session.insert_all(messages, rows, _STORED_AS))
        for message in messages_:
            if not (_has_whatsapp_id(message) or message.opaque_id):
                # Nothing to find it by afterwards; such lines are khalifa's own, and few.
                await self._add_one(message)
            self._changes.remember(message)

    async def _add_one(self, message: Message) -> None:
        message.id = MessageId(await self._session.insert(messages, message_row(message)))
        self._changes.remember(message)

    async def _give_ids(self, new: Sequence[Message], stored: Sequence[Row[Any]] | None) -> None:
        by_id = {(m.provider, m.whatsapp_message_id): m for m in new if _has_whatsapp_id(m)}
        by_opaque_id = {m.opaque_id: m for m in new if not _has_whatsapp_id(m)}
        if stored is None:
            keys = [(str(provider), str(id_ext)) for provider, id_ext in by_id]
            query = select(*_STORED_AS).where(
                or_(one_of(_WHATSAPP_ID, keys), messages.c.opaque_id.in_(by_opaque_id))
            )
            stored = await self._session.rows(query)
        for row in stored:
            message = by_id.get((row.provider, row.whatsapp_message_id))
            (message or by_opaque_id[row.opaque_id]).id = MessageId(row.id)

    async def save(self, messages_: Sequence[Message]) -> None:
        await self._session.update_all(messages, self._changes.of(messages_))

    async def remove(self, ids: Collection[MessageId]) -> None:
        for chunk in chunks(sorted(set(ids))):
            await self._session.run(delete(messages).where(messages.c.id.in_(chunk)))


def _has_whatsapp_id(message: Message) -> bool:
    return message.provider is not None and message.whatsapp_message_id is not None


class SqlUnmatchedStatuses(UnmatchedStatuses):
    def __init__(self, session: Session) -> None:
        self._session = session

    async def keep(self, statuses: Sequence[StatusUpdate], *, at: datetime) -> None:
        await self._session.insert_all(
            unmatched_statuses, [{**status_row(status), "kept_at": at} for status in statuses]
        )

    async def take(self, ids: Collection[tuple[ProviderName, str]]) -> list[StatusUpdate]:
        taken: list[StatusUpdate] = []
        for chunk in chunks(ids):
            query = (
                select(unmatched_statuses)
                .where(one_of(_UNMATCHED_ID, chunk))
                .order_by(unmatched_statuses.c.id)
            )
            rows = await self._session.rows(query)
            # Read without a lock, because nearly always there is nothing; the messages'
            # customers are locked, so nobody else takes the same.
            for few in chunks([row.id for row in rows]):
                await self._session.run(
                    delete(unmatched_statuses).where(unmatched_statuses.c.id.in_(few))
                )
            taken += [status_of(row) for row in rows]
        return taken

    async def matchable(self, limit: int) -> list[tuple[ProviderName, str]]:
        known = exists().where(
            messages.c.provider == unmatched_statuses.c.provider,
            messages.c.whatsapp_message_id == unmatched_statuses.c.whatsapp_message_id,
        )
        query = select(*_UNMATCHED_ID).where(known).distinct().limit(limit)
        return [
            (ProviderName(row.provider), row.whatsapp_message_id)
            for row in await self._session.rows(query)
        ]

    async def gaps(self, *, before: datetime) -> dict[ProviderName, int]:
        waiting = unmatched_statuses.c
        query = (
            select(
                waiting.provider,
                func.count(waiting.whatsapp_message_id.distinct()).label("unknown"),
            )
            .where(waiting.kept_at < before)
            .group_by(waiting.provider)
        )
        rows = await self._session.rows(query)
        return {ProviderName(row.provider): row.unknown for row in rows}

    async def forget(self, *, before: datetime) -> int:
        return await self._session.run(
            delete(unmatched_statuses).where(unmatched_statuses.c.kept_at < before)
        )
