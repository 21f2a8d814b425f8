"""What a job queue promises, and what it never does."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from time import monotonic

from khalifa.application.ports.jobs import JobQueue
from khalifa.application.ports.journal import BodyKey, JournaledBody
from tests.builders import NOW, OTHER_PROVIDER, a_body

PATIENCE = 10.0
# A webhook waits for this call: far more than it takes, far less than any network time-out.
AT_ONCE = 0.25


class JobBench(ABC):
    """A queue, the worker's side of it, and what is between them."""

    jobs: JobQueue

    async def bodies(self) -> list[JournaledBody]:
        """Return the bodies that came to the workers, in their order, and take them off."""
        return await self.jobs.next_bodies()

    @abstractmethod
    async def nudges(self) -> int:
        """Return how many deliveries came to the workers, and take them off."""

    @abstractmethod
    async def fetches(self) -> int:
        """Return how many askings to fetch files came to the workers, and take them off."""

    @abstractmethod
    async def go_away(self) -> None:
        """Make the queue unreachable."""

    @abstractmethod
    async def come_back(self) -> None: ...


async def _until(done: Callable[[], Awaitable[bool]]) -> None:
    deadline = monotonic() + PATIENCE
    while not await done():
        assert monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)


async def _came(bench: JobBench, count: int) -> list[JournaledBody]:
    """Wait until *count* bodies came to the workers."""
    came: list[JournaledBody] = []

    async def enough() -> bool:
        came.extend(await bench.bodies())
        return len(came) >= count

    await _until(enough)
    return came


async def _nudged(bench: JobBench) -> int:
    """Wait until delivery was asked for, and no more of it comes."""
    nudges = 0

    async def some() -> bool:
        nonlocal nudges
        nudges += await bench.nudges()
        return nudges > 0

    await _until(some)
    return nudges


class JobQueueContract:
    """Wants one fixture, ``bench``: a `JobBench` on an empty queue."""

    async def test_bodies_come_to_the_workers_as_they_are(self, bench: JobBench) -> None:
        bodies = [
            a_body(b"", key=BodyKey("j-1", 1)),
            a_body(bytes(range(256)), provider=OTHER_PROVIDER, received_at=NOW),
            a_body('{"نص":"💊"}'.encode(), key=BodyKey("j-2", 2**53)),
            a_body(bytes(range(256)) * 25_000, key=BodyKey("j-2", 1)),
            a_body(b"after a large one"),
        ]

        bench.jobs.file(bodies)

        assert await _came(bench, 5) == bodies

    async def test_every_body_comes_once_and_in_order_however_many_there_are(
        self, bench: JobBench
    ) -> None:
        bodies = [a_body(b"x" * 100) for _ in range(1200)]

        for start in range(0, 1200, 40):
            bench.jobs.file(bodies[start : start + 40])
            await asyncio.sleep(0)

        assert await _came(bench, 1200) == bodies

    async def test_nothing_waits_when_all_is_taken(self, bench: JobBench) -> None:
        bench.jobs.file([a_body()])
        await _came(bench, 1)

        assert await bench.jobs.next_bodies() == []

    async def test_whoever_waits_for_bodies_has_them_as_they_come(self, bench: JobBench) -> None:
        first, second = a_body(), a_body()
        waiting = asyncio.create_task(bench.jobs.next_bodies(wait=PATIENCE))
        await asyncio.sleep(0.05)

        begun = monotonic()
        bench.jobs.file([first, second])
        came = await waiting
        came += [] if len(came) == 2 else await _came(bench, 1)

        assert came == [first, second]
        assert monotonic() - begun < PATIENCE / 2

    async def test_whoever_waits_in_vain_waits_no_longer_than_they_said(
        self, bench: JobBench
    ) -> None:
        begun = monotonic()

        assert await bench.jobs.next_bodies(wait=0.2) == []

        assert 0.15 < monotonic() - begun < PATIENCE / 2

    async def test_what_waits_is_counted(self, bench: JobBench) -> None:
        bench.jobs.file([a_body(), a_body()])

        async def two_wait() -> bool:
            return (await bench.jobs.waiting())["incoming_messages"] == 2

        await _until(two_wait)
        await _came(bench, 2)

        assert set(await bench.jobs.waiting()) == {
            "incoming_messages",
            "outgoing_messages",
            "media_downloads",
        }
        assert (await bench.jobs.waiting())["incoming_messages"] == 0

    async def test_large_bodies_come_too(self, bench: JobBench) -> None:
        bodies = [a_body(b"x" * 3_000_000) for _ in range(3)]

        bench.jobs.file(bodies)

        assert await _came(bench, 3) == bodies

    async def test_nothing_to_file_asks_for_nothing(self, bench: JobBench) -> None:
        bench.jobs.file([])
        last = a_body()
        bench.jobs.file([last])

        assert await _came(bench, 1) == [last]

    async def test_delivery_asked_for_many_times_at_once_is_asked_for_once_or_little_more(
        self, bench: JobBench
    ) -> None:
        for _ in range(100):
            bench.jobs.deliver()

        assert 1 <= await _nudged(bench) <= 3

    async def test_delivery_asked_for_again_comes_again(self, bench: JobBench) -> None:
        for _ in range(3):
            bench.jobs.deliver()
            assert await _nudged(bench)

    async def test_fetching_is_asked_for_apart_from_delivery_and_as_sparingly(
        self, bench: JobBench
    ) -> None:
        for _ in range(100):
            bench.jobs.fetch_media()

        fetches = 0

        async def some() -> bool:
            nonlocal fetches
            fetches += await bench.fetches()
            return fetches > 0

        await _until(some)
        assert 1 <= fetches <= 3
        assert await bench.nudges() == 0

    async def test_a_queue_that_is_away_holds_nobody_up_and_raises_nothing(
        self, bench: JobBench
    ) -> None:
        await bench.go_away()

        begun = monotonic()
        bench.jobs.file([a_body()])
        bench.jobs.deliver()

        assert monotonic() - begun < AT_ONCE

    async def test_a_queue_that_comes_back_is_used_again(self, bench: JobBench) -> None:
        await bench.go_away()
        bench.jobs.file([a_body()])
        bench.jobs.deliver()
        await bench.come_back()

        async def filed_and_nudged() -> bool:
            # Asked while the connection heals, it may be dropped: so it is asked again.
            bench.jobs.file([a_body(b"again")])
            bench.jobs.deliver()
            await asyncio.sleep(0.05)
            filed = any(row.body == b"again" for row in await bench.bodies())
            return filed and bool(await bench.nudges())

        await _until(filed_and_nudged)
