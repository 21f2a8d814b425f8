"""The ledger as auditors and operators read it, in dictionaries."""

from collections.abc import AsyncIterator, Collection, Iterable
from datetime import datetime

from khalifa.application.ports.clock import Clock
from khalifa.application.ports.journal import BodyKey
from khalifa.application.ports.ledger import (
    JournalAccount,
    LedgerEntry,
    LedgerReader,
    Outcome,
    Seal,
    SealedRow,
)
from khalifa.infrastructure.memory.store import MemoryStore


class MemoryLedgerReader(LedgerReader):
    def __init__(self, store: MemoryStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def accounts(self, *, since: datetime | None) -> list[JournalAccount]:
        accounts: list[JournalAccount] = []
        for journal in sorted({key.journal for key in self._store.tables.ledger}):
            entries = [entry for entry in self._entries() if entry.key.journal == journal]
            begins = [e.key.number for e in entries if since is None or e.received_at >= since]
            if begins:
                counted = [entry for entry in entries if entry.key.number >= min(begins)]
                accounts.append(_account(journal, counted))
        return accounts

    async def filed_among(self, journal: str, numbers: Collection[int]) -> set[int]:
        return {n for n in numbers if BodyKey(journal, n) in self._store.tables.ledger}

    async def gaps(self, journal: str, *, first: int, limit: int) -> list[tuple[int, int]]:
        numbers = sorted(
            entry.key.number
            for entry in self._entries()
            if entry.key.journal == journal and entry.key.number >= first
        )
        pairs = zip([first - 1, *numbers], numbers, strict=False)
        return [(before + 1, n - 1) for before, n in pairs if n > before + 1][:limit]

    async def unbalanced(self, *, since: datetime | None, limit: int) -> list[BodyKey]:
        return [
            entry.key
            for entry in self._entries()
            if (since is None or entry.received_at >= since)
            and entry.found != sum(entry.count(outcome) for outcome in Outcome)
        ][:limit]

    async def entries(self, keys: Collection[BodyKey]) -> list[LedgerEntry]:
        return [entry for entry in self._entries() if entry.key in set(keys)]

    async def keys(
        self, *, rejected_only: bool, since: datetime | None, after: BodyKey | None, limit: int
    ) -> list[BodyKey]:
        return [
            entry.key
            for entry in self._entries()
            if entry.body
            and (not rejected_only or entry.count(Outcome.REJECTED))
            and (since is None or entry.received_at >= since)
            and (after is None or entry.key > after)
        ][:limit]

    async def messages_of(self, key: BodyKey) -> list[int]:
        came = [
            message
            for message in self._store.tables.messages.values()
            if (message.journal, message.number) == (key.journal, key.number)
        ]
        return [message.id for message in sorted(came, key=lambda message: message.position)]

    async def seals(self) -> list[Seal]:
        return list(self._store.tables.seals)

    async def sealed(self, *, after: datetime | None, until: datetime) -> AsyncIterator[SealedRow]:
        tables = self._store.tables
        for key, at in sorted(tables.filed_at.items(), key=lambda row: (row[1], row[0])):
            if at <= until and (after is None or at > after):
                entry = tables.ledger[key]
                yield SealedRow(
                    key=key,
                    provider=entry.provider,
                    received_at=entry.received_at,
                    filed_at=at,
                )

    async def now(self) -> datetime:
        return self._clock.now()

    def _entries(self) -> list[LedgerEntry]:
        ledger = self._store.tables.ledger
        return [ledger[key] for key in sorted(ledger)]


def _account(journal: str, entries: Iterable[LedgerEntry]) -> JournalAccount:
    counted = list(entries)
    numbers = [entry.key.number for entry in counted]
    counts = {o.value: sum(entry.count(o) for entry in counted) for o in Outcome}
    return JournalAccount(
        journal=journal,
        first=min(numbers),
        last=max(numbers),
        bodies=len(counted),
        found=sum(entry.found for entry in counted),
        **counts,
    )
