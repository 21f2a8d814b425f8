"""Identities that providers are still to be asked about."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update

from khalifa.application.ports.identities import IdentityLookups, Lookup
from khalifa.domain.contacts import Identity, ProviderName
from khalifa.infrastructure.database.mapping import identity_of
from khalifa.infrastructure.database.session import Session, chunks, one_of
from khalifa.infrastructure.database.tables import identity_lookups as lookups

_NAME = (lookups.c.provider, lookups.c.kind, lookups.c.id_ext)


class SqlIdentityLookups(IdentityLookups):
    def __init__(self, session: Session) -> None:
        self._session = session

    async def queue(self, identities: Collection[Identity], *, at: datetime) -> None:
        for chunk in chunks(sorted(set(identities))):
            rows = await self._session.rows(select(*_NAME).where(one_of(_NAME, _keys(chunk))))
            known = {identity_of(row) for row in rows}
            await self._session.insert_all(
                lookups,
                [
                    {
                        "provider": identity.provider,
                        "kind": identity.kind.value,
                        "id_ext": identity.id_ext,
                        "attempts": 0,
                        "due_at": at,
                    }
                    for identity in chunk
                    if identity not in known
                ],
            )

    async def claim(
        self, *, now: datetime, until: datetime, limit: int, provider: ProviderName | None = None
    ) -> list[Lookup]:
        of_whom = [] if provider is None else [lookups.c.provider == provider]
        query = (
            select(lookups)
            .where(lookups.c.due_at <= now, *of_whom)
            .order_by(lookups.c.due_at, lookups.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = await self._session.rows(query)
        if rows:
            await self._session.run(
                update(lookups)
                .where(lookups.c.id.in_([row.id for row in rows]))
                .values(due_at=until)
            )
        return [Lookup(identity=identity_of(row), attempts=row.attempts) for row in rows]

    async def due(self, provider: ProviderName, *, now: datetime) -> int:
        query = select(func.count().label("due")).where(
            lookups.c.provider == provider, lookups.c.due_at <= now
        )
        [row] = await self._session.rows(query)
        return int(row.due)

    async def put_off(self, lookups_: Sequence[Lookup], *, until: datetime) -> None:
        keys = _keys([lookup.identity for lookup in lookups_])
        if keys:
            await self._session.run(
                update(lookups)
                .where(one_of(_NAME, keys))
                .values(due_at=until, attempts=lookups.c.attempts + 1)
            )

    async def forget(self, identities: Collection[Identity]) -> None:
        for chunk in chunks(sorted(set(identities))):
            await self._session.run(delete(lookups).where(one_of(_NAME, _keys(chunk))))


def _keys(identities: Collection[Identity]) -> list[tuple[str, ...]]:
    return [(identity.provider, identity.kind.value, identity.id_ext) for identity in identities]
