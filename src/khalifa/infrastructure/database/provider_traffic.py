"""How much each provider carried, counted by the database."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Executable, Row, func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from khalifa.application.ports.provider_traffic import ProviderTraffic, Traffic
from khalifa.domain.contacts import ProviderName
from khalifa.domain.messages import DeliveryStatus, Direction
from khalifa.infrastructure.database.engine import READ_ONLY
from khalifa.infrastructure.database.refusals import answered_within
from khalifa.infrastructure.database.tables import messages
from khalifa.infrastructure.database.types import Microseconds

READ_SECONDS = 30.0
REASONS = 10

_table = messages.c
_ARRIVED = (DeliveryStatus.DELIVERED.value, DeliveryStatus.READ.value)


class SqlProviderTraffic(ProviderTraffic):
    """Reads a time by the index on ``stored_at``, the whole by the one on ``provider``."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(**READ_ONLY)

    async def carried(self) -> dict[ProviderName, int]:
        counted = (
            select(_table.provider, func.count().label("messages"))
            .where(_table.provider.is_not(None))
            .group_by(_table.provider)
        )
        return {ProviderName(row.provider): row.messages for row in await self._rows(counted)}

    async def between(self, since: datetime, until: datetime) -> dict[ProviderName, Traffic]:
        then = (_table.stored_at >= since, _table.stored_at < until, _table.provider.is_not(None))
        is_ours = _table.direction == Direction.OUT.value
        counts = (
            select(
                _table.provider,
                _table.direction,
                _table.status,
                func.count().label("messages"),
                func.max(_table.sent_at).label("newest"),
            )
            .where(*then)
            .group_by(_table.provider, _table.direction, _table.status)
        )
        refused = (
            select(_table.provider, _table.error, func.count().label("messages"))
            .where(*then, is_ours, _table.status == DeliveryStatus.FAILED.value)
            .group_by(_table.provider, _table.error)
            .order_by(func.count().desc(), _table.error)
        )
        refusals: dict[str, dict[str, int]] = defaultdict(dict)
        for row in await self._rows(refused):
            if len(refusals[row.provider]) < REASONS:
                refusals[row.provider][row.error or ""] = row.messages
        delays = {row.provider: row.delay for row in await self._rows(_median_delays(then))}
        by_provider: dict[str, list[Row[Any]]] = defaultdict(list)
        for row in await self._rows(counts):
            by_provider[row.provider].append(row)
        return {
            ProviderName(name): _traffic(rows, refusals[name], delays.get(name))
            for name, rows in by_provider.items()
        }

    async def _rows(self, query: Executable) -> Sequence[Row[Any]]:
        async with answered_within(READ_SECONDS), self._engine.connect() as connection:
            return (await connection.execute(query)).all()


def _median_delays(then: Sequence[ColumnElement[bool]]) -> Executable:
    """Select the middle one of the delays of each provider."""
    delay = Microseconds(_table.sent_at, _table.received_at)
    ranked = (
        select(
            _table.provider,
            delay.label("delay"),
            func.row_number().over(partition_by=_table.provider, order_by=delay).label("place"),
            func.count().over(partition_by=_table.provider).label("of"),
        )
        .where(*then, _table.direction == Direction.IN.value)
        .subquery()
    )
    is_middle = or_(ranked.c.place * 2 == ranked.c.of, ranked.c.place * 2 == ranked.c.of + 1)
    return select(ranked.c.provider, ranked.c.delay).where(is_middle)


def _traffic(rows: Sequence[Row[Any]], refusals: dict[str, int], delay: int | None) -> Traffic:
    ours = [row for row in rows if row.direction == Direction.OUT.value]
    failed = sum(row.messages for row in ours if row.status == DeliveryStatus.FAILED.value)
    return Traffic(
        received=sum(row.messages for row in rows) - sum(row.messages for row in ours),
        sent=sum(row.messages for row in ours) - failed,
        failed=failed,
        refusals=refusals,
        # WhatsApp's times have whole seconds: one may lie a little ahead of ours.
        median_delay=None if delay is None else max(int(delay) / 1_000_000, 0.0),
        proven_at=max((row.newest for row in ours if row.status in _ARRIVED), default=None),
    )
