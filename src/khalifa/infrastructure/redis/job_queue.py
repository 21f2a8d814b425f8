"""Work for the workers: RQ jobs as nudges. Redis carries; it guarantees nothing."""

import asyncio
import threading
from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import TypeAlias

import msgspec
import structlog
from rq import Queue

from khalifa.application.ports.jobs import JobQueue
from khalifa.application.ports.journal import JournaledBody
from khalifa.infrastructure.batches import MOST_BYTES, MOST_ITEMS, Batches
from khalifa.infrastructure.redis.connection import open_blocking_redis

# What a job is called, and where it waits: entrypoints/worker is the other end.
INCOMING = "incoming_messages"
OUTGOING = "outgoing_messages"
FILE_BODIES = "file_bodies"
DELIVER = "deliver"
DOWNLOADS = "media_downloads"
FETCH = "fetch_media"

# In seconds. What is lost or fails is asked for again by the sweeps, so RQ
# neither repeats a job nor keeps it. (A result kept for 0 s costs RQ more
# round trips than one kept for some.)
JOB_TIMEOUT = 30
RESULT_KEPT_FOR = 10
FAILURE_KEPT_FOR = 60

# Where bodies wait for the workers, and how many bytes of Redis's memory they may take
# before more of them are dropped: with the workers gone for hours, the journal keeps
# the bodies, and Redis keeps its memory.
BODIES = "khalifa:incoming"
MOST_MEMORY = 256 * 1024 * 1024

# Both return what is needed to know whether a nudge is, in the same round trip.
_PUSH = """
local used = redis.call('MEMORY', 'USAGE', KEYS[1])
if used and used >= tonumber(ARGV[1]) then
    return -1
end
for i = 2, #ARGV do
    redis.call('RPUSH', KEYS[1], ARGV[i])
end
return redis.call('LLEN', KEYS[2])
"""
_TAKE = """
local taken, size = {}, 0
while #taken < tonumber(ARGV[1]) do
    local body = redis.call('LINDEX', KEYS[1], 0)
    size = size + (body and #body or 0)
    if not body or (#taken > 0 and size > tonumber(ARGV[2])) then
        break
    end
    taken[#taken + 1] = redis.call('LPOP', KEYS[1])
end
return {redis.call('LLEN', KEYS[1]), taken}
"""
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(JournaledBody)

# In seconds: how long `close` waits for what was asked last.
_CLOSE_WITHIN = 3.0

_log = structlog.get_logger()


class _Ask(Enum):
    DELIVER = auto()
    FETCH = auto()
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
    Bodies in a list, written by a thread of its own, and jobs that say: look there.

    A job is enqueued unless one waits to be begun, and whoever begins one takes
    off all that waits, up to 500 bodies or 4 MB. So an idle system files a body
    at once, alone; the further the workers are behind, the more bodies share a
    transaction, and what RQ does for a job is done once for all of them. While
    Redis is away, or the workers are gone for long, what is asked is dropped:
    the sweeps ask again.
    """

    def __init__(self, redis_url: str) -> None:
        redis = open_blocking_redis(redis_url)
        self._incoming = Queue(INCOMING, connection=redis, serializer="json")
        self._outgoing = Queue(OUTGOING, connection=redis, serializer="json")
        self._downloads = Queue(DOWNLOADS, connection=redis, serializer="json")
        self._push = redis.register_script(_PUSH)
        self._take = redis.register_script(_TAKE)
        self._state = _State.BACK
        self._asked = set[_Ask]()
        self._waiting = Batches[_Item](_size_of)
        self._thread = threading.Thread(target=self._write_jobs, name="job queue", daemon=True)
        self._thread.start()

    def file(self, bodies: Sequence[JournaledBody]) -> None:
        for body in bodies:
            self._waiting.put(body)

    async def next_bodies(self) -> list[JournaledBody]:
        return await asyncio.to_thread(self._take_bodies)

    def _take_bodies(self) -> list[JournaledBody]:
        left, bodies = self._take(keys=[BODIES], args=[MOST_ITEMS, MOST_BYTES])
        if left:
            # Others may take them while these are being filed.
            self._nudge(self._incoming, FILE_BODIES)
        return [_DECODER.decode(body) for body in bodies]

    async def waiting(self) -> Mapping[str, int]:
        return await asyncio.to_thread(self._count)

    def _count(self) -> Mapping[str, int]:
        return {
            INCOMING: int(self._incoming.connection.llen(BODIES)),
            OUTGOING: self._outgoing.count,
            DOWNLOADS: self._downloads.count,
        }

    def deliver(self) -> None:
        self._ask(_Ask.DELIVER)

    def fetch_media(self) -> None:
        self._ask(_Ask.FETCH)

    def _ask(self, ask: _Ask) -> None:
        # Until the thread takes the first asking up, it speaks for all.
        if ask not in self._asked:
            self._asked.add(ask)
            self._waiting.put(ask)

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

    def _write(self, batch: Sequence[_Item]) -> _State:
        if isinstance(ask := batch[0], _Ask):
            # Before the look at the list: who asks from now on is asked for anew.
            self._asked.discard(ask)
            if ask is _Ask.DELIVER:
                self._nudge(self._outgoing, DELIVER)
            else:
                self._nudge(self._downloads, FETCH)
            # The other queue is as full as it was.
            return _State.FULL if self._state is _State.FULL else _State.BACK
        bodies = map(_ENCODER.encode, batch)
        waiting = self._push(keys=[BODIES, self._incoming.key], args=[MOST_MEMORY, *bodies])
        if waiting < 0:
            return _State.FULL
        if not waiting:
            self._enqueue(self._incoming, FILE_BODIES)
        return _State.BACK

    def _nudge(self, queue: Queue, function: str) -> None:
        """
        Enqueue a job unless one waits to be begun.

        No asking is lost: whoever asks has written down before what is to be
        done, a job that waits in the list will look later, and a job that a
        worker has taken is in the list no more.
        """
        if not queue.count:
            self._enqueue(queue, function)

    def _enqueue(self, queue: Queue, function: str) -> None:
        queue.enqueue_call(
            function,
            timeout=JOB_TIMEOUT,
            result_ttl=RESULT_KEPT_FOR,
            failure_ttl=FAILURE_KEPT_FOR,
            description=function,
        )

    def _report(self, state: _State, **why: str) -> None:
        """Log once for each change."""
        if state is not self._state:
            _log.warning(state.value, **why)
        self._state = state
