"""The intake ledger: what became of each body."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, and_, delete, or_, select, update

from khalifa.application.ports.journal import BodyKey
from khalifa.application.ports.ledger import IntakeLedger, LedgerEntry, Outcome, Seal, Seals
from khalifa.infrastructure.database.mapping import Values
from khalifa.infrastructure.database.session import Session, chunks
from khalifa.infrastructure.database.tables import (
    intake_bodies,
    intake_items,
    intake_ledger,
    ledger_seals,
)


class SqlIntakeLedger(IntakeLedger):
    def __init__(self, session: Session) -> None:
        self._session = session

    async def filed(self, keys: Collection[BodyKey]) -> set[BodyKey]:
        found: set[BodyKey] = set()
        for chunk in chunks(sorted(set(keys))):
            query = select(intake_ledger.c.journal, intake_ledger.c.number).where(
                among(intake_ledger, chunk)
            )
            found |= {BodyKey(row.journal, row.number) for row in await self._session.rows(query)}
        return found

    async def add(self, entries: Sequence[LedgerEntry]) -> None:
        ordered = sorted(entries, key=lambda entry: entry.key)
        await self._session.insert_all(intake_ledger, [_entry_row(entry) for entry in ordered])
        await self._session.insert_all(
            intake_items, [row for entry in ordered for row in _item_rows(entry)]
        )
        await self._session.insert_all(intake_bodies, [_body_row(entry) for entry in ordered])

    async def replace(self, entries: Sequence[LedgerEntry]) -> None:
        ordered = sorted(entries, key=lambda entry: entry.key)
        for chunk in chunks([entry.key for entry in ordered]):
            await self._session.run(delete(intake_items).where(among(intake_items, chunk)))
        for entry in ordered:
            # Rare, and few: a body whose account has changed after all.
            counts: Values = {"found": entry.found, **_counts(entry)}
            await self._session.run(
                update(intake_ledger).where(among(intake_ledger, [entry.key])).values(counts)
            )
        await self._session.insert_all(
            intake_items, [row for entry in ordered for row in _item_rows(entry)]
        )

    async def forget_bodies(self, *, before: datetime, limit: int) -> int:
        old = (
            select(intake_bodies.c.journal, intake_bodies.c.number)
            .where(intake_bodies.c.received_at < before)
            .order_by(intake_bodies.c.received_at)
            .limit(limit)
        )
        keys = [BodyKey(row.journal, row.number) for row in await self._session.rows(old)]
        for chunk in chunks(keys):
            await self._session.run(delete(intake_bodies).where(among(intake_bodies, chunk)))
        return len(keys)


class SqlSeals(Seals):
    def __init__(self, session: Session) -> None:
        self._session = session

    async def newest(self) -> Seal | None:
        query = select(ledger_seals).order_by(ledger_seals.c.number.desc()).limit(1)
        for row in await self._session.rows(query):
            return seal_of(row)
        return None

    async def add(self, seal: Seal) -> None:
        await self._session.insert_all(
            ledger_seals,
            [
                {
                    "number": seal.number,
                    "sealed_until": seal.until,
                    "bodies": seal.bodies,
                    "digest": seal.digest,
                }
            ],
        )


def seal_of(row: Row[Any]) -> Seal:
    return Seal(number=row.number, until=row.sealed_until, bodies=row.bodies, digest=row.digest)


def among(table: Table, keys: Sequence[BodyKey]) -> ColumnElement[bool]:
    """Return the condition that a row of *table* is of one of *keys*; at least one."""
    numbers: dict[str, list[int]] = {}
    for key in keys:
        numbers.setdefault(key.journal, []).append(key.number)
    return or_(
        *(
            and_(table.c.journal == journal, table.c.number.in_(these))
            for journal, these in numbers.items()
        )
    )


def _key(entry: LedgerEntry) -> Values:
    return {"journal": entry.key.journal, "number": entry.key.number}


def _entry_row(entry: LedgerEntry) -> Values:
    return {
        **_key(entry),
        "provider": entry.provider,
        "received_at": entry.received_at,
        "found": entry.found,
        **_counts(entry),
    }


def _counts(entry: LedgerEntry) -> Values:
    return {outcome.value: entry.count(outcome) for outcome in Outcome}


def _item_rows(entry: LedgerEntry) -> list[Values]:
    return [
        {
            **_key(entry),
            "position": item.position,
            "outcome": item.outcome.value,
            "reason": item.reason,
            "whatsapp_message_id": item.whatsapp_message_id,
        }
        for item in entry.items
    ]


def _body_row(entry: LedgerEntry) -> Values:
    return {**_key(entry), "received_at": entry.received_at, "body": entry.body}
