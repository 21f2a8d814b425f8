"""How far each provider's chats are on file."""

from datetime import datetime, timedelta

from sqlalchemy import Row, or_, select, update

from khalifa.application.ports.recoveries import Recoveries
from khalifa.domain.contacts import ProviderName
from khalifa.domain.recovery import Recovery
from khalifa.infrastructure.database.session import Session, Values
from khalifa.infrastructure.database.tables import recoveries
from khalifa.infrastructure.database.types import DatabaseTime


class SqlRecoveries(Recoveries):
    """One row a provider, claimed in one statement, by the database's clock."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def claim(
        self, provider: ProviderName, *, now: datetime, lease: timedelta
    ) -> Recovery | None:
        mine = recoveries.c.provider == provider
        if not await self._session.rows(select(recoveries.c.provider).where(mine)):
            # Two at once: the second is told of a concurrent change, and begins again.
            first = Recovery(provider=provider, covered_until=now)
            await self._session.insert(recoveries, _row(first))
        free = or_(recoveries.c.claimed_until.is_(None), recoveries.c.claimed_until <= _NOW)
        claimed = await self._session.run(
            update(recoveries).where(mine, free).values(claimed_until=DatabaseTime(lease))
        )
        if not claimed:
            return None
        (row,) = await self._session.rows(select(recoveries).where(mine))
        return _recovery(row)

    async def save(self, recovery: Recovery) -> None:
        await self._session.run(
            update(recoveries)
            .where(recoveries.c.provider == recovery.provider)
            .values(**_row(recovery), claimed_until=None)
        )

    async def all(self) -> list[Recovery]:
        rows = await self._session.rows(select(recoveries).order_by(recoveries.c.provider))
        return [_recovery(row) for row in rows]


_NOW = DatabaseTime()


def _row(recovery: Recovery) -> Values:
    return {
        "provider": recovery.provider,
        "covered_until": recovery.covered_until,
        "checked_at": recovery.checked_at,
        "complete": recovery.complete,
        "found": recovery.found,
        "found_at": recovery.found_at,
    }


def _recovery(row: Row[tuple[object, ...]]) -> Recovery:
    return Recovery(
        provider=ProviderName(row.provider),
        covered_until=row.covered_until,
        checked_at=row.checked_at,
        complete=row.complete,
        found=row.found,
        found_at=row.found_at,
    )
