"""Work for the workers, as RQ jobs. Redis carries; it guarantees nothing."""

import asyncio
import threading
import time
from collections.abc import Sequence
from enum import Enum, auto
from typing import TypeAlias

import msgspec
import structlog
from rq import Queue

from khalifa.application.ports.jobs import JobQueue
from khalifa.application.ports.journal import JournaledBody
from khalifa.infrastructure.batches import MOST_BYTES, Batches
from khalifa.infrastructure.redis.connection import open_blocking_redis

# What a job is called, and where it waits: entrypoints/worker is the other end.
INCOMING = "incoming_messages"
OUTGOING = "outgoing_messages"
FILE_BODIES = "file_bodies"
DELIVER = "deliver"

# In seconds. What is lost or fails is asked for again by the sweeps, so RQ
# neither repeats a job nor keeps it. (A result kept for 0 s costs RQ more
# round trips than one kept for some.)
JOB_TIMEOUT = 30
RESULT_KEPT_FOR = 10
FAILURE_KEPT_FOR = 60

# Jobs that may wait before bodies are dropped: with the workers gone for hours,
# the journal keeps the bodies, and Redis keeps its memory.
MOST_WAITING = 500

# Jobs that wait when the workers are behind: with so many waiting, bodies are held
# back for company, for a job of two hundred takes the workers less than three times
# as long as a job of ten. In seconds: how long at most, and how often the queue is
# looked at meanwhile.
ENOUGH_WAITING = 2
HELD_FOR = 0.25
_LOOK_EVERY = 0.005

# In seconds: how long `close` waits for what was asked last.
_CLOSE_WITHIN = 3.0

_log = structlog.get_logger()


class _Ask(Enum):
    DELIVER = auto()
    STOP = auto()


class _State(Enum):
    """How the queue was found last; the value is what is logged when it becomes so."""

    BACK = "queue back"
    AWAY = "queue away"
    FULL = "queue full"


_Item: TypeAlias = JournaledBody | _Ask


def _size_of(item: _Item) -> int:
    # What is not a body travels alone.
    return len(item.body) if isinstance(item, JournaledBody) else MOST_BYTES + 1


class RqJobQueue(JobQueue):
    """
    Jobs written by a thread of its own, one for all the bodies that waited.

    An idle system's body is a job at once. While the workers have jobs enough
    to go on with, bodies wait for company, a quarter of a second at most; so
    the further the workers are behind, the larger the jobs.

    A job's payload is JSON, bodies in base64; a job stops at 500 bodies or
    4 MB, and a larger body travels alone. While Redis is away, or the workers
    are far behind, what is asked is dropped: the sweeps ask again.
    """

    def __init__(self, redis_url: str) -> None:
        redis = open_blocking_redis(redis_url)
        self._incoming = Queue(INCOMING, connection=redis, serializer="json")
        self._outgoing = Queue(OUTGOING, connection=redis, serializer="json")
        self._state = _State.BACK
        self._delivery_is_asked = False
        self._waiting = Batches[_Item](_size_of)
        self._thread = threading.Thread(target=self._write_jobs, name="job queue", daemon=True)
        self._thread.start()

    def file(self, bodies: Sequence[JournaledBody]) -> None:
        for body in bodies:
            self._waiting.put(body)

    def deliver(self) -> None:
        # Until the thread takes the first asking up, it speaks for all.
        if not self._delivery_is_asked:
            self._delivery_is_asked = True
            self._waiting.put(_Ask.DELIVER)

    async def close(self) -> None:
        """Write what waits, if Redis is there, and end."""
        self._waiting.put(_Ask.STOP)
        await asyncio.to_thread(self._thread.join, _CLOSE_WITHIN)

    # What follows runs in the queue's thread.

    def _write_jobs(self) -> None:
        while (batch := self._waiting.take()) != [_Ask.STOP]:
            try:
                self._report(self._write(batch))
            except Exception as error:  # noqa: BLE001 - whatever it was, the asking is dropped
                self._report(_State.AWAY, reason=type(error).__name__)
        self._incoming.connection.close()

    def _write(self, batch: list[_Item]) -> _State:
        if batch == [_Ask.DELIVER]:
            self._nudge()
            # The other queue is as full as it was.
            return _State.FULL if self._state is _State.FULL else _State.BACK
        if self._hold(batch) >= MOST_WAITING:
            return _State.FULL
        self._enqueue(self._incoming, FILE_BODIES, msgspec.json.encode(batch).decode())
        return _State.BACK

    def _hold(self, batch: list[_Item]) -> int:
        """Let *batch* grow while the workers are busy anyway; return how many jobs wait."""
        until = time.monotonic() + HELD_FOR
        # A nudge, or the end, waits behind bodies and is not held: they leave with what they have.
        while (
            (waiting := self._incoming.count) >= ENOUGH_WAITING
            and self._waiting.fill(batch)
            and time.monotonic() < until
        ):
            time.sleep(_LOOK_EVERY)
        return waiting

    def _nudge(self) -> None:
        """
        Enqueue a delivery unless one waits to be begun.

        No asking is lost: whoever asks has committed before, a job that waits
        in the list will look into the database later, and a job that a worker
        has taken is in the list no more.
        """
        # Before the look at the list: who asks from now on is asked for anew.
        self._delivery_is_asked = False
        if not self._outgoing.count:
            self._enqueue(self._outgoing, DELIVER)

    def _enqueue(self, queue: Queue, function: str, *arguments: str) -> None:
        queue.enqueue_call(
            function,
            args=arguments,
            timeout=JOB_TIMEOUT,
            result_ttl=RESULT_KEPT_FOR,
            failure_ttl=FAILURE_KEPT_FOR,
            # Else RQ describes a job by its arguments, bodies and all.
            description=function,
        )

    def _report(self, state: _State, **why: str) -> None:
        """Log once for each change."""
        if state is not self._state:
            _log.warning(state.value, **why)
        self._state = state
