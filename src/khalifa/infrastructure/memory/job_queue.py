"""A queue that only writes down what it was asked."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress

from khalifa.application.ports.jobs import JobQueue
from khalifa.application.ports.journal import JournaledBody


class MemoryJobQueue(JobQueue):
    """
    Keeps what was asked for in ``bodies``, ``deliver_asked`` and ``fetch_asked``.

    A test plays the worker.

    While ``away`` is true the asking is dropped.
    """

    def __init__(self) -> None:
        self.away = False
        self.bodies: list[JournaledBody] = []
        self._came = asyncio.Event()
        self.deliver_asked = False
        self.fetch_asked = False

    def file(self, bodies: Sequence[JournaledBody]) -> None:
        if not self.away:
            self.bodies.extend(bodies)
            self._came.set()

    def deliver(self) -> None:
        if not self.away:
            self.deliver_asked = True

    def fetch_media(self) -> None:
        if not self.away:
            self.fetch_asked = True

    async def next_bodies(self, wait: float = 0.0) -> list[JournaledBody]:
        if not self.bodies and wait > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._came.wait()
        return self.take_bodies()

    async def waiting(self) -> Mapping[str, int]:
        return {
            "incoming_messages": len(self.bodies),
            "outgoing_messages": int(self.deliver_asked),
            "media_downloads": int(self.fetch_asked),
        }

    def take_bodies(self) -> list[JournaledBody]:
        """Return the bodies to file and take them off the queue."""
        bodies, self.bodies = self.bodies, []
        self._came.clear()
        return bodies

    def take_deliver(self) -> bool:
        """Say whether delivery was asked for, and take the asking off the queue."""
        asked, self.deliver_asked = self.deliver_asked, False
        return asked

    def take_fetch(self) -> bool:
        """Say whether fetching was asked for, and take the asking off the queue."""
        asked, self.fetch_asked = self.fetch_asked, False
        return asked
