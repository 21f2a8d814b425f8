"""A journal that lasts as long as its process."""

from collections.abc import Collection
from datetime import datetime

from khalifa.application.ports.journal import (
    BodyKey,
    Journal,
    JournalCount,
    JournalCounts,
    JournalDepth,
    JournaledBody,
    JournalUnavailable,
    UnfiledBody,
)
from khalifa.domain.contacts import ProviderName


class MemoryJournal(Journal):
    """Refuses every body while ``away`` is true, as a full disk would."""

    def __init__(self, name: str = "memory") -> None:
        self.away = False
        self._name = name
        self._last = 0
        self._bodies: dict[BodyKey, JournaledBody] = {}

    async def append(
        self, provider: ProviderName, body: bytes, *, received_at: datetime
    ) -> JournaledBody:
        if self.away:
            reason = "the journal is away"
            raise JournalUnavailable(reason)
        self._last += 1
        key = BodyKey(self._name, self._last)
        row = JournaledBody(key=key, provider=provider, received_at=received_at, body=body)
        self._bodies[key] = row
        return row

    async def unfiled(
        self, *, before: datetime, after: datetime | None = None, limit: int
    ) -> list[UnfiledBody]:
        rows = [
            row
            for row in self._bodies.values()
            if row.received_at < before or (after is not None and row.received_at > after)
        ]
        oldest = sorted(rows, key=lambda row: (row.received_at, row.key))[:limit]
        return [
            UnfiledBody(key=row.key, received_at=row.received_at, size=len(row.body))
            for row in oldest
        ]

    async def read(self, keys: Collection[BodyKey]) -> list[JournaledBody]:
        return [self._bodies[key] for key in keys if key in self._bodies]

    def count(self) -> JournalCount:
        waiting = frozenset(key.number for key in self._bodies)
        return JournalCount(journal=self._name, last=self._last, waiting=waiting)

    async def forget(self, keys: Collection[BodyKey]) -> None:
        for key in keys:
            self._bodies.pop(key, None)

    async def depth(self) -> JournalDepth:
        rows = self._bodies.values()
        return JournalDepth(
            bodies=len(rows),
            size=sum(len(row.body) for row in rows),
            oldest=min((row.received_at for row in rows), default=None),
        )


class MemoryJournals(JournalCounts):
    def __init__(self, *journals: MemoryJournal) -> None:
        self._journals = journals

    async def read(self) -> list[JournalCount]:
        return [journal.count() for journal in self._journals]
