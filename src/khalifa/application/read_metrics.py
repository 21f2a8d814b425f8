"""Use case: how things stand, in numbers, for whoever watches the system."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from khalifa.application.keep_pace import KeepPace
from khalifa.application.ports import metrics
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.jobs import JobQueue
from khalifa.application.ports.journal import Journal
from khalifa.application.ports.messaging import Providers
from khalifa.application.ports.metrics import Sample
from khalifa.application.ports.status_cache import StatusCache
from khalifa.application.ports.workload import WorkloadReader
from khalifa.application.switch_provider import ActiveProvider

# In seconds: who watches waits for ten, and wants the other figures all the same.
PATIENCE = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMetrics:
    """
    Look up every gauge, each part by itself.

    What cannot be read is left out, and `READABLE` says so: to whoever watches,
    a number that is missing tells more than an old one.
    """

    journal: Journal
    jobs: JobQueue
    workload: WorkloadReader
    providers: Providers
    status_cache: StatusCache
    active_provider: ActiveProvider
    keep_pace: KeepPace
    clock: Clock

    async def __call__(self) -> list[Sample]:
        """Return the samples. Never raises."""
        parts: dict[str, Callable[[], Awaitable[Sequence[Sample]]]] = {
            "journal": self._journal,
            "queue": self._queue,
            "workload": self._workload,
            "providers": self._providers,
            "pace": self._pace,
        }
        read = await asyncio.gather(*(self._part(name, look) for name, look in parts.items()))
        return [sample for samples in read for sample in samples]

    async def _part(
        self, name: str, look: Callable[[], Awaitable[Sequence[Sample]]]
    ) -> list[Sample]:
        try:
            async with asyncio.timeout(PATIENCE):
                samples = await look()
        except Exception:  # noqa: BLE001 - whatever is wrong with it, the others are shown
            return [Sample(metrics.READABLE, 0, (name,))]
        return [Sample(metrics.READABLE, 1, (name,)), *samples]

    async def _journal(self) -> Sequence[Sample]:
        depth = await self.journal.depth()
        return [
            Sample(metrics.JOURNAL_BODIES, depth.bodies),
            Sample(metrics.JOURNAL_BYTES, depth.size),
            Sample(metrics.JOURNAL_OLDEST, self._since(depth.oldest)),
        ]

    async def _queue(self) -> Sequence[Sample]:
        waiting = await self.jobs.waiting()
        return [Sample(metrics.QUEUED, count, (queue,)) for queue, count in waiting.items()]

    async def _workload(self) -> Sequence[Sample]:
        found = await self.workload.read()
        return [
            Sample(metrics.TICKETS, found.open, ("open",)),
            Sample(metrics.TICKETS, found.unassigned, ("unassigned",)),
            Sample(metrics.TICKETS, found.waiting, ("waiting",)),
            Sample(metrics.TICKETS, found.delayed, ("delayed",)),
            Sample(metrics.OLDEST_WAIT, self._since(found.waiting_since)),
            *(
                Sample(metrics.AGENTS, count, (presence,))
                for presence, count in found.agents.items()
            ),
            Sample(metrics.REPLIES, found.queued, ("queued",)),
            Sample(metrics.REPLIES, found.sending, ("sending",)),
            Sample(metrics.OLDEST_REPLY, self._since(found.queued_since)),
            Sample(metrics.FILES_WAITING, found.files_waiting),
        ]

    async def _providers(self) -> Sequence[Sample]:
        active = await self.active_provider()
        samples: list[Sample] = []
        for name in self.providers.names:
            samples.append(Sample(metrics.ACTIVE, name == active, (name,)))
            if seen := await self.status_cache.get(name):
                status, _ = seen
                samples.append(Sample(metrics.CONNECTED, status.connected, (name,)))
                samples.append(Sample(metrics.NEEDS_PERSON, status.needs_person, (name,)))
        return samples

    async def _pace(self) -> Sequence[Sample]:
        samples: list[Sample] = []
        for name, state in (await self.keep_pace.states()).items():
            samples.append(Sample(metrics.HELD, state.held_until is not None, (name,)))
            if state.tokens_left is not None:
                samples.append(Sample(metrics.TOKENS_LEFT, state.tokens_left, (name,)))
            if state.first_contacts_left is not None:
                left = state.first_contacts_left
                samples.append(Sample(metrics.FIRST_CONTACTS_LEFT, left, (name,)))
        return samples

    def _since(self, moment: datetime | None) -> float:
        """Return the seconds since then, none when there is no such moment."""
        if moment is None:
            return 0.0
        return max((self.clock.now() - moment).total_seconds(), 0.0)
