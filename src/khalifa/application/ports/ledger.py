"""Port: what became of each body. Its rows are written with what they speak of."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from khalifa.application.ports.journal import BodyKey
from khalifa.domain.contacts import ProviderName


class Outcome(StrEnum):
    """What became of one thing found in a body."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerItem:
    """One thing found in a body that was not simply stored: where, what became of it, why."""

    position: int
    outcome: Outcome
    reason: str
    whatsapp_message_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """
    The account of one body: ``found = stored + duplicate + ignored + rejected``.

    A body that cannot be read at all is one thing found and rejected. ``body``
    is what is kept of it.
    """

    key: BodyKey
    provider: ProviderName
    received_at: datetime
    found: int
    stored: int
    items: tuple[LedgerItem, ...]
    body: bytes

    def count(self, outcome: Outcome) -> int:
        if outcome is Outcome.STORED:
            return self.stored
        return sum(item.outcome is outcome for item in self.items)

    def filed_again(self, now: "LedgerEntry") -> "LedgerEntry":
        """
        Return the account of this body after it was filed once more, which gave *now*.

        What was stored before is found known now, and counts as stored; what
        was rejected counts as what it is now; everything else stays as it was.
        An account never gets worse.
        """
        if self.found == self.count(Outcome.REJECTED) == 1:
            return now
        worse = now.count(Outcome.REJECTED) > self.count(Outcome.REJECTED)
        if worse or now.found < self.found:
            return self
        before = {item.position: item for item in self.items}
        items: list[LedgerItem] = []
        for item in now.items:
            was = before.get(item.position)
            if was is not None and was.outcome is not Outcome.REJECTED:
                items.append(was)
            elif was is not None or item.position >= self.found:
                items.append(item)
        return replace(self, found=now.found, stored=now.found - len(items), items=tuple(items))


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalAccount:
    """What the ledger holds of one journal: which numbers, and what was in those bodies."""

    journal: str
    first: int
    last: int
    bodies: int
    found: int
    stored: int
    duplicate: int
    ignored: int
    rejected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRow:
    """What of an entry never changes, also when its body is replayed or erased."""

    key: BodyKey
    provider: ProviderName
    received_at: datetime
    filed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """
    A digest over entries and over the seal before: who changes one changes all after it.

    It covers ``bodies`` entries filed after the seal before, until ``until``.
    """

    number: int
    until: datetime
    bodies: int
    digest: str


class IntakeLedger(Protocol):
    @abstractmethod
    async def filed(self, keys: Collection[BodyKey]) -> set[BodyKey]:
        """Return those of *keys* that have their entry."""

    @abstractmethod
    async def add(self, entries: Sequence[LedgerEntry]) -> None:
        """
        Write the entries of bodies filed now.

        Raises:
            ConcurrentChange: another worker has filed one of them meanwhile.
        """

    @abstractmethod
    async def replace(self, entries: Sequence[LedgerEntry]) -> None:
        """Write these accounts in place of earlier ones. The bodies stay as they are."""

    @abstractmethod
    async def forget_bodies(self, *, before: datetime, limit: int) -> int:
        """Delete up to *limit* kept bodies received before *before*; their entries stay."""


class Seals(Protocol):
    @abstractmethod
    async def newest(self) -> Seal | None: ...

    @abstractmethod
    async def add(self, seal: Seal) -> None:
        """
        Write a seal.

        Raises:
            ConcurrentChange: another process has written one of this number.
        """


class LedgerReader(Protocol):
    """The ledger as auditors and operators read it. Outside any unit of work."""

    @abstractmethod
    async def accounts(self, *, since: datetime | None) -> list[JournalAccount]:
        """
        Return what the ledger holds of each journal.

        With *since*, from the first body on that was received then or later.
        """

    @abstractmethod
    async def filed_among(self, journal: str, numbers: Collection[int]) -> set[int]:
        """Return those of *numbers* that have their entry."""

    @abstractmethod
    async def gaps(self, journal: str, *, first: int, limit: int) -> list[tuple[int, int]]:
        """Return the runs of numbers without an entry between *first* and the last entry."""

    @abstractmethod
    async def unbalanced(self, *, since: datetime | None, limit: int) -> list[BodyKey]:
        """Return bodies whose counts do not add up, or differ from the items written of them."""

    @abstractmethod
    async def entries(self, keys: Collection[BodyKey]) -> list[LedgerEntry]:
        """Return the entries of *keys* that are there; ``body`` is empty once it is forgotten."""

    @abstractmethod
    async def keys(
        self,
        *,
        rejected_only: bool,
        since: datetime | None,
        after: BodyKey | None,
        limit: int,
    ) -> list[BodyKey]:
        """Return the keys of bodies still kept, in their order, from the one behind *after* on."""

    @abstractmethod
    async def messages_of(self, key: BodyKey) -> list[int]:
        """Return the ids of the messages that came in this body."""

    @abstractmethod
    async def seals(self) -> list[Seal]:
        """Return every seal, the oldest first."""

    @abstractmethod
    def sealed(self, *, after: datetime | None, until: datetime) -> AsyncIterator[SealedRow]:
        """Yield what a seal covers, in order: entries filed after *after* and until *until*."""

    @abstractmethod
    async def now(self) -> datetime:
        """Return the time by the clock that stamps entries."""
