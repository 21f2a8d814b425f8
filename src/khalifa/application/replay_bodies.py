"""Use case: file kept bodies once more, and show what became of one."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from khalifa.application.ports.clock import Clock
from khalifa.application.ports.journal import BodyKey
from khalifa.application.ports.ledger import LedgerEntry, LedgerReader
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.receive_messages import ReceiveMessages
from khalifa.domain.audit import Act, AuditEntry
from khalifa.domain.errors import NotFound

AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """How many bodies were filed again, and how many things are stored now that were not before."""

    bodies: int
    stored: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One body, what became of it, and the messages that came of it."""

    entry: LedgerEntry
    messages: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayBodies:
    """
    Parse and file bodies that are kept, again.

    What is stored already stays as it is, and what was rejected may be taken
    now: a parser was mended, a provider configured. An account never gets
    worse by it; a replay of everything changes nothing.
    """

    reader: LedgerReader
    receive_messages: ReceiveMessages
    transact: Transact
    clock: Clock

    async def __call__(self, keys: Sequence[BodyKey]) -> Replayed:
        """
        Raises:
            NotFound: one of the bodies is not known, or not kept any more.
        """
        entries = await self.reader.entries(keys)
        kept = {entry.key for entry in entries if entry.body}
        if lacking := [key for key in keys if key not in kept]:
            names = ", ".join(f"{key.journal}:{key.number}" for key in lacking[:5])
            raise NotFound(f"Not kept, or never taken in: {names}.")
        stored = sum(entry.stored for entry in entries)
        await self._record(entries)
        await self.receive_messages.again(entries)
        after = await self.reader.entries(keys)
        return Replayed(bodies=len(entries), stored=sum(entry.stored for entry in after) - stored)

    async def _record(self, entries: Sequence[LedgerEntry]) -> None:
        async def work(uow: UnitOfWork) -> None:
            entry = AuditEntry(
                at=self.clock.now(),
                by=None,
                act=Act.BODIES_REPLAYED,
                subject=f"journal {entries[0].key.journal}",
                details={"bodies": len(entries), "first": entries[0].key.number},
            )
            await uow.audit.add(entry)

        # A replay is many transactions: what was not recorded is not begun.
        if entries:
            await self.transact(work)

    async def pages(
        self, *, rejected_only: bool, since: datetime | None = None
    ) -> AsyncIterator[list[BodyKey]]:
        """Yield the keys of all kept bodies that are meant, a hundred at a time."""
        after: BodyKey | None = None
        while keys := await self.reader.keys(
            rejected_only=rejected_only, since=since, after=after, limit=AT_ONCE
        ):
            yield keys
            after = keys[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAccount:
    """Show what became of one body."""

    reader: LedgerReader

    async def __call__(self, key: BodyKey) -> Account:
        """
        Raises:
            NotFound: the ledger has no such body.
        """
        for entry in await self.reader.entries([key]):
            return Account(entry=entry, messages=await self.reader.messages_of(key))
        raise NotFound(f"The ledger has no body {key.journal}:{key.number}.")
