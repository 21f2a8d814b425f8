"""What is written once and read back by key: ledger, events, switches, recoveries."""

from collections.abc import Collection, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta

from khalifa.application.ports.clock import Clock
from khalifa.application.ports.journal import BodyKey
from khalifa.application.ports.ledger import IntakeLedger, LedgerEntry, Seal, Seals
from khalifa.application.ports.notifications import Event
from khalifa.application.ports.recoveries import Recoveries
from khalifa.application.ports.unit_of_work import ConcurrentChange, Events, ProviderSwitches
from khalifa.domain.contacts import ProviderName
from khalifa.domain.recovery import Recovery
from khalifa.domain.routing import ProviderSwitch
from khalifa.infrastructure.memory.store import (
    MAX_ID_EXT,
    StoredEvent,
    StoredRecovery,
    Tables,
    require_storable,
)


class MemoryIntakeLedger(IntakeLedger):
    def __init__(self, tables: Tables, clock: Clock) -> None:
        self._tables = tables
        self._clock = clock

    async def filed(self, keys: Collection[BodyKey]) -> set[BodyKey]:
        return {key for key in keys if key in self._tables.ledger}

    async def add(self, entries: Sequence[LedgerEntry]) -> None:
        for entry in entries:
            require_storable([item.reason for item in entry.items])
            ids = [item.whatsapp_message_id for item in entry.items]
            require_storable(ids, at_most=MAX_ID_EXT)
            if entry.key in self._tables.ledger:
                reason = "one of the bodies has been filed already"
                raise ConcurrentChange(reason)
            self._tables.ledger[entry.key] = entry
            self._tables.filed_at[entry.key] = self._clock.now()

    async def replace(self, entries: Sequence[LedgerEntry]) -> None:
        for entry in entries:
            body = self._tables.ledger[entry.key].body
            self._tables.ledger[entry.key] = replace(entry, body=body)

    async def forget_bodies(self, *, before: datetime, limit: int) -> int:
        old = [
            entry
            for entry in self._tables.ledger.values()
            if entry.received_at < before and entry.body
        ][:limit]
        for entry in old:
            self._tables.ledger[entry.key] = replace(entry, body=b"")
        return len(old)


class MemorySeals(Seals):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def newest(self) -> Seal | None:
        return self._tables.seals[-1] if self._tables.seals else None

    async def add(self, seal: Seal) -> None:
        if any(seal.number == other.number for other in self._tables.seals):
            reason = "there is a seal of this number"
            raise ConcurrentChange(reason)
        self._tables.seals.append(seal)


class MemoryEvents(Events):
    """Remembers what it was given in ``added``, for the announcement after the commit."""

    def __init__(self, tables: Tables, clock: Clock) -> None:
        self._tables = tables
        self._clock = clock
        self.added: list[Event] = []

    async def add(self, events: Sequence[Event]) -> None:
        now = self._clock.now()
        self._tables.events.update({event.id: StoredEvent(event=event, at=now) for event in events})
        self.added.extend(events)

    async def unpublished(
        self, *, before: datetime, after: datetime | None = None, limit: int
    ) -> list[Event]:
        rows = self._tables.events.values()
        wanted = [
            row.event for row in rows if row.at < before or (after is not None and row.at > after)
        ]
        return wanted[:limit]

    async def forget(self, ids: Collection[str]) -> None:
        for event_id in ids:
            self._tables.events.pop(event_id, None)


class MemoryProviderSwitches(ProviderSwitches):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def newest(self) -> ProviderSwitch | None:
        return self._tables.switches[-1] if self._tables.switches else None

    async def lock(self) -> list[ProviderSwitch]:
        return self._tables.switches[::-1]

    async def all(self) -> list[ProviderSwitch]:
        return self._tables.switches[::-1]

    async def add(self, switch: ProviderSwitch) -> None:
        self._tables.switches.append(switch)
        self._tables.retired.pop(switch.provider, None)

    async def retired(self) -> dict[ProviderName, datetime]:
        return self._tables.retired.copy()

    async def retire(self, provider: ProviderName, *, at: datetime, by: str | None) -> None:
        self._tables.retired.setdefault(provider, at)

    async def take_back(self, provider: ProviderName) -> bool:
        return self._tables.retired.pop(provider, None) is not None


class MemoryRecoveries(Recoveries):
    def __init__(self, tables: Tables, clock: Clock) -> None:
        self._tables = tables
        self._clock = clock

    async def claim(
        self, provider: ProviderName, *, now: datetime, lease: timedelta
    ) -> Recovery | None:
        stored = self._tables.recoveries.get(provider)
        if stored is None:
            stored = StoredRecovery(Recovery(provider=provider, covered_until=now))
        if stored.claimed_until is not None and stored.claimed_until > self._clock.now():
            return None
        until = self._clock.now() + lease
        self._tables.recoveries[provider] = StoredRecovery(stored.recovery, until)
        return copy(stored.recovery)

    async def save(self, recovery: Recovery) -> None:
        self._tables.recoveries[recovery.provider] = StoredRecovery(copy(recovery))

    async def all(self) -> list[Recovery]:
        return [copy(self._tables.recoveries[name].recovery) for name in self._tables.recoveries]
