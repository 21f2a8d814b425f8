"""RQ used plainly: a job for each message, a transaction for each job, and RQ's own worker."""

import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue

import msgspec
import redis
from rq import Queue, SimpleWorker

from khalifa.application.ports.journal import JournaledBody
from khalifa.container import Container
from khalifa.entrypoints.worker.background import Background
from khalifa.entrypoints.worker.jobs import USE_CASE_TIMEOUT
from khalifa.entrypoints.worker.main import Role, household
from khalifa.infrastructure.memory.job_queue import MemoryJobQueue
from khalifa.infrastructure.redis.job_queue import INCOMING, JOB_TIMEOUT


class OneJobPerMessageQueue(MemoryJobQueue):
    """`Queue.enqueue_call` for every body, in a thread so that webhooks do not wait for it."""

    def __init__(self, redis_url: str) -> None:
        super().__init__()
        connection = redis.Redis.from_url(redis_url)
        self._queue = Queue(INCOMING, connection=connection, serializer="json")
        self._waiting = SimpleQueue[JournaledBody]()
        threading.Thread(target=self._write, name="job queue", daemon=True).start()

    def file(self, bodies: Sequence[JournaledBody]) -> None:
        for body in bodies:
            self._waiting.put(body)

    def _write(self) -> None:
        while True:
            payload = msgspec.json.encode([self._waiting.get()]).decode()
            self._queue.enqueue_call(
                file_one, args=(payload,), timeout=JOB_TIMEOUT, description=file_one.__name__
            )


_workers: list[Callable[[Sequence[JournaledBody]], None]] = []


def file_one(payload: str) -> None:
    """Do what a job is for. RQ's worker finds it by its name."""
    for file in _workers:
        file(msgspec.json.decode(payload, type=list[JournaledBody]))


def work(container: Container) -> None:
    """
    Work as `rq worker --worker-class rq.SimpleWorker` does.

    RQ's default worker, which forks for every job, is five times slower still.
    """
    settings = container.settings()
    with (
        Background(household(container, Role.INTAKE)) as background,
        redis.Redis.from_url(settings.redis_url) as connection,
    ):

        def file(bodies: Sequence[JournaledBody]) -> None:
            background.run(lambda: container.receive_messages()(bodies), within=USE_CASE_TIMEOUT)

        _workers.append(file)
        worker = SimpleWorker([INCOMING], connection=connection, serializer="json")
        worker.work(logging_level="WARNING")
