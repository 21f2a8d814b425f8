"""The ledger as auditors and operators read it."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from khalifa.application.ports.journal import BodyKey
from khalifa.application.ports.ledger import (
    JournalAccount,
    LedgerEntry,
    LedgerItem,
    LedgerReader,
    Outcome,
    Seal,
    SealedRow,
)
from khalifa.domain.contacts import ProviderName
from khalifa.infrastructure.database.engine import READ_ONLY
from khalifa.infrastructure.database.ledger import among, seal_of
from khalifa.infrastructure.database.refusals import answered_within
from khalifa.infrastructure.database.session import chunks
from khalifa.infrastructure.database.tables import (
    intake_bodies,
    intake_items,
    intake_ledger,
    ledger_seals,
    messages,
)
from khalifa.infrastructure.database.types import DatabaseTime

# An audit reads the whole of a table that has a row for each webhook there ever was.
READ_SECONDS = 600.0
ROWS_AT_ONCE = 5000

_ledger = intake_ledger
_KEY = (_ledger.c.journal, _ledger.c.number)
_COUNTS = tuple(_ledger.c[outcome.value] for outcome in Outcome)


class SqlLedgerReader(LedgerReader):
    """Raises `DatabaseUnavailable` when the database is away."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(**READ_ONLY)

    async def accounts(self, *, since: datetime | None) -> list[JournalAccount]:
        query = select(
            _ledger.c.journal,
            func.min(_ledger.c.number).label("first"),
            func.max(_ledger.c.number).label("last"),
            func.count().label("bodies"),
            func.sum(_ledger.c.found).label("found"),
            *(func.sum(count).label(count.name) for count in _COUNTS),
        ).group_by(_ledger.c.journal)
        if since is not None:
            # By number from there on: two bodies may have come in another order than their times.
            begins = (
                select(_ledger.c.journal, func.min(_ledger.c.number).label("first"))
                .where(_ledger.c.received_at >= since)
                .group_by(_ledger.c.journal)
                .subquery()
            )
            query = query.join(
                begins,
                and_(begins.c.journal == _ledger.c.journal, _ledger.c.number >= begins.c.first),
            )
        return [
            JournalAccount(
                journal=row.journal,
                first=row.first,
                last=row.last,
                bodies=row.bodies,
                found=int(row.found),
                stored=int(row.stored),
                duplicate=int(row.duplicate),
                ignored=int(row.ignored),
                rejected=int(row.rejected),
            )
            for row in await self._rows(query.order_by(_ledger.c.journal))
        ]

    async def filed_among(self, journal: str, numbers: Collection[int]) -> set[int]:
        filed: set[int] = set()
        for chunk in chunks(sorted(numbers)):
            query = select(_ledger.c.number).where(
                _ledger.c.journal == journal, _ledger.c.number.in_(chunk)
            )
            filed |= {row.number for row in await self._rows(query)}
        return filed

    async def gaps(self, journal: str, *, first: int, limit: int) -> list[tuple[int, int]]:
        numbers = (
            select(
                _ledger.c.number,
                # MariaDB's LAG knows no default.
                func.coalesce(
                    func.lag(_ledger.c.number).over(order_by=_ledger.c.number), first - 1
                ).label("before"),
            )
            .where(_ledger.c.journal == journal, _ledger.c.number >= first)
            .subquery()
        )
        query = (
            select(numbers.c.before, numbers.c.number)
            .where(numbers.c.number > numbers.c.before + 1)
            .order_by(numbers.c.number)
            .limit(limit)
        )
        return [(row.before + 1, row.number - 1) for row in await self._rows(query)]

    async def unbalanced(self, *, since: datetime | None, limit: int) -> list[BodyKey]:
        items = (
            select(func.count())
            .where(
                intake_items.c.journal == _ledger.c.journal,
                intake_items.c.number == _ledger.c.number,
            )
            .scalar_subquery()
        )
        noted = _ledger.c.duplicate + _ledger.c.ignored + _ledger.c.rejected
        query = select(*_KEY).where(
            or_(
                _ledger.c.found != _ledger.c.stored + noted,
                # Most bodies were simply stored, and have no items to count.
                and_(noted > 0, noted != items),
            )
        )
        if since is not None:
            query = query.where(_ledger.c.received_at >= since)
        return _keys(await self._rows(query.order_by(*_KEY).limit(limit)))

    async def entries(self, keys: Collection[BodyKey]) -> list[LedgerEntry]:
        entries: list[LedgerEntry] = []
        for chunk in chunks(sorted(set(keys))):
            items: dict[BodyKey, list[LedgerItem]] = {}
            query = select(intake_items).where(among(intake_items, chunk))
            for row in await self._rows(query.order_by(intake_items.c.id)):
                items.setdefault(BodyKey(row.journal, row.number), []).append(_item_of(row))
            with_body = (
                select(_ledger, intake_bodies.c.body)
                .outerjoin(
                    intake_bodies,
                    and_(
                        intake_bodies.c.journal == _ledger.c.journal,
                        intake_bodies.c.number == _ledger.c.number,
                    ),
                )
                .where(among(_ledger, chunk))
                .order_by(*_KEY)
            )
            for row in await self._rows(with_body):
                key = BodyKey(row.journal, row.number)
                entries.append(_entry_of(row, tuple(items.get(key, ()))))
        return entries

    async def keys(
        self, *, rejected_only: bool, since: datetime | None, after: BodyKey | None, limit: int
    ) -> list[BodyKey]:
        query = select(*_KEY).join(
            intake_bodies,
            and_(
                intake_bodies.c.journal == _ledger.c.journal,
                intake_bodies.c.number == _ledger.c.number,
            ),
        )
        if rejected_only:
            query = query.where(_ledger.c.rejected > 0)
        if since is not None:
            query = query.where(_ledger.c.received_at >= since)
        if after is not None:
            query = query.where(
                or_(
                    _ledger.c.journal > after.journal,
                    and_(_ledger.c.journal == after.journal, _ledger.c.number > after.number),
                )
            )
        return _keys(await self._rows(query.order_by(*_KEY).limit(limit)))

    async def messages_of(self, key: BodyKey) -> list[int]:
        query = (
            select(messages.c.id)
            .where(messages.c.journal == key.journal, messages.c.number == key.number)
            .order_by(messages.c.position)
        )
        return [row.id for row in await self._rows(query)]

    async def seals(self) -> list[Seal]:
        query = select(ledger_seals).order_by(ledger_seals.c.number)
        return [seal_of(row) for row in await self._rows(query)]

    async def sealed(self, *, after: datetime | None, until: datetime) -> AsyncIterator[SealedRow]:
        place = (_ledger.c.filed_at, *_KEY)
        reached: tuple[datetime, str, int] | None = None
        while True:
            query = select(*place, _ledger.c.provider, _ledger.c.received_at).where(
                _ledger.c.filed_at <= until
            )
            if reached is not None:
                at, journal, number = reached
                query = query.where(
                    _ledger.c.filed_at >= at,
                    or_(
                        _ledger.c.filed_at > at,
                        _ledger.c.journal > journal,
                        and_(_ledger.c.journal == journal, _ledger.c.number > number),
                    ),
                )
            elif after is not None:
                query = query.where(_ledger.c.filed_at > after)
            rows = await self._rows(query.order_by(*place).limit(ROWS_AT_ONCE))
            for row in rows:
                yield SealedRow(
                    key=BodyKey(row.journal, row.number),
                    provider=ProviderName(row.provider),
                    received_at=row.received_at,
                    filed_at=row.filed_at,
                )
            if len(rows) < ROWS_AT_ONCE:
                return
            reached = (rows[-1].filed_at, rows[-1].journal, rows[-1].number)

    async def now(self) -> datetime:
        [row] = await self._rows(select(DatabaseTime().label("now")))
        at: datetime = row.now
        return at

    async def _rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        async with answered_within(READ_SECONDS), self._engine.connect() as connection:
            rows: Sequence[Row[Any]] = (await connection.execute(query)).all()
            return rows


def _keys(rows: Sequence[Row[Any]]) -> list[BodyKey]:
    return [BodyKey(row.journal, row.number) for row in rows]


def _entry_of(row: Row[Any], items: tuple[LedgerItem, ...]) -> LedgerEntry:
    return LedgerEntry(
        key=BodyKey(row.journal, row.number),
        provider=ProviderName(row.provider),
        received_at=row.received_at,
        found=row.found,
        stored=row.stored,
        items=items,
        body=row.body or b"",
    )


def _item_of(row: Row[Any]) -> LedgerItem:
    return LedgerItem(
        position=row.position,
        outcome=Outcome(row.outcome),
        reason=row.reason,
        whatsapp_message_id=row.whatsapp_message_id,
    )
