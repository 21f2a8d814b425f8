"""A worker process: RQ in the main thread, the event loop in its own."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from enum import StrEnum
from types import FrameType
from typing import Protocol

import redis
import structlog
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from khalifa.application.ports.metrics import MetricsReport
from khalifa.entrypoints.start import set_start_aside
from khalifa.entrypoints.worker.background import Background
from khalifa.entrypoints.worker.jobs import Jobs, UseCases
from khalifa.entrypoints.worker.metrics import serving_metrics
from khalifa.entrypoints.worker.queue_worker import QueueWorker
from khalifa.settings import Settings

# In seconds. With what Background needs to end, a worker ends within ten.
JOB_MAY_TAKE = 6.0
_CONNECT_TIMEOUT = 1.0
_ANSWER_TIMEOUT = 5.0
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0

_log = structlog.get_logger()


class Role(StrEnum):
    """
    What a worker process does.

    There are two, so that a provider that hangs never stops what comes in.
    """

    INTAKE = "intake"
    DELIVERY = "delivery"

    @property
    def queues(self) -> tuple[str, ...]:
        """Return the queues it works on, the first before the second."""
        match self:
            case Role.INTAKE:
                return ("incoming_messages",)
            case Role.DELIVERY:
                return ("outgoing_messages", "media_downloads")

    @property
    def ports_on(self) -> int:
        """Return how far its port for metrics is from the one that is set."""
        return list(Role).index(self)


class Housekeeper(Protocol):
    def run(self) -> Coroutine[object, object, None]: ...


class WorkerContainer(UseCases, Protocol):
    """What a worker needs from the container."""

    @property
    def settings(self) -> Callable[[], Settings]: ...

    @property
    def housekeeping(self) -> Callable[[], Housekeeper]: ...

    @property
    def patient_housekeeping(self) -> Callable[[], Housekeeper]: ...

    @property
    def metrics_report(self) -> Callable[[], MetricsReport]: ...

    @property
    def cleanup(self) -> Callable[[], AsyncExitStack]: ...


def run_worker(container: WorkerContainer, role: Role) -> None:
    """
    Work until SIGTERM or SIGINT, in the main thread.

    A job in hand then has six seconds to end before it is cancelled. Redis
    may come and go. Housekeeping runs beside the jobs, once a second, whether
    Redis is there or not.
    """
    with Background(_life(container, role)) as background:
        set_start_aside()
        stop = _Stop(background)
        _log.info("worker started", role=role, queue=role.queues[0])
        _work(role.queues, Jobs(container, background), container.settings().redis_url, stop)
    _log.info("worker stopped", role=role)


class _Stop:
    """Whether a signal asked us to stop. A flag and no lock: a handler may come at any line."""

    def __init__(self, background: Background) -> None:
        self.requested = False
        self._background = background
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._request)

    def _request(self, number: int, frame: FrameType | None) -> None:
        if not self.requested:
            self.requested = True
            self._background.cancel_after(JOB_MAY_TAKE)


class _Link:
    """Whether Redis is there: logged once for each change."""

    def __init__(self, queue: str) -> None:
        self._queue = queue
        self._pause = 0.0

    def is_there(self) -> None:
        if self._pause:
            _log.warning("queue back", queue=self._queue)
        self._pause = 0.0

    def is_away(self, error: RedisError) -> None:
        """Wait a while, longer each time."""
        if not self._pause:
            _log.warning("queue away", queue=self._queue, reason=type(error).__name__)
        self._pause = min(self._pause * 2 or _FIRST_PAUSE, _LONGEST_PAUSE)
        time.sleep(self._pause)


def _work(queues: Sequence[str], jobs: Jobs, redis_url: str, stop: _Stop) -> None:
    """Work on *queues*, with a new connection and a new worker after each trouble."""
    link = _Link(queues[0])
    while not stop.requested:
        try:
            with _connection(redis_url) as connection:
                QueueWorker(
                    queues,
                    jobs.by_name(),
                    connection=connection,
                    stopping=lambda: stop.requested,
                    in_touch=link.is_there,
                ).run()
        except RedisError as error:
            link.is_away(error)


def _connection(url: str) -> redis.Redis:
    # Not retried: a worker whose connection broke begins anew.
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=_CONNECT_TIMEOUT,
        socket_timeout=_ANSWER_TIMEOUT,
        retry=Retry(NoBackoff(), 0),
    )


@asynccontextmanager
async def _life(container: WorkerContainer, role: Role) -> AsyncIterator[None]:
    settings = container.settings()
    port, token = settings.worker_metrics_port, settings.metrics_token
    shown = (
        serving_metrics(
            container.metrics_report, host=settings.host, port=port + role.ports_on, token=token
        )
        if port is not None and token is not None
        else nullcontext()
    )
    async with shown, household(container, role):
        yield


@asynccontextmanager
async def household(container: WorkerContainer, role: Role) -> AsyncIterator[None]:
    """Keep house for as long as the loop lives, then close what the container opened."""
    keepers = [container.housekeeping()]
    if role is Role.DELIVERY:
        keepers.append(container.patient_housekeeping())
    housekeeping = asyncio.gather(*(keeper.run() for keeper in keepers))
    try:
        yield
    finally:
        housekeeping.cancel()
        await asyncio.gather(housekeeping, return_exceptions=True)
        await container.cleanup().aclose()
