"""Use case: file webhook bodies: customers, tickets, agents and messages, each once."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from khalifa.application.business_rules import BusinessRules
from khalifa.application.events import EventWriter
from khalifa.application.fetch_media import FetchMedia
from khalifa.application.filing import Filing
from khalifa.application.heed_refusals import HeedRefusals
from khalifa.application.list_templates import ListTemplates
from khalifa.application.parcels import Parcel
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.jobs import JobQueue
from khalifa.application.ports.journal import JournaledBody
from khalifa.application.ports.ledger import LedgerEntry, Outcome
from khalifa.application.ports.messaging import Providers, UnreadableWebhook
from khalifa.application.ports.metrics import FILED, FILING, Metrics
from khalifa.application.ports.pairing_codes import LASTS, PairingCode, PairingCodes
from khalifa.application.ports.unit_of_work import (
    BadData,
    DatabaseUnavailable,
    Transact,
    UnitOfWork,
)
from khalifa.domain.customers import Customer
from khalifa.domain.media import MediaFile
from khalifa.domain.messages import Ignored

# What a body itself can make go wrong. All else is waited out and repeated:
# a body is never rejected because the database was away.
DATA_ERRORS = (BadData, ArithmeticError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveMessages:
    """
    File a list of bodies in one transaction, each exactly once.

    Filing the same body again changes nothing. When something in the bodies
    cannot be filed, the list is halved until the poison stands alone; that
    body is rejected with its reason and kept, the others are filed.
    """

    transact: Transact
    providers: Providers
    fetch_media: FetchMedia
    jobs: JobQueue
    events: EventWriter
    heed_refusals: HeedRefusals
    list_templates: ListTemplates
    pairing_codes: PairingCodes
    clock: Clock
    metrics: Metrics
    rules: BusinessRules

    async def __call__(self, bodies: Sequence[JournaledBody]) -> None:
        """
        Raises:
            DatabaseUnavailable: nothing was filed; the same list must come again.
        """
        await self._file([self._open(Parcel(body=body)) for body in bodies])

    async def again(self, entries: Sequence[LedgerEntry]) -> None:
        """
        File bodies that were filed before, as they are kept.

        What is stored stays as it is; their accounts may only get better.

        Raises:
            DatabaseUnavailable: nothing was changed.
        """
        await self._file([self._open(_parcel_of(entry)) for entry in entries])

    def _open(self, parcel: Parcel) -> Parcel:
        provider = self.providers.find(parcel.body.provider)
        if provider is None:
            return parcel.rejected("this provider is not configured")
        try:
            return replace(parcel, readings=tuple(provider.webhook.parse(parcel.body.body)))
        except UnreadableWebhook as unreadable:
            return parcel.rejected(str(unreadable))
        except Exception as bug:  # noqa: BLE001 - a parser's bug must not lose or block a body
            return parcel.rejected(f"the parser failed: {type(bug).__name__}")

    async def _file(self, parcels: Sequence[Parcel]) -> None:
        if not parcels:
            return
        try:
            await self._file_together(parcels)
        except DATA_ERRORS as error:
            if len(parcels) > 1:
                middle = len(parcels) // 2
                await self._file(parcels[:middle])
                await self._file(parcels[middle:])
            elif parcels[0].failure is None:
                reason = f"it cannot be stored: {type(error).__name__}"
                await self._file([parcels[0].rejected(reason)])
            else:
                raise

    async def _file_together(self, parcels: Sequence[Parcel]) -> None:
        files: list[tuple[MediaFile, bytes | memoryview | None]] = []
        attempts = 0

        async def work(uow: UnitOfWork) -> tuple[list[Customer], Filing]:
            nonlocal attempts
            attempts += 1
            # Housekeeping looks at them every second: no message waits for that.
            window = self.rules.known.reopen_window
            filing = Filing(uow, self.events, now=self.clock.now(), reopen_window=window)
            # Hardly ever has one been filed before, and then the ledger refuses it: they are
            # looked up only when something was in the way.
            fresh = parcels if attempts == 1 else await _unfiled(uow, parcels)
            strangers = await filing.file(fresh)
            files[:] = filing.files
            return strangers, filing

        strangers, filing = await self.transact(work)
        while strangers:
            # In a short transaction of their own, before any lock is held.
            await self._add_customers(strangers)
            strangers, filing = await self.transact(work)
        self._count(filing)
        for parcel in parcels:
            await self._heed(parcel)
        await self.heed_refusals(filing.refused)
        await self._take_in(files)

    async def _heed(self, parcel: Parcel) -> None:
        """See to what is nothing to be filed, and something to be known."""
        for one in parcel.readings:
            if not isinstance(one, Ignored):
                continue
            if one.templates_changed:
                self.list_templates.note_changed(parcel.body.provider)
            if one.pairing_code is not None:
                until = parcel.body.received_at + LASTS
                code = PairingCode(one.pairing_code, until)
                if until > self.clock.now():
                    await self.pairing_codes.show(parcel.body.provider, code)

    def _count(self, filing: Filing) -> None:
        """Count what was filed, now that it is committed."""
        now = self.clock.now()
        found: Counter[tuple[str, str]] = Counter()
        for account in filing.accounts:
            waited = (now - account.received_at).total_seconds()
            self.metrics.observe(FILING, account.provider, seconds=waited)
            found[account.provider, Outcome.STORED] += account.stored
            for item in account.items:
                found[account.provider, item.outcome] += 1
        for labels, times in found.items():
            self.metrics.count(FILED, *labels, times=times)

    async def _take_in(self, files: Sequence[tuple[MediaFile, bytes | memoryview | None]]) -> None:
        """
        See to the files of what was filed, which is safe by now.

        Those that came whole are taken in here, but for voice notes; all others are
        fetched. What goes wrong here loses nothing: they are fetched then, too.
        """
        if any(whole is None for _, whole in files):
            self.jobs.fetch_media()
        for file, whole in files:
            if whole is not None:
                with suppress(DatabaseUnavailable):
                    if await self.fetch_media.take_in(file, whole):
                        self.jobs.fetch_media()

    async def _add_customers(self, customers: Sequence[Customer]) -> None:
        async def work(uow: UnitOfWork) -> None:
            named = await uow.customers.named({i for c in customers for i in c.identities})
            new = [c for c in customers if not any(i in named for i in c.identities)]
            await uow.customers.add_new(new)
            # Who came without a number may have one that the provider knows.
            unnumbered = [i for c in new if c.phone is None for i in c.identities]
            if unnumbered:
                await uow.lookups.queue(unnumbered, at=self.clock.now())

        await self.transact(work)


async def _unfiled(uow: UnitOfWork, parcels: Sequence[Parcel]) -> list[Parcel]:
    """Return the parcels that are not in the ledger yet, each once, and all that come again."""
    filed = await uow.ledger.filed([parcel.body.key for parcel in parcels])
    return list({p.body.key: p for p in parcels if p.earlier or p.body.key not in filed}.values())


def _parcel_of(entry: LedgerEntry) -> Parcel:
    body = JournaledBody(
        key=entry.key, provider=entry.provider, received_at=entry.received_at, body=entry.body
    )
    return Parcel(body=body, earlier=entry)
