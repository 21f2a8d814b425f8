"""Jobs in RQ: what the workers find there, and what a Redis that is away changes."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator

import pytest
import redis
from rq import Queue
from rq.job import Job, JobStatus

from khalifa.application.ports.journal import JournaledBody
from khalifa.infrastructure.batches import MOST_BYTES, MOST_ITEMS
from khalifa.infrastructure.redis import job_queue
from khalifa.infrastructure.redis.job_queue import (
    BODIES,
    DELIVER,
    FETCH,
    FILE_BODIES,
    PIECES,
    RqJobQueue,
)
from tests.builders import a_body
from tests.contracts.job_queue import JobBench, JobQueueContract
from tests.servers import PrivateRedis, eventually


class RqBench(JobBench):
    """Takes jobs off as a worker would, without doing them."""

    def __init__(self, server: PrivateRedis) -> None:
        self.jobs: RqJobQueue = RqJobQueue(server.url)
        self.redis = redis.Redis.from_url(server.url)
        self._server = server

    def take(self, queue: str) -> list[Job]:
        jobs = []
        waiting = [self.waiting(queue)]
        while found := Queue.dequeue_any(waiting, None, self.redis, serializer="json"):
            jobs.append(found[0])
        return jobs

    def waiting(self, queue: str) -> Queue:
        return Queue(queue, connection=self.redis, serializer="json")

    async def groups(self, count: int) -> list[list[JournaledBody]]:
        """Take until *count* bodies came, and return them as they came together."""
        groups: list[list[JournaledBody]] = []

        async def all_came() -> bool:
            if group := await self.jobs.next_bodies():
                groups.append(group)
            return sum(map(len, groups)) >= count

        await eventually(all_came)
        return groups

    async def nudges(self) -> int:
        jobs = self.take("outgoing_messages")
        assert {job.func_name for job in jobs} <= {DELIVER}
        return len(jobs)

    async def fetches(self) -> int:
        jobs = self.take("media_downloads")
        assert {job.func_name for job in jobs} <= {FETCH}
        return len(jobs)

    async def go_away(self) -> None:
        self._server.kill()

    async def come_back(self) -> None:
        self._server.start()


@contextlib.asynccontextmanager
async def bench_on(server: PrivateRedis) -> AsyncIterator[RqBench]:
    bench = RqBench(server)
    try:
        yield bench
    finally:
        await bench.jobs.close()
        bench.redis.close()


@pytest.fixture
async def bench(redis_server: PrivateRedis) -> AsyncIterator[RqBench]:
    redis_server.flushall()
    async with bench_on(redis_server) as bench:
        yield bench


@pytest.fixture
def own_server() -> Iterator[PrivateRedis]:
    with PrivateRedis() as server:
        yield server


class TestRqJobQueue(JobQueueContract):
    @pytest.fixture
    async def bench(self, own_server: PrivateRedis) -> AsyncIterator[JobBench]:
        async with bench_on(own_server) as bench:
            yield bench


async def test_what_waits_travels_together_up_to_the_limits(bench: RqBench) -> None:
    small = [a_body(b"x" * 100) for _ in range(2 * MOST_ITEMS + 10)]
    large = [a_body(b"x" * (MOST_BYTES // 2)) for _ in range(5)]
    huge = a_body(b"x" * (MOST_BYTES + 1))

    bench.jobs.file([*small, *large, huge])
    await eventually(lambda: bench.redis.llen(BODIES) == len(small) + len(large) + 1)
    groups = await bench.groups(len(small) + len(large) + 1)

    assert [body for group in groups for body in group] == [*small, *large, huge]
    assert groups[-1] == [huge]
    # The large ones are a little more than half of the limit when they are written.
    assert len(groups) == 3 + len(large)
    for group in groups[:-1]:
        assert len(group) <= MOST_ITEMS
        assert sum(len(body.body) for body in group) <= MOST_BYTES


async def test_a_large_body_waits_in_pieces_and_is_taken_whole_or_not_at_all(
    bench: RqBench,
) -> None:
    large = [a_body(bytes([n]) * (2 * MOST_BYTES + n)) for n in range(3)]
    bench.jobs.file(large)
    await eventually(lambda: bench.redis.llen(BODIES) == len(large))
    assert (await bench.jobs.waiting())["incoming_messages"] == len(large)

    assert await bench.jobs.next_bodies() == large[:1]
    # As if Redis had lost a piece, and the rest were of others.
    bench.redis.lpop(PIECES)
    assert await bench.jobs.next_bodies() == []
    assert await bench.jobs.next_bodies() == []

    bench.jobs.file(large)
    assert [body for group in await bench.groups(3) for body in group] == large
    assert bench.redis.exists(PIECES) == 0


async def test_a_job_only_says_that_something_waits(bench: RqBench) -> None:
    bench.jobs.file([a_body('{"text":"أريد دواء"}'.encode())])

    [job] = await eventually(lambda: bench.take("incoming_messages"))

    assert json.loads(job.data) == [FILE_BODIES, None, [], {}]
    assert job.description == FILE_BODIES


async def test_bodies_that_wait_are_one_job_and_what_is_left_is_another(bench: RqBench) -> None:
    waiting = bench.waiting("incoming_messages")
    for _ in range(20):
        bench.jobs.file([a_body() for _ in range(MOST_ITEMS // 10)])
        await asyncio.sleep(0.001)
    await eventually(lambda: bench.redis.llen(BODIES) == 2 * MOST_ITEMS)
    assert waiting.count == 1

    bench.take("incoming_messages")
    assert len(await bench.jobs.next_bodies()) == MOST_ITEMS
    assert waiting.count == 1

    bench.take("incoming_messages")
    assert len(await bench.jobs.next_bodies()) == MOST_ITEMS
    assert waiting.count == 0


async def test_bodies_that_come_while_a_job_is_done_are_another(bench: RqBench) -> None:
    bench.jobs.file([a_body()])
    await eventually(lambda: bench.take("incoming_messages"))

    bench.jobs.file([a_body()])

    await eventually(lambda: bench.take("incoming_messages"))


async def test_rq_neither_keeps_a_job_for_long_nor_repeats_it(bench: RqBench) -> None:
    bench.jobs.file([a_body()])

    [job] = await eventually(lambda: bench.take("incoming_messages"))

    assert (job.timeout, job.result_ttl, job.failure_ttl) == (30, 10, 60)
    assert not job.should_retry


async def test_a_nudge_joins_a_delivery_that_waits_and_follows_one_that_was_begun(
    bench: RqBench,
) -> None:
    waiting = bench.waiting("outgoing_messages")
    for _ in range(20):
        bench.jobs.deliver()
        await asyncio.sleep(0.001)
    # Once this is there, whatever was asked before has been.
    bench.jobs.file([a_body()])
    await eventually(lambda: bench.redis.llen(BODIES))
    assert waiting.count == 1

    # As a worker does: taken off the list, and still at it.
    [begun] = bench.take("outgoing_messages")
    begun.set_status(JobStatus.STARTED)
    bench.jobs.deliver()

    await eventually(lambda: waiting.count == 1)
    assert waiting.job_ids != [begun.id]


async def test_with_the_workers_gone_redis_does_not_fill_up(
    bench: RqBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_queue, "MOST_MEMORY", 50_000)
    for _ in range(100):
        bench.jobs.file([a_body(b"x" * 1000)])
        await asyncio.sleep(0.001)
    bench.jobs.deliver()
    await eventually(lambda: bench.redis.llen("rq:queue:outgoing_messages"))
    assert (bench.redis.memory_usage(BODIES) or 0) < 60_000

    while await bench.jobs.next_bodies():
        pass
    bench.jobs.file([a_body(b"again")])
    [[found]] = await bench.groups(1)
    assert found.body == b"again"


async def test_what_was_asked_last_is_written_before_the_end(redis_server: PrivateRedis) -> None:
    redis_server.flushall()
    async with bench_on(redis_server) as bench:
        bodies = [a_body() for _ in range(100)]
        bench.jobs.file(bodies)
        await bench.jobs.close()

        assert await bench.bodies() == bodies


async def test_a_queue_that_hangs_holds_nobody_up(own_server: PrivateRedis) -> None:
    async with bench_on(own_server) as bench:
        own_server.freeze()
        try:
            for _ in range(100):
                bench.jobs.file([a_body()])
                bench.jobs.deliver()
        finally:
            own_server.thaw()

        await bench.groups(1)
