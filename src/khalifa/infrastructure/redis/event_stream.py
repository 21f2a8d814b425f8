"""Events for the agents' screens, in one Redis stream."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Self, TypeAlias

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import TimeoutError as RedisSilent

from khalifa.application.ports.notifications import CursorLost, Event, EventStream

STREAM = "khalifa:events"
EPOCH = "khalifa:events:epoch"
# About: Redis trims by whole nodes of its tree, which costs nothing.
KEPT = 100_000

# In milliseconds; well under the connection's own time-out.
_BLOCK = 2_000
_READ_AT_ONCE = 500
# Seconds between attempts while Redis is away.
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0

_FIELD = b"event"
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Event)

# The stream always holds an entry at or before every cursor ever given out, so
# that a cursor whose entry is gone is known to be too old. The first entry of
# an epoch is therefore not an event. In a script, for both keys are made
# together or not at all.
_POSITION = """
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
local epoch = redis.call('GET', KEYS[2])
if epoch and #last > 0 then
    return {epoch, last[1][1]}
end
redis.call('SET', KEYS[2], ARGV[1])
return {ARGV[1], redis.call('XADD', KEYS[1], '*', 'epoch', ARGV[1])}
"""

_Entry: TypeAlias = tuple[bytes, dict[bytes, bytes]]

_log = structlog.get_logger()


class _Cursor(NamedTuple):
    """A place in the stream, and the life of the stream it belongs to."""

    epoch: str
    entry: str

    @classmethod
    def parse(cls, text: str) -> Self:
        epoch, _, entry = text.partition("-")
        moment, _, number = entry.partition("-")
        if not (epoch and _is_number(moment) and _is_number(number)):
            raise CursorLost("This is not a cursor of the event stream.")
        return cls(epoch, entry)

    def __str__(self) -> str:
        return f"{self.epoch}-{self.entry}"


class RedisEventStream(EventStream):
    """
    One stream of about 100,000 events; a cursor is ``<epoch>-<stream id>``.

    The epoch is a random word kept beside the stream: a wiped Redis has
    another one, so that old cursors are known for what they are. Each `follow`
    occupies one connection of the pool, and waits out a Redis that is away.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def publish(self, events: Sequence[Event]) -> None:
        if not events:
            return
        async with self._redis.pipeline(transaction=False) as pipeline:
            for event in events:
                pipeline.xadd(STREAM, {_FIELD: _ENCODER.encode(event)}, maxlen=KEPT)
            await pipeline.execute()

    async def cursor(self) -> str:
        epoch, entry = await self._redis.eval(_POSITION, 2, STREAM, EPOCH, secrets.token_hex(8))
        return str(_Cursor(epoch.decode(), entry.decode()))

    async def follow(self, since: str) -> AsyncIterator[tuple[str, Event]]:
        reader = _Reader(self._redis, _Cursor.parse(since))
        while True:
            for entry, fields in await reader.read():
                if _FIELD in fields:
                    cursor = _Cursor(reader.cursor.epoch, entry.decode())
                    yield str(cursor), _decode(fields[_FIELD])


class _Reader:
    """Reads on from a cursor, for as long as Redis remembers it."""

    def __init__(self, redis: Redis, cursor: _Cursor) -> None:
        self.cursor = cursor
        self._redis = redis
        # The first look does not wait: a lost cursor is to be said at once.
        self._block: int | None = None
        self._is_away = False

    async def read(self) -> list[_Entry]:
        """
        Return what came after the cursor, and move it; nothing when nothing came for a while.

        Raises:
            CursorLost: something that came after it may be gone.
        """
        pause = _FIRST_PAUSE
        while True:
            try:
                entries = await self._look()
            except (RedisAway, RedisSilent):
                self._report(away=True)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                _heed_cancellation()
                self._report(away=False)
                return entries

    async def _look(self) -> list[_Entry]:
        async with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.xread({STREAM: self.cursor.entry}, count=_READ_AT_ONCE, block=self._block)
            # Asked after the reading: when the cursor's own entry is still there
            # now, nothing after it was gone before.
            pipeline.xrange(STREAM, self.cursor.entry, self.cursor.entry)
            pipeline.get(EPOCH)
            streams, own, epoch = await pipeline.execute()
        if not own or epoch is None or epoch.decode() != self.cursor.epoch:
            raise CursorLost("What came after this cursor is not known any more.")
        self._block = _BLOCK
        entries: list[_Entry] = streams[0][1] if streams else []
        if entries:
            self.cursor = _Cursor(self.cursor.epoch, entries[-1][0].decode())
        return entries

    def _report(self, *, away: bool) -> None:
        if away != self._is_away:
            _log.warning("event stream away" if away else "event stream back")
        self._is_away = away


def _decode(data: bytes) -> Event:
    try:
        return _DECODER.decode(data)
    except msgspec.DecodeError as error:
        # Another version wrote it. Whoever loads anew starts after it.
        raise CursorLost("An event cannot be read.") from error


def _heed_cancellation() -> None:
    """
    Raise the cancellation that was swallowed on the way, if one was.

    redis-py sends through `asyncio.wait_for`, which up to Python 3.11 forgets
    a cancellation that comes as the sending ends: whoever reads for ever would
    never stop. https://github.com/python/cpython/issues/86296
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
