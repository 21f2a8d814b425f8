"""Use case: publish committed events to the agents' screens, now and by sweep."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from khalifa.application.ports.clock import Clock
from khalifa.application.ports.notifications import Event, EventStream
from khalifa.application.ports.unit_of_work import DatabaseUnavailable, Transact, UnitOfWork

SWEEP_AFTER = timedelta(seconds=2)
SWEEP_LIMIT = 1000
# Long enough that a busy worker forgets many events in one statement,
# short enough that the sweep does not meet them first.
FORGET_PAUSE = 0.25


class AnnounceEvents:
    """
    Publish events that are committed, then forget their rows.

    Publishing comes at once; forgetting shares one statement among many and
    comes a moment later. Dying in between publishes twice, which does no harm.
    """

    def __init__(self, *, stream: EventStream, transact: Transact, clock: Clock) -> None:
        self._stream = stream
        self._transact = transact
        self._clock = clock
        self._published: list[str] = []
        self._forgetting: asyncio.Task[None] | None = None

    async def __call__(self, events: Sequence[Event]) -> None:
        if not events:
            return
        await self._stream.publish(events)
        self._published.extend(event.id for event in events)
        if self._forgetting is None or self._forgetting.done():
            self._forgetting = asyncio.create_task(self._forget_later())

    async def sweep(self) -> int:
        """Publish what a process left unpublished when it died; return how many."""

        async def left_behind(uow: UnitOfWork) -> list[Event]:
            now = self._clock.now()
            return await uow.events.unpublished(
                before=now - SWEEP_AFTER, after=now + SWEEP_AFTER, limit=SWEEP_LIMIT
            )

        events = await self._transact.read(left_behind)
        waiting = set(self._published)
        events = [event for event in events if event.id not in waiting]
        if events:
            await self._stream.publish(events)
            await self._forget([event.id for event in events])
        return len(events)

    async def close(self) -> None:
        """Forget what is published. The next process would otherwise publish it again."""
        if self._forgetting is not None:
            self._forgetting.cancel()
            await asyncio.gather(self._forgetting, return_exceptions=True)
        if self._published:
            await self._forget(self._take())

    async def _forget_later(self) -> None:
        # What cannot be forgotten now is swept later, and told twice.
        with suppress(DatabaseUnavailable):
            while self._published:
                await asyncio.sleep(FORGET_PAUSE)
                await self._forget(self._take())

    def _take(self) -> list[str]:
        ids, self._published = self._published, []
        return ids

    async def _forget(self, ids: list[str]) -> None:
        async def forget(uow: UnitOfWork) -> None:
            await uow.events.forget(ids)

        await self._transact(forget)
