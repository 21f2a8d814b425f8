"""Work for the workers: RQ jobs as nudges. Redis carries; it guarantees nothing."""

import asyncio
import re
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from enum import Enum, auto
from io import BytesIO
from typing import TypeAlias, cast
from zlib import crc32

import msgspec
import structlog
from redis.exceptions import RedisError
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
PIECES = "khalifa:incoming:pieces"
NOTHING_ASIDE = "khalifa:incoming:none"
MOST_MEMORY = 256 * 1024 * 1024

# Both return what is needed to know whether a nudge is, in the same round trip.
# The pieces of a large body were put aside before, one by one: a command is in memory twice.
_PUSH = """
local used = 0
for i = 1, 2 do
    used = used + (redis.call('MEMORY', 'USAGE', KEYS[i]) or 0)
end
if used >= tonumber(ARGV[1]) then
    redis.call('DEL', KEYS[3])
    return -1
end
for i = 2, #ARGV do
    redis.call('RPUSH', KEYS[1], ARGV[i])
end
local piece = redis.call('LPOP', KEYS[3])
while piece do
    redis.call('RPUSH', KEYS[2], piece)
    piece = redis.call('LPOP', KEYS[3])
end
return redis.call('LLEN', KEYS[4])
"""
# A large body comes alone, its pieces aside again, to be read one by one.
_TAKE = """
local taken, size = {}, 0
while #taken < tonumber(ARGV[1]) do
    local body = redis.call('LINDEX', KEYS[1], 0)
    local pieces = body and tonumber(string.match(body, '^pieces:(%d+)'))
    size = size + (body and #body or 0)
    if not body or (#taken > 0 and (pieces or size > tonumber(ARGV[2]))) then
        break
    end
    taken[#taken + 1] = redis.call('LPOP', KEYS[1])
    if pieces then
        for _ = 1, pieces do
            redis.call('RPUSH', KEYS[3], redis.call('LPOP', KEYS[2]) or '')
        end
        redis.call('EXPIRE', KEYS[3], ARGV[3])
        break
    end
end
local left = redis.call('LLEN', KEYS[1])
if left == 0 then
    redis.call('DEL', KEYS[2])
end
return {left, taken}
"""
# A body above this is written and read in pieces, so that it is in memory once.
LARGE = MOST_BYTES
PIECE = 1024 * 1024
_IN_PIECES = re.compile(rb"pieces:\d+ crc:(\d+) ")
# In seconds: for whoever has put pieces aside, or takes them.
_ASIDE_FOR = 60

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(JournaledBody)

# In seconds. What comes so soon after a batch was taken is the next, together: every round
# trip costs both sides, and the workers are busy for longer with what they have.
_PAUSE = 0.003
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


def _new_place() -> str:
    return f"{BODIES}:{secrets.token_hex(8)}"


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
        self._redis = redis = open_blocking_redis(redis_url)
        self._incoming = Queue(INCOMING, connection=redis, serializer="json")
        self._outgoing = Queue(OUTGOING, connection=redis, serializer="json")
        self._downloads = Queue(DOWNLOADS, connection=redis, serializer="json")
        self._push = redis.register_script(_PUSH)
        self._take = redis.register_script(_TAKE)
        self._state = _State.BACK
        self._asked = set[_Ask]()
        self._waiting = Batches[_Item](_size_of)
        self._taken_at = 0.0
        self._thread = threading.Thread(target=self._write_jobs, name="job queue", daemon=True)
        self._thread.start()

    def file(self, bodies: Sequence[JournaledBody]) -> None:
        for body in bodies:
            self._waiting.put(body)

    async def next_bodies(self, wait: float = 0.0) -> list[JournaledBody]:
        return await asyncio.to_thread(self._take_bodies, wait)

    def _take_bodies(self, wait: float) -> list[JournaledBody]:
        ends_at = time.monotonic() + wait
        bodies = self._take_off()
        # Another worker may be faster with what came.
        while not bodies and self._comes(within=ends_at - time.monotonic()):
            bodies = self._take_off()
        return bodies

    def _comes(self, within: float) -> bool:
        """Wait until there is a body in the list; say whether there is."""
        # In Redis no time at all would mean for ever.
        if within <= 0:
            return False
        moved = None
        # Nothing comes from a Redis that is going away. Whoever asks next hears of it.
        with suppress(RedisError):
            # From the head to the head: it stays where it is. redis-py knows whole seconds only.
            moved = self._redis.blmove(BODIES, BODIES, within, "LEFT", "LEFT")  # type: ignore[arg-type]
        return moved is not None

    def _take_off(self) -> list[JournaledBody]:
        aside = _new_place()
        left, bodies = self._take(
            keys=[BODIES, PIECES, aside], args=[MOST_ITEMS, MOST_BYTES, _ASIDE_FOR]
        )
        if left:
            # Others may take them while these are being filed.
            self._nudge(self._incoming, FILE_BODIES)
        if bodies and (in_pieces := _IN_PIECES.match(bodies[0])):
            known = _DECODER.decode(bodies[0][in_pieces.end() :])
            body = self._read_pieces(aside)
            # What is not the body is asked for again by the sweep.
            return [replace(known, body=body)] if crc32(body) == int(in_pieces[1]) else []
        return [_DECODER.decode(body) for body in bodies]

    def _read_pieces(self, aside: str) -> bytes:
        # It hands out what was written to it without a copy.
        whole = BytesIO()
        while piece := self._redis.lpop(aside):
            whole.write(cast("bytes", piece))
        return whole.getvalue()

    async def waiting(self) -> Mapping[str, int]:
        return await asyncio.to_thread(self._count)

    def _count(self) -> Mapping[str, int]:
        return {
            INCOMING: int(self._redis.llen(BODIES)),
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
        while (batch := self._next_batch()) != [_Ask.STOP]:
            try:
                self._report(self._write(batch))
            except Exception as error:  # noqa: BLE001 - whatever it was, the asking is dropped
                self._report(_State.AWAY, reason=type(error).__name__)
        self._redis.close()

    def _next_batch(self) -> list[_Item]:
        time.sleep(max(0.0, self._taken_at + _PAUSE - time.monotonic()))
        batch = self._waiting.take()
        self._taken_at = time.monotonic()
        return batch

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
        bodies = [item for item in batch if isinstance(item, JournaledBody)]
        if len(bodies[0].body) > LARGE:
            aside = _new_place()
            written = [self._put_aside(bodies[0], aside)]
        else:
            aside = NOTHING_ASIDE
            written = [_ENCODER.encode(body) for body in bodies]
        waiting = self._push(
            keys=[BODIES, PIECES, aside, self._incoming.key], args=[MOST_MEMORY, *written]
        )
        if waiting < 0:
            return _State.FULL
        if not waiting:
            self._enqueue(self._incoming, FILE_BODIES)
        return _State.BACK

    def _put_aside(self, large: JournaledBody, aside: str) -> bytes:
        """Write the pieces of a body, which is alone; return what is to be pushed of it."""
        whole = memoryview(large.body)
        starts = range(0, len(whole), PIECE)
        for start in starts:
            self._redis.rpush(aside, bytes(whole[start : start + PIECE]))
            self._redis.expire(aside, _ASIDE_FOR)
        mark = b"pieces:%d crc:%d " % (len(starts), crc32(whole))
        return mark + _ENCODER.encode(replace(large, body=b""))

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
