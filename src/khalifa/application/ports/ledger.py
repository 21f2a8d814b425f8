"""Port: what became of each body. Its rows are written with what they speak of."""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
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
