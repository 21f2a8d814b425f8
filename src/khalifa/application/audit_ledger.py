"""Use case: prove that every accepted body is accounted for, or say which is not."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from khalifa.application.ports.journal import JournalCount, JournalCounts
from khalifa.application.ports.ledger import JournalAccount, LedgerReader, Seal
from khalifa.application.seal_ledger import digest_of

# Of each kind of difference so many are named.
NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalFinding:
    """
    One journal against the ledger.

    ``last`` is the journal's own word, None when it is not on this machine:
    then only what lies between its entries could be looked at. ``missing`` are
    numbers given out, forgotten by the journal, and not in the ledger.
    """

    journal: str
    last: int | None
    filed: int
    waiting: int
    missing: int
    gaps: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True, kw_only=True)
class Audit:
    """What an audit found. It is good when ``differences`` is empty; each is a sentence."""

    journals: list[JournalFinding] = field(default_factory=list)
    accounts: list[JournalAccount] = field(default_factory=list)
    seal: Seal | None = None
    seals: int = 0
    differences: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not self.differences


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLedger:
    """
    Compare journals, ledger and seals. Changes nothing, and may run at any time.

    Journals are read before the ledger: a journal forgets a body only when its
    entry is there, so what it had forgotten then must be in the ledger now. They
    are read once more afterwards, for the ledger may not know a number that
    its journal never gave.
    """

    journals: JournalCounts
    reader: LedgerReader

    async def __call__(self, *, since: datetime | None = None) -> Audit:
        """
        Raises:
            JournalUnavailable: a journal cannot be read.
            DatabaseUnavailable: the ledger cannot.
        """
        audit = Audit()
        before = await self.journals.read()
        audit.accounts = await self.reader.accounts(since=since)
        known = {account.journal: account for account in audit.accounts}
        for count in before:
            finding = await self._compare(count, known.get(count.journal), since=since)
            audit.journals.append(finding)
        here = {count.journal for count in before}
        for account in audit.accounts:
            if account.journal not in here:
                audit.journals.append(await self._look_between(account))
        audit.differences += _of_journals(audit.journals)
        audit.differences += _beyond(known, await self.journals.read())
        audit.differences += [
            f"Body {key.journal}:{key.number} does not add up."
            for key in await self.reader.unbalanced(since=since, limit=NAMED)
        ]
        await self._check_seals(audit, since)
        return audit

    async def _compare(
        self, count: JournalCount, account: JournalAccount | None, *, since: datetime | None
    ) -> JournalFinding:
        if account is None and since is not None:
            # Nothing was filed of it since then, so nothing can be said of where to begin.
            return JournalFinding(
                journal=count.journal,
                last=count.last,
                filed=0,
                waiting=len(count.waiting),
                missing=0,
            )
        first = account.first if account and since is not None else 1
        filed = account.bodies if account else 0
        beyond = max(account.last - count.last, 0) if account else 0
        waiting = {number for number in count.waiting if number >= first}
        waiting -= await self.reader.filed_among(count.journal, waiting)
        missing = (count.last - first + 1) - (filed - beyond) - len(waiting)
        gaps: tuple[tuple[int, int], ...] = ()
        if missing > 0:
            found = await self.reader.gaps(count.journal, first=first, limit=NAMED)
            last = account.last if account else first - 1
            gaps = (*found, *([(last + 1, count.last)] if last < count.last else []))
        return JournalFinding(
            journal=count.journal,
            last=count.last,
            filed=filed,
            waiting=len(waiting),
            missing=max(missing, 0),
            gaps=gaps,
        )

    async def _look_between(self, account: JournalAccount) -> JournalFinding:
        missing = account.last - account.first + 1 - account.bodies
        gaps = await self.reader.gaps(account.journal, first=account.first, limit=NAMED)
        return JournalFinding(
            journal=account.journal,
            last=None,
            filed=account.bodies,
            waiting=0,
            missing=missing,
            gaps=tuple(gaps),
        )

    async def _check_seals(self, audit: Audit, since: datetime | None) -> None:
        previous: Seal | None = None
        for seal in await self.reader.seals():
            audit.seal, audit.seals = seal, audit.seals + 1
            if previous is not None and seal.number != previous.number + 1:
                audit.differences.append(f"Seal {previous.number + 1} is gone.")
            if since is None or seal.until >= since:
                bodies, digest = await digest_of(self.reader, previous, until=seal.until)
                if (bodies, digest) != (seal.bodies, seal.digest):
                    audit.differences.append(
                        f"Seal {seal.number} ({seal.until:%Y-%m-%d %H:%M} UTC) is broken: "
                        f"it was set over {seal.bodies} bodies, and there are {bodies}."
                    )
            previous = seal


def _of_journals(findings: Iterable[JournalFinding]) -> list[str]:
    return [
        f"Of journal {finding.journal}, {finding.missing} bodies are neither filed nor waiting"
        f"{_named(finding.gaps)}."
        for finding in findings
        if finding.missing
    ]


def _named(gaps: tuple[tuple[int, int], ...]) -> str:
    runs = ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in gaps[:NAMED])
    return f": among {runs}" if runs else ""


def _beyond(known: dict[str, JournalAccount], counts: Iterable[JournalCount]) -> list[str]:
    return [
        f"The ledger knows journal {count.journal} up to {known[count.journal].last}, and the "
        f"journal itself ends at {count.last}: was its file put back from a backup?"
        for count in counts
        if count.journal in known and known[count.journal].last > count.last
    ]
