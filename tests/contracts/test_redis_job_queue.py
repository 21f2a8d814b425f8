"""Jobs in RQ: what the workers find there, and what a Redis that is away changes."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator

import msgspec
import pytest
import redis
from rq import Queue
from rq.job import Job, JobStatus

from khalifa.application.ports.journal import JournaledBody
from khalifa.infrastructure.batches import MOST_BYTES, MOST_ITEMS
from khalifa.infrastructure.redis import job_queue
from khalifa.infrastructure.redis.job_queue import (
    DELIVER,
    ENOUGH_WAITING,
    FILE_BODIES,
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

    async def jobs_of_bodies(self, count: int) -> list[list[JournaledBody]]:
        """Wait for *count* bodies, and return them by the jobs they came in."""
        came: list[list[JournaledBody]] = []

        def all_came() -> bool:
            came.extend(bodies_of(job) for job in self.take("incoming_messages"))
            return sum(len(bodies) for bodies in came) >= count

        await eventually(all_came)
        return came

    async def bodies(self) -> list[JournaledBody]:
        return [body for job in self.take("incoming_messages") for body in bodies_of(job)]

    async def nudges(self) -> int:
        jobs = self.take("outgoing_messages")
        assert {job.func_name for job in jobs} <= {DELIVER}
        return len(jobs)

    async def go_away(self) -> None:
        self._server.kill()

    async def come_back(self) -> None:
        self._server.start()


def bodies_of(job: Job) -> list[JournaledBody]:
    assert job.func_name == FILE_BODIES
    [payload] = job.args
    return msgspec.json.decode(payload, type=list[JournaledBody])


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
    jobs = await bench.jobs_of_bodies(len(small) + len(large) + 1)

    assert [body for job in jobs for body in job] == [*small, *large, huge]
    assert jobs[-1] == [huge]
    assert len(jobs) < 20
    for job in jobs[:-1]:
        assert len(job) <= MOST_ITEMS
        assert sum(len(body.body) for body in job) <= MOST_BYTES


async def test_a_job_is_json_and_is_described_without_its_bodies(bench: RqBench) -> None:
    bench.jobs.file([a_body('{"text":"أريد دواء"}'.encode())])

    [job] = await eventually(lambda: bench.take("incoming_messages"))

    function, _, [payload], _ = json.loads(job.data)
    assert (function, job.description) == (FILE_BODIES, FILE_BODIES)
    assert len(json.loads(payload)) == 1


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
    await eventually(lambda: waiting.count == 1)

    # As a worker does: taken off the list, and still at it.
    [begun] = bench.take("outgoing_messages")
    begun.set_status(JobStatus.STARTED)
    bench.jobs.deliver()

    await eventually(lambda: waiting.count == 1)
    assert waiting.job_ids != [begun.id]


async def test_with_the_workers_gone_redis_does_not_fill_up(
    bench: RqBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_queue, "MOST_WAITING", 5)
    waiting = bench.waiting("incoming_messages")
    while waiting.count < 5:
        bench.jobs.file([a_body()])
        await asyncio.sleep(0.01)

    bench.jobs.file([a_body(b"too much")])
    bench.jobs.deliver()
    await eventually(lambda: bench.redis.llen("rq:queue:outgoing_messages"))
    assert waiting.count == 5

    bench.take("incoming_messages")
    bench.jobs.file([a_body(b"again")])
    [[found]] = await bench.jobs_of_bodies(1)
    assert found.body == b"again"


async def test_while_the_workers_are_busy_bodies_wait_for_company(bench: RqBench) -> None:
    waiting = bench.waiting("incoming_messages")
    while waiting.count < ENOUGH_WAITING:
        bench.jobs.file([a_body(b"busy")])
        await asyncio.sleep(0.01)

    bodies = [a_body() for _ in range(40)]
    for body in bodies:
        bench.jobs.file([body])
        await asyncio.sleep(0.001)
    assert waiting.count == ENOUGH_WAITING
    # Nobody takes the jobs that wait, and yet it is not held for long.
    await eventually(lambda: waiting.count > ENOUGH_WAITING, within=2)

    assert [bodies_of(job) for job in bench.take("incoming_messages")][-1] == bodies


async def test_a_delivery_is_not_held_back_with_the_bodies(
    bench: RqBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_queue, "HELD_FOR", 60)
    waiting = bench.waiting("incoming_messages")
    while waiting.count < ENOUGH_WAITING:
        bench.jobs.file([a_body(b"busy")])
        await asyncio.sleep(0.01)

    bench.jobs.file([a_body()])
    bench.jobs.deliver()

    await eventually(bench.waiting("outgoing_messages").get_job_ids, within=5)
    assert waiting.count == ENOUGH_WAITING + 1


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

        await bench.jobs_of_bodies(1)
