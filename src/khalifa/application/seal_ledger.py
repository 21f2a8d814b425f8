"""Use case: seal the ledger once a day, so that what was accounted for stays so."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from khalifa.application.ports.ledger import LedgerReader, Seal, SealedRow
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork

EVERY = timedelta(days=1)
# An entry is stamped when it is written and seen when its transaction is committed: by then all
# that were stamped before are there.
SETTLED = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealLedger:
    """
    Set a seal over the entries of a day, an hour after it.

    Two processes at once set one seal: the other's is refused by its number.
    """

    transact: Transact
    reader: LedgerReader
    report: Callable[[Seal], None]

    async def __call__(self) -> Seal | None:
        """Return the seal that was set, None when it is not yet time."""

        async def newest(uow: UnitOfWork) -> Seal | None:
            return await uow.seals.newest()

        previous = await self.transact.read(newest)
        until = await self.reader.now() - SETTLED
        if previous is not None and until - previous.until < EVERY:
            return None
        bodies, digest = await digest_of(self.reader, previous, until=until)
        if previous is None and not bodies:
            return None
        number = previous.number + 1 if previous else 1
        seal = Seal(number=number, until=until, bodies=bodies, digest=digest)

        async def add(uow: UnitOfWork) -> bool:
            last = await uow.seals.newest()
            if last is not None and last.number >= number:
                return False
            await uow.seals.add(seal)
            return True

        if not await self.transact(add):
            return None
        self.report(seal)
        return seal


async def digest_of(
    reader: LedgerReader, previous: Seal | None, *, until: datetime
) -> tuple[int, str]:
    """Return how many entries lie between *previous* and *until*, and the digest over them."""
    digest = hashlib.sha256((previous.digest if previous else "").encode())
    bodies = 0
    async for row in reader.sealed(after=previous.until if previous else None, until=until):
        digest.update(_line(row))
        bodies += 1
    return bodies, digest.hexdigest()


def _line(row: SealedRow) -> bytes:
    parts = (
        row.key.journal,
        str(row.key.number),
        row.provider,
        row.received_at.isoformat(timespec="microseconds"),
        row.filed_at.isoformat(timespec="microseconds"),
    )
    return "\x1f".join(parts).encode() + b"\n"
