"""Worker processes: what they do with jobs, with signals, and with a Redis that comes and goes."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec
import pytest
import redis
from rq import Queue
from rq.job import Job
from rq.registry import FailedJobRegistry, StartedJobRegistry

from khalifa.infrastructure.redis.job_queue import BODIES, RqJobQueue
from tests.builders import a_body
from tests.e2e.toy_worker import SECRET
from tests.servers import PrivateRedis, Process, eventually

ROOT = Path(__file__).parents[2]
INTAKE, DELIVERY = "intake", "delivery"


class Worker:
    """A toy worker process, and the queue it works on."""

    def __init__(self, server: PrivateRedis, role: str, log: Path, *patience: float) -> None:
        self.process = Process.python(
            "-m",
            "tests.e2e.toy_worker",
            role,
            server.url,
            *(str(seconds) for seconds in patience),
            cwd=ROOT,
            log=log,
        )
        self.jobs = RqJobQueue(server.url)
        self.redis = redis.Redis.from_url(server.url)
        self.queue = Queue("incoming_messages", connection=self.redis, serializer="json")

    def file(self, order: str) -> int:
        """Ask for one body to be filed; return its number."""
        body = a_body(order.encode())
        self.jobs.file([body])
        return body.key.number

    def said(self, event: str, **facts: object) -> list[dict[str, object]]:
        """Return the lines logged for *event* that hold *facts*."""
        # The last line may be cut.
        lines = [json.loads(line) for line in self.process.output().split("\n")[:-1]]
        return [line for line in lines if line["event"] == event and facts.items() <= line.items()]

    async def says(self, event: str, *, times: int = 1, **facts: object) -> list[dict[str, object]]:
        def lines() -> list[dict[str, object]]:
            found = self.said(event, **facts)
            return found if len(found) >= times else []

        try:
            return await eventually(lines, within=15, what=f"{event} {facts}")
        except TimeoutError:
            raise self.process.failure(f"did not say {event} {facts}") from None

    async def files(self, order: str = "file") -> None:
        await self.says("filed", number=self.file(order))


@asynccontextmanager
async def started(worker: Worker) -> AsyncIterator[Worker]:
    async with AsyncExitStack() as stack:
        stack.callback(worker.redis.close)
        stack.push_async_callback(worker.jobs.close)
        await stack.enter_async_context(worker.process)
        await worker.says("worker started")
        yield worker


@pytest.fixture
def server() -> Iterator[PrivateRedis]:
    with PrivateRedis() as server:
        yield server


@pytest.fixture
async def intake(server: PrivateRedis, tmp_path: Path) -> AsyncIterator[Worker]:
    async with started(Worker(server, INTAKE, tmp_path / "worker.log")) as worker:
        yield worker


@pytest.fixture
async def hasty(server: PrivateRedis, tmp_path: Path) -> AsyncIterator[Worker]:
    """Its use cases have half a second."""
    async with started(Worker(server, INTAKE, tmp_path / "worker.log", 0.5, 10)) as worker:
        yield worker


async def test_bodies_that_were_asked_for_are_filed_and_each_job_is_one_line(
    intake: Worker,
) -> None:
    bodies = [a_body(b"file") for _ in range(700)]
    intake.jobs.file(bodies)

    await intake.says("filed", times=700)
    assert [line["number"] for line in intake.said("filed")] == [b.key.number for b in bodies]
    await eventually(lambda: sum(int(str(j["bodies"])) for j in intake.said("job done")) == 700)
    for line in intake.said("job done"):
        assert line["queue"] == "incoming_messages"
        assert line["outcome"] == "done"
        assert isinstance(line["duration_ms"], float)


async def test_a_nudge_delivers_what_is_due(server: PrivateRedis, tmp_path: Path) -> None:
    async with started(Worker(server, DELIVERY, tmp_path / "worker.log")) as worker:
        worker.jobs.deliver()

        [line] = await worker.says("job done")
        assert (line["queue"], line["claims"], line["outcome"]) == ("outgoing_messages", 3, "done")


async def test_a_job_that_is_done_leaves_nothing_in_redis(intake: Worker) -> None:
    await intake.files()

    await eventually(lambda: not intake.redis.keys("rq:job:*"))
    assert not intake.redis.keys("rq:execution*")
    assert not intake.redis.keys("rq:queue:*")
    assert len(StartedJobRegistry(queue=intake.queue)) == 0


async def test_a_job_that_failed_is_one_line_without_the_customers_words(intake: Worker) -> None:
    intake.file("fail")

    [line] = await intake.says("job done", outcome="failed")
    assert (line["level"], line["error"]) == ("error", "LookupError")
    assert "toy_worker.py:" in str(line["trace"])
    await intake.files()
    assert SECRET not in intake.process.output()
    [kept] = FailedJobRegistry(queue=intake.queue, serializer="json").get_job_ids()
    result = Job.fetch(kept, intake.redis, serializer="json").latest_result()
    assert result is not None
    assert "JobFailed" in str(result.exc_string)
    assert SECRET not in str(result.exc_string)


async def test_a_use_case_that_takes_too_long_is_ended_and_the_next_job_goes_on(
    hasty: Worker,
) -> None:
    hasty.file("sleep 60")

    await hasty.says("given up")
    await hasty.says("job done", outcome="timed out")
    await hasty.files()


async def test_a_job_that_rqs_alarm_ends_ends_in_the_loop_too(intake: Worker) -> None:
    intake.redis.rpush(BODIES, msgspec.msgpack.encode(a_body(b"sleep 60")))
    intake.queue.enqueue_call("file_bodies", timeout=1, failure_ttl=60)

    await intake.says("given up")
    await intake.says("job done", outcome="timed out")
    await intake.files()


async def test_only_known_jobs_are_run(intake: Worker, tmp_path: Path) -> None:
    made = tmp_path / "made"
    intake.queue.enqueue_call("os.mkdir", args=(str(made),), description="x")
    intake.queue.enqueue_call("file_bodies", args=("an argument",), description="x")

    await intake.says("job failed in the queue", times=2)
    await intake.files()
    assert not made.exists()


async def test_a_body_that_cannot_be_read_is_one_failed_job(intake: Worker) -> None:
    intake.redis.rpush(BODIES, "not a body")
    intake.queue.enqueue_call("file_bodies", description="x")

    await intake.says("job done", outcome="failed")
    await intake.files()


async def test_an_idle_worker_ends_at_once_when_asked(intake: Worker) -> None:
    assert await intake.process.terminate(within=5) == 0
    assert intake.said("closed")
    assert intake.said("worker stopped")
    assert not intake.redis.smembers("rq:workers")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_job_in_hand_is_finished_before_the_end(
    intake: Worker, number: signal.Signals
) -> None:
    in_hand = intake.file("sleep 1")
    await intake.says("begun", number=in_hand)
    left = intake.file("file")
    await eventually(lambda: intake.queue.count == 1)

    intake.process.signal(number)
    intake.process.signal(number)

    assert await intake.process.wait(within=5) == 0
    assert intake.said("filed", number=in_hand)
    assert not intake.said("begun", number=left)
    assert intake.queue.count == 1


async def test_a_long_job_is_cancelled_at_the_end(server: PrivateRedis, tmp_path: Path) -> None:
    async with started(Worker(server, INTAKE, tmp_path / "worker.log", 25, 0.3)) as worker:
        await worker.says("begun", number=worker.file("sleep 60"))

        assert await worker.process.terminate(within=8) == 0

        assert worker.said("given up")
        assert worker.said("job done", outcome="cancelled")
        assert worker.said("closed")


async def test_what_can_wait_is_done_where_nothing_is_filed(
    server: PrivateRedis, intake: Worker, tmp_path: Path
) -> None:
    async with started(Worker(server, DELIVERY, tmp_path / "delivery.log")) as delivery:
        await delivery.says("patient")

    await intake.says("tick", times=2)
    assert not intake.said("patient")


async def test_housekeeping_goes_on_every_second_beside_a_long_job(intake: Worker) -> None:
    await intake.says("begun", number=intake.file("sleep 4"))
    before = len(intake.said("tick"))

    await intake.says("tick", times=before + 3)

    assert not intake.said("filed")


async def test_a_worker_outlives_its_redis(server: PrivateRedis, intake: Worker) -> None:
    await intake.files()
    for times in (1, 2):
        server.kill()
        await intake.says("queue away", times=times)
        ticks = len(intake.said("tick"))
        await intake.says("tick", times=ticks + 3)
        server.start()
        await intake.says("queue back", times=times)

        await eventually_filed(intake)

    assert len(intake.said("queue away")) == 2
    assert len(intake.said("queue back")) == 2
    assert "Traceback" not in intake.process.output()


async def test_a_job_that_fails_while_redis_is_gone_is_no_trace_in_the_log(
    server: PrivateRedis, hasty: Worker
) -> None:
    await hasty.says("begun", number=hasty.file("sleep 60"))
    server.kill()
    await hasty.says("job done", outcome="timed out")
    await hasty.says("queue away")
    server.start()
    await hasty.says("queue back")

    await eventually_filed(hasty)

    assert "Traceback" not in hasty.process.output()


async def test_a_worker_may_start_before_its_redis(server: PrivateRedis, tmp_path: Path) -> None:
    server.stop()
    async with started(Worker(server, INTAKE, tmp_path / "worker.log")) as worker:
        await worker.says("queue away")
        server.start()
        await worker.says("queue back")

        await eventually_filed(worker)


async def test_a_worker_without_redis_ends_when_asked(server: PrivateRedis, intake: Worker) -> None:
    server.kill()
    await intake.says("queue away")

    assert await intake.process.terminate(within=8) == 0


async def test_a_job_in_hand_when_redis_dies_is_done_and_the_worker_goes_on(
    server: PrivateRedis, intake: Worker
) -> None:
    in_hand = intake.file("sleep 1")
    await intake.says("begun", number=in_hand)
    server.kill()

    await intake.says("filed", number=in_hand)
    await intake.says("queue away")
    server.start()
    await eventually_filed(intake)


async def test_a_wiped_redis_is_worked_on_all_the_same(
    server: PrivateRedis, intake: Worker
) -> None:
    await intake.files()
    server.flushall()

    await intake.files()

    assert not intake.said("queue away")


async def test_after_kill_nine_another_worker_goes_on(
    server: PrivateRedis, intake: Worker, tmp_path: Path
) -> None:
    await intake.says("begun", number=intake.file("sleep 60"))
    left = intake.file("file")
    await eventually(lambda: intake.queue.count == 1)
    intake.process.kill()

    async with started(Worker(server, INTAKE, tmp_path / "second.log")) as second:
        await second.says("filed", number=left)


async def eventually_filed(worker: Worker) -> None:
    """File until one is filed: what is asked while the connection heals may be dropped."""

    async def filed() -> bool:
        number = worker.file("file")
        await asyncio.sleep(0.2)
        return bool(worker.said("filed", number=number))

    await eventually(filed, within=15)
