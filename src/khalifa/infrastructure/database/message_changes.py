"""Reactions, edits and deletions, and those that wait for their message."""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, exists, or_, select, update

from khalifa.application.ports.message_changes import MessageChanges
from khalifa.domain.changes import MessageChange
from khalifa.domain.contacts import Identity, IdentityKind, ProviderName
from khalifa.domain.messages import MessageId, MessageKind
from khalifa.infrastructure.database.mapping import Values
from khalifa.infrastructure.database.session import Session, chunks, one_of
from khalifa.infrastructure.database.tables import message_changes, messages

_OWN_ID = (message_changes.c.provider, message_changes.c.whatsapp_message_id)
_TARGET = (message_changes.c.provider, message_changes.c.target)
_WAITS = message_changes.c.message_id.is_(None)


class SqlMessageChanges(MessageChanges):
    def __init__(self, session: Session) -> None:
        self._session = session

    async def known(
        self, ids: Collection[tuple[ProviderName, str]]
    ) -> set[tuple[ProviderName, str]]:
        return {
            (ProviderName(row.provider), row.whatsapp_message_id)
            for chunk in chunks(ids)
            for row in await self._session.rows(select(*_OWN_ID).where(one_of(_OWN_ID, chunk)))
        }

    async def add(self, changes: Sequence[MessageChange]) -> None:
        for chunk in chunks(changes):
            await self._session.insert_all(message_changes, [_row(change) for change in chunk])

    async def of_messages(self, ids: Collection[MessageId]) -> list[MessageChange]:
        return [
            change
            for chunk in chunks(sorted(set(ids)))
            for change in await self._read(message_changes.c.message_id.in_(chunk))
        ]

    async def waiting_for(
        self, ids: Collection[tuple[ProviderName, str]], keys: Collection[str]
    ) -> list[MessageChange]:
        by_id = [one_of(_TARGET, chunk) for chunk in chunks(ids)]
        by_key = [message_changes.c.target_key.in_(chunk) for chunk in chunks(sorted(set(keys)))]
        return await self._read(_WAITS, or_(*by_id, *by_key)) if by_id or by_key else []

    async def found(self, changes: Sequence[MessageChange]) -> None:
        rows = [{"id": change.id, "message_id": change.message_id} for change in changes]
        await self._session.update_all(message_changes, rows)

    async def remove(self, changes: Sequence[MessageChange]) -> None:
        for chunk in chunks([change.id for change in changes]):
            await self._session.run(delete(message_changes).where(message_changes.c.id.in_(chunk)))

    async def wait_again(self, ids: Collection[MessageId]) -> None:
        for chunk in chunks(sorted(set(ids))):
            await self._session.run(
                update(message_changes)
                .where(message_changes.c.message_id.in_(chunk))
                .values(message_id=None)
            )

    async def matchable(self, limit: int) -> list[MessageChange]:
        by_id = exists().where(
            messages.c.provider == message_changes.c.provider,
            messages.c.whatsapp_message_id == message_changes.c.target,
        )
        by_key = exists().where(messages.c.message_key == message_changes.c.target_key)
        return await self._read(_WAITS, or_(by_id, by_key), limit=limit)

    async def forget_waiting(self, *, before: datetime) -> int:
        return await self._session.run(
            delete(message_changes).where(_WAITS, message_changes.c.received_at < before)
        )

    async def _read(
        self, *conditions: ColumnElement[bool], limit: int | None = None
    ) -> list[MessageChange]:
        query = select(message_changes).where(*conditions).order_by(message_changes.c.id)
        return [_change_of(row) for row in await self._session.rows(query.limit(limit))]


def _row(change: MessageChange) -> Values:
    return {
        "provider": change.provider,
        "whatsapp_message_id": change.whatsapp_message_id,
        "kind": change.kind.value,
        "target": change.target,
        "target_key": change.target_key,
        "identities": _identities_text(change.identities),
        "from_us": change.from_us,
        "text": change.text,
        "at": change.at,
        "received_at": change.received_at,
        "number": change.number,
        "position": change.position,
        "message_id": change.message_id,
    }


def _change_of(row: Row[Any]) -> MessageChange:
    return MessageChange(
        id=row.id,
        provider=ProviderName(row.provider),
        whatsapp_message_id=row.whatsapp_message_id,
        kind=MessageKind(row.kind),
        target=row.target,
        target_key=row.target_key,
        identities=tuple(
            Identity(ProviderName(provider), IdentityKind(kind), id_ext)
            for provider, kind, id_ext in json.loads(row.identities)
        ),
        from_us=row.from_us,
        text=row.text,
        at=row.at,
        received_at=row.received_at,
        number=row.number,
        position=row.position,
        message_id=row.message_id,
    )


def _identities_text(identities: Iterable[Identity]) -> str:
    named = [[one.provider, one.kind.value, one.id_ext] for one in identities]
    return json.dumps(named, ensure_ascii=False, separators=(",", ":"))
