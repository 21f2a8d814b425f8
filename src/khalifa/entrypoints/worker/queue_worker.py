"""RQ's SimpleWorker, cut down to the round trips that a job needs."""

import time
from collections.abc import Callable, Mapping, Sequence

import redis
import structlog
from rq import Queue, SimpleWorker, worker_registration
from rq.exceptions import DequeueTimeout
from rq.executions import Execution
from rq.job import Job
from rq.registry import StartedJobRegistry
from rq.utils import now
from rq.worker import WorkerStatus

from khalifa.entrypoints.worker.jobs import JobFailed

# In seconds. RQ's own, of minutes, are for jobs that run for minutes.
WAIT_FOR_JOB = 1
HEARTBEAT_EVERY = 10.0
WORKER_TTL = 30
MAINTENANCE_EVERY = 30
_SLACK = 5

_log = structlog.get_logger()


class KnownJob(Job):
    """A job that can only be what is in *functions*: nothing is imported by a name from Redis."""

    functions: Mapping[str, Callable[..., None]] = {}

    @property
    def func(self) -> Callable[..., None]:
        return self.functions[str(self.func_name)]

    @property
    def success_callback(self) -> None:
        return None

    @property
    def failure_callback(self) -> None:
        return None


class QueueWorker(SimpleWorker):
    """
    Works on *queues* until *stopping* says so; calls *in_touch* whenever Redis has answered.

    RQ's own loop makes about twenty round trips a job, listens for commands in
    a thread, and retries a lost connection in its own words. This one makes
    five, and leaves errors of the connection to the caller. A job that is done
    leaves nothing in Redis; one that failed is kept for a minute.
    """

    job_class = KnownJob
    # Read by RQ, which would lengthen the connection's time-out to fit.
    dequeue_timeout = WAIT_FOR_JOB
    connection_timeout = WAIT_FOR_JOB

    def __init__(
        self,
        queues: Sequence[str],
        functions: Mapping[str, Callable[..., None]],
        *,
        connection: redis.Redis,
        stopping: Callable[[], bool],
        in_touch: Callable[[], None],
    ) -> None:
        super().__init__(
            list(queues),
            connection=connection,
            serializer="json",
            worker_ttl=WORKER_TTL,
            maintenance_interval=MAINTENANCE_EVERY,
        )
        self._functions = functions
        self._stopping = stopping
        self._in_touch = in_touch
        self._beat_at = 0.0
        self._lost: redis.RedisError | None = None

    def run(self) -> None:
        """
        Work until told to stop.

        Raises:
            redis.RedisError: Redis is away, or not as it should be.
        """
        self.register_birth()  # type: ignore[no-untyped-call]
        while not self._stopping():
            self._keep_alive()
            found = self._next()
            self._in_touch()
            if found is not None:
                self.execute_job(*found)
        self.register_death()  # type: ignore[no-untyped-call]

    def execute_job(self, job: Job, queue: Queue) -> None:
        if isinstance(job, KnownJob):
            job.functions = self._functions
        self.perform_job(job, queue, self.prepare_execution(job))
        if self._lost is not None:
            raise self._lost

    def _next(self) -> tuple[Job, Queue] | None:
        try:
            return self.queue_class.dequeue_any(
                self.queues,
                self.dequeue_timeout,
                connection=self.connection,
                job_class=self.job_class,
                serializer=self.serializer,
                death_penalty_class=self.death_penalty_class,
            )
        except DequeueTimeout:
            if self.get_state() != WorkerStatus.IDLE:
                self.set_state(WorkerStatus.IDLE)
            return None

    def _keep_alive(self) -> None:
        if time.monotonic() >= self._beat_at:
            self._beat_at = time.monotonic() + HEARTBEAT_EVERY
            with self.connection.pipeline() as pipeline:
                self.heartbeat(pipeline=pipeline)
                # A Redis that was wiped has forgotten who works here.
                worker_registration.register(self, pipeline)
                pipeline.execute()
        if self.should_run_maintenance_tasks:
            self.run_maintenance_tasks()  # type: ignore[no-untyped-call]

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        # RQ adds a minute, for which a job of a killed worker counts as running.
        return int(job.timeout or 0) + _SLACK

    def handle_execution_ended(self, job: Job, queue: Queue, heartbeat_ttl: int) -> None:
        # RQ says in a round trip of its own that the job lives; it is over in the next.
        job.ended_at = now()

    def handle_job_success(
        self,
        job: Job,
        queue: Queue,
        started_job_registry: StartedJobRegistry,
        execution: Execution,
    ) -> None:
        # Nothing depends on our jobs, they are not repeated, and nobody reads a result.
        try:
            with self.connection.pipeline() as pipeline:
                self.increment_successful_job_count(pipeline)
                self.cleanup_execution(job, pipeline, execution)
                pipeline.delete(job.key)
                pipeline.execute()
        except redis.RedisError as error:
            # What is done is done; RQ would take it for the job's failure, and go on.
            self._lost = error

    def handle_job_failure(
        self,
        job: Job,
        queue: Queue,
        started_job_registry: StartedJobRegistry | None = None,
        exc_string: str = "",
        execution: Execution | None = None,
    ) -> None:
        try:
            self.connection.ping()
        except redis.RedisError as error:
            # A job often fails because Redis went. There is nowhere to keep its failure,
            # which RQ would find out with a trace in the log, and go on.
            self._lost = error
        else:
            super().handle_job_failure(job, queue, started_job_registry, exc_string, execution)

    def handle_exception(self, job: Job, *exc_info: object) -> None:
        # RQ logs a failed job's arguments: bodies, that is.
        kind = exc_info[0]
        if kind is not JobFailed:
            _log.error(
                "job failed in the queue", job=job.id, error=getattr(kind, "__name__", str(kind))
            )
