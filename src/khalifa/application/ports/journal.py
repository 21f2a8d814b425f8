"""Port: raw bodies made durable before the answer."""

from abc import abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from khalifa.domain.contacts import ProviderName
from khalifa.domain.errors import KhalifaError


@dataclass(frozen=True, slots=True, order=True)
class BodyKey:
    """Which body: the journal's name and the body's number in it, from 1, without a gap."""

    journal: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JournaledBody:
    """One webhook body, as it came."""

    key: BodyKey
    provider: ProviderName
    received_at: datetime
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfiledBody:
    """A body not yet forgotten, without what is in it; ``size`` in bytes."""

    key: BodyKey
    received_at: datetime
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalDepth:
    """How much is not yet filed: bodies, bytes, and since when."""

    bodies: int
    size: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalCount:
    """What a journal itself says it was given: the last number, and those not yet forgotten."""

    journal: str
    last: int
    waiting: frozenset[int]


class JournalUnavailable(KhalifaError):
    """The body could not be made durable; the provider must send it again later."""


class JournalCounts(Protocol):
    """All journals on this machine, seen from outside."""

    @abstractmethod
    async def read(self) -> list[JournalCount]:
        """
        Return the count of each, all of one journal read at one moment.

        Raises:
            JournalUnavailable: one cannot be read.
        """


class Journal(Protocol):
    """
    A durable list of bodies not yet filed; one writer, numbers without a gap.

    Bodies survive the death of the process at any moment once `append` has
    returned; a body whose `append` did not return may or may not be there.
    """

    @abstractmethod
    async def append(
        self, provider: ProviderName, body: bytes, *, received_at: datetime
    ) -> JournaledBody:
        """
        Make *body* durable; return it with its key.

        Calls made while another is being written share one commit.

        Raises:
            JournalUnavailable: the disk is full, or cannot be written.
        """

    @abstractmethod
    async def unfiled(
        self, *, before: datetime, after: datetime | None = None, limit: int
    ) -> list[UnfiledBody]:
        """
        Return which bodies came before *before* and are not forgotten yet, oldest first.

        Those that came after *after*, if given, are among them: a process whose clock
        was wrong took them in, and nobody may wait until its time has come.

        Bodies of journals whose process died are among them, under their own
        journal's name, once this process has taken those journals over. Reads
        no body: cheap enough to be asked every second.
        """

    @abstractmethod
    async def read(self, keys: Collection[BodyKey]) -> list[JournaledBody]:
        """Return the bodies of *keys* that are still there."""

    @abstractmethod
    async def forget(self, keys: Collection[BodyKey]) -> None:
        """Delete bodies that the intake ledger holds now."""

    @abstractmethod
    async def depth(self) -> JournalDepth:
        """Return how much waits to be forgotten."""
