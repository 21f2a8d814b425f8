"""Events to the agents' screens, and the record of provider switches."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from sqlalchemy import delete, or_, select

from khalifa.application.ports.notifications import Event
from khalifa.application.ports.unit_of_work import ConcurrentChange, Events, ProviderSwitches
from khalifa.domain.contacts import ProviderName
from khalifa.domain.routing import ProviderSwitch
from khalifa.infrastructure.database.mapping import events_of, events_row, switch_of, switch_row
from khalifa.infrastructure.database.session import CHUNK, Session, chunks
from khalifa.infrastructure.database.tables import events, provider_switches, retired_providers

# Bytes of entities in a row.
_MOST_BYTES = 1024 * 1024


class SqlEvents(Events):
    def __init__(self, session: Session) -> None:
        self._session = session
        self.added: list[Event] = []

    async def add(self, events_: Sequence[Event]) -> None:
        # They live for a moment, and together: one row is a thirtieth of the work.
        rows = [events_row(together) for together in _shared_out(events_)]
        await self._session.insert_all(events, rows)
        self.added.extend(events_)

    async def unpublished(
        self, *, before: datetime, after: datetime | None = None, limit: int
    ) -> list[Event]:
        late = events.c.at < before
        either = late if after is None else or_(late, events.c.at > after)
        query = select(events).where(either).order_by(events.c.sequence).limit(limit)
        found: list[Event] = []
        for row in await self._session.rows(query):
            if len(found) >= limit:
                break
            found += events_of(row)
        return found

    async def forget(self, ids: Collection[str]) -> None:
        for chunk in chunks(sorted(set(ids))):
            await self._session.run(delete(events).where(events.c.id.in_(chunk)))


def _shared_out(events_: Sequence[Event]) -> Iterator[list[Event]]:
    together, size = list[Event](), 0
    for event in events_:
        if together and (len(together) == CHUNK or size + len(event.entity) > _MOST_BYTES):
            yield together
            together, size = [], 0
        together.append(event)
        size += len(event.entity)
    if together:
        yield together


class SqlProviderSwitches(ProviderSwitches):
    def __init__(self, session: Session) -> None:
        self._session = session

    async def newest(self) -> ProviderSwitch | None:
        query = select(provider_switches).order_by(provider_switches.c.id.desc()).limit(1)
        rows = await self._session.rows(query)
        return switch_of(rows[0]) if rows else None

    async def lock(self) -> list[ProviderSwitch]:
        by_age = select(provider_switches).order_by(provider_switches.c.id.desc())
        locked = await self._session.rows(by_age.limit(1).with_for_update())
        # Whoever waited for the lock waited for a row that is not the newest any more.
        rows = await self._session.rows(by_age)
        if [row.id for row in rows[:1]] != [row.id for row in locked]:
            raise ConcurrentChange("another switch was made meanwhile")
        return [switch_of(row) for row in rows]

    async def all(self) -> list[ProviderSwitch]:
        query = select(provider_switches).order_by(provider_switches.c.id.desc())
        return [switch_of(row) for row in await self._session.rows(query)]

    async def add(self, switch: ProviderSwitch) -> None:
        await self._session.insert(provider_switches, switch_row(switch))
        await self.take_back(switch.provider)

    async def retired(self) -> dict[ProviderName, datetime]:
        rows = await self._session.rows(select(retired_providers))
        return {ProviderName(row.provider): row.retired_at for row in rows}

    async def retire(self, provider: ProviderName, *, at: datetime, by: str | None) -> None:
        if provider not in await self.retired():
            row = {"provider": provider, "retired_at": at, "retired_by": by}
            await self._session.insert(retired_providers, row)

    async def take_back(self, provider: ProviderName) -> bool:
        one = retired_providers.c.provider == provider
        return bool(await self._session.run(delete(retired_providers).where(one)))
