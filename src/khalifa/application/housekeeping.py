"""The sweeps that make lost jobs, lost events and dead processes harmless."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from khalifa.application.change_messages import MatchChanges
from khalifa.application.in_batches import in_batches
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.jobs import JobQueue
from khalifa.application.ports.journal import BodyKey, Journal, UnfiledBody
from khalifa.application.ports.messaging import Provider, Providers
from khalifa.application.ports.pairing_codes import PairingCodes
from khalifa.application.ports.unit_of_work import DatabaseUnavailable, Transact, UnitOfWork
from khalifa.application.record_statuses import MatchStatuses, WhatsAppId
from khalifa.application.switch_provider import ActiveProvider
from khalifa.domain.changes import MessageChange

KEEP_UNMATCHED = timedelta(days=7)
SOME = 500
# In seconds. A sweep that hangs begins anew.
SWEEP_TIMEOUT = 20.0
# After a sweep that took longer than it should.
SHORTEST_REST = 0.1
# By then a job has long had its chance.
UNFILED_AFTER = timedelta(seconds=15)
# A journal row is looked at again only after this, so that a busy intake
# is not asked about what is being filed just now.
SETTLED_AFTER = timedelta(seconds=1)
AT_ONCE = 5000
# So many wait in the queue at a time that were asked for from here. After an outage all would be
# asked for again every fifteen seconds, while the workers are still at the first of them.
ASKED_AT_ONCE = 2000
# Bytes of bodies held in memory to be queued again; the rest comes with the next sweep.
READ_AT_ONCE = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Something to be done again and again, ``every`` so often."""

    run: Callable[[], Awaitable[object]]
    every: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Housekeeping:
    """
    Run each sweep again and again. Two housekeepers at once do no harm.

    The sweep is the truth, the events are the speed: whatever a job, an event
    or a process lost is found here. Each sweep goes at its own pace: one that
    waits for a provider that hangs keeps no other waiting.
    """

    sweeps: Mapping[str, Sweep]
    report: Callable[[str, Exception], None]

    async def run(self) -> None:
        """Sweep until cancelled. What fails is reported, and comes again."""
        await asyncio.gather(*(self._repeat(name) for name in self.sweeps))

    async def _repeat(self, name: str) -> None:
        every = self.sweeps[name].every.total_seconds()
        while True:
            begun = time.monotonic()
            await self._once(name)
            await asyncio.sleep(max(begun + every - time.monotonic(), SHORTEST_REST))

    async def _once(self, name: str) -> None:
        try:
            async with asyncio.timeout(SWEEP_TIMEOUT):
                await self.sweeps[name].run()
        except Exception as error:  # noqa: BLE001 - it is tried again
            self.report(name, error)


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepDeliveries:
    """Ask again for replies that are due: their job was lost, or their pause is over."""

    transact: Transact
    jobs: JobQueue

    async def __call__(self) -> None:
        async def due(uow: UnitOfWork) -> bool:
            return await uow.deliveries.due()

        if await self.transact.read(due):
            self.jobs.deliver()


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepStatuses:
    """Match statuses that were left over, and forget those whose message never came."""

    transact: Transact
    match_statuses: MatchStatuses
    clock: Clock

    async def __call__(self) -> None:
        async def left_over(uow: UnitOfWork) -> list[WhatsAppId]:
            await uow.statuses.forget(before=self.clock.now() - KEEP_UNMATCHED)
            return await uow.statuses.matchable(SOME)

        await self.match_statuses(await self.transact(left_over))


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepChanges:
    """Put changes on their messages that came meanwhile, and forget those whose never did."""

    transact: Transact
    match_changes: MatchChanges
    clock: Clock

    async def __call__(self) -> None:
        async def left_over(uow: UnitOfWork) -> list[MessageChange]:
            await uow.changes.forget_waiting(before=self.clock.now() - KEEP_UNMATCHED)
            return await uow.changes.matchable(SOME)

        await self.match_changes(await self.transact(left_over))


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepBodies:
    """Forget webhook bodies that were kept long enough. What became of them is kept for ever."""

    transact: Transact
    clock: Clock
    keep: timedelta

    async def __call__(self) -> None:
        async def forget(uow: UnitOfWork) -> int:
            return await uow.ledger.forget_bodies(before=self.clock.now() - self.keep, limit=SOME)

        await in_batches(lambda: self.transact(forget), at_once=SOME)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepSessions:
    """Keep up the sessions of providers that have one, but of those that are retired."""

    providers: Providers
    active_provider: ActiveProvider
    pairing_codes: PairingCodes

    async def __call__(self) -> None:
        # Who is retired is looked at anew, if that can be: sessions are kept without a database.
        with suppress(DatabaseUnavailable):
            await self.active_provider()
        kept = [name for name in self.providers.names if name not in self.active_provider.retired]
        await asyncio.gather(*(self._keep(self.providers.get(name)) for name in kept))

    async def _keep(self, provider: Provider) -> None:
        if provider.session is None:
            return
        by_code = provider.pairing_by_code is not None
        phone = await self.pairing_codes.wanted(provider.name) if by_code else None
        await provider.session.keep(code_for=phone)


@dataclass(kw_only=True)
class SweepJournal:
    """
    Forget what the ledger holds, and queue again what it does not.

    A journal's row goes only when its ledger row is seen. What has none
    fifteen seconds after it came is asked for again: its job was lost, with
    Redis or with a worker. After an outage they are asked for as they are
    filed, not all at once.
    """

    journal: Journal
    jobs: JobQueue
    transact: Transact
    clock: Clock
    _asked: dict[BodyKey, datetime] = field(default_factory=dict)

    async def __call__(self) -> None:
        while await self._sweep_some() == AT_ONCE:
            pass

    async def _sweep_some(self) -> int:
        """Return how many bodies were forgotten."""
        now = self.clock.now()
        bodies = await self.journal.unfiled(
            before=now - SETTLED_AFTER, after=now + SETTLED_AFTER, limit=AT_ONCE
        )

        async def filed_ones(uow: UnitOfWork) -> set[BodyKey]:
            return await uow.ledger.filed([body.key for body in bodies])

        filed = await self.transact.read(filed_ones) if bodies else set()
        if filed:
            await self.journal.forget(filed)
        overdue = [
            body
            for body in bodies
            if body.key not in filed
            and not now - UNFILED_AFTER < self._asked.get(body.key, body.received_at) <= now
        ]
        still = {body.key for body in bodies} - filed
        self._asked = {key: at for key, at in self._asked.items() if key in still}
        room = ASKED_AT_ONCE - (len(self._asked) - sum(body.key in self._asked for body in overdue))
        # Who was never asked for comes first: what fails again and again must not be all there is.
        overdue.sort(key=lambda body: body.key in self._asked)
        await self._ask_again(overdue[: max(room, 0)], now)
        return len(filed)

    async def _ask_again(self, overdue: Sequence[UnfiledBody], now: datetime) -> None:
        size, keys = 0, list[BodyKey]()
        for body in overdue:
            size += body.size
            if keys and size > READ_AT_ONCE:
                break
            keys.append(body.key)
        if keys:
            self.jobs.file(await self.journal.read(keys))
            self._asked.update(dict.fromkeys(keys, now))
