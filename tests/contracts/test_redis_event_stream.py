"""The Redis event stream: what a restart, a wipe and a trim make of a cursor."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from khalifa.application.ports.notifications import CursorLost, Event
from khalifa.infrastructure.redis import event_stream
from khalifa.infrastructure.redis.connection import open_redis
from khalifa.infrastructure.redis.event_stream import EPOCH, STREAM, RedisEventStream
from tests.builders import an_event
from tests.contracts.event_stream import EventStreamContract, Wipe
from tests.servers import PrivateRedis, eventually


class Follower:
    """Follows a stream in a task, and keeps what came."""

    def __init__(self, stream: RedisEventStream, since: str) -> None:
        self.seen: list[int] = []
        self.cursor = since
        self.task = asyncio.create_task(self._follow(stream, since))

    async def _follow(self, stream: RedisEventStream, since: str) -> None:
        async for cursor, event in stream.follow(since):
            self.cursor = cursor
            self.seen.append(event.version)

    async def saw(self, *numbers: int) -> None:
        await eventually(lambda: self.seen == list(numbers), what=f"{numbers} followed")

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with open_redis(redis_url) as redis:
        yield redis


@pytest.fixture
def stream(redis: Redis) -> RedisEventStream:
    return RedisEventStream(redis)


@pytest.fixture
def wipe(redis: Redis) -> Wipe:
    async def wipe() -> None:
        await redis.flushall()

    return wipe


@pytest.fixture
async def own_server() -> AsyncIterator[PrivateRedis]:
    with PrivateRedis(durable=True) as server:
        yield server


@pytest.fixture
async def cleanup() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def follow(stream: RedisEventStream, since: str, cleanup: AsyncExitStack) -> Follower:
    follower = Follower(stream, since)
    cleanup.push_async_callback(follower.stop)
    return follower


async def publish_at_last(stream: RedisEventStream, event: Event) -> None:
    """Publish as soon as Redis is back."""

    async def published() -> bool:
        with suppress(RedisError):
            await stream.publish([event])
            return True
        return False

    await eventually(published)


async def lost(stream: RedisEventStream, cursor: str) -> None:
    with pytest.raises(CursorLost):
        async with asyncio.timeout(10):
            await anext(aiter(stream.follow(cursor)))


class TestRedisEventStream(EventStreamContract):
    """On the session's Redis, by the fixtures above."""


async def test_an_empty_stream_has_a_cursor_that_stays_good(
    stream: RedisEventStream, cleanup: AsyncExitStack
) -> None:
    cursor = await stream.cursor()

    assert await stream.cursor() == cursor
    follower = await follow(stream, cursor, cleanup)
    await stream.publish([an_event(version=1)])
    await follower.saw(1)


async def test_a_wiped_redis_loses_every_cursor(stream: RedisEventStream, redis: Redis) -> None:
    cursor = await stream.cursor()
    await redis.flushall()
    await lost(stream, cursor)

    await stream.publish([an_event()])
    await lost(stream, cursor)
    assert await stream.cursor() != cursor
    await lost(stream, cursor)


async def test_a_follower_hears_of_a_wipe_under_it(
    stream: RedisEventStream, redis: Redis, cleanup: AsyncExitStack
) -> None:
    follower = await follow(stream, await stream.cursor(), cleanup)
    await stream.publish([an_event(version=1)])
    await follower.saw(1)

    await redis.flushall()
    await stream.publish([an_event(version=2)])

    with pytest.raises(CursorLost):
        await asyncio.wait_for(follower.task, 10)
    assert follower.seen == [1]


async def test_a_follower_hears_of_a_wipe_although_nothing_comes_after(
    stream: RedisEventStream,
    redis: Redis,
    cleanup: AsyncExitStack,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(event_stream, "_BLOCK", 50)
    follower = await follow(stream, await stream.cursor(), cleanup)
    await redis.delete(STREAM)

    with pytest.raises(CursorLost):
        await asyncio.wait_for(follower.task, 10)


@pytest.mark.parametrize("key", [STREAM, EPOCH])
async def test_half_a_wipe_is_a_wipe(stream: RedisEventStream, redis: Redis, key: str) -> None:
    await stream.publish([an_event()])
    cursor = await stream.cursor()
    await redis.delete(key)

    await lost(stream, cursor)
    assert await stream.cursor() != cursor


async def test_a_cursor_older_than_what_is_kept_is_lost(
    stream: RedisEventStream, redis: Redis
) -> None:
    since = await stream.cursor()
    await stream.publish([an_event(version=n) for n in range(1, 11)])
    await redis.xtrim(STREAM, maxlen=3, approximate=False)

    await lost(stream, since)


async def test_the_stream_does_not_grow_for_ever(
    stream: RedisEventStream, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "KEPT", 200)

    for start in range(0, 2000, 500):
        await stream.publish([an_event(version=n) for n in range(start, start + 500)])

    assert 200 <= await redis.xlen(STREAM) < 500


@pytest.mark.parametrize(
    "text", ["", "-", "abc", "abc-1", "abc-1-", "abc-1-x", "abc-٣-1", "0-0", "abc-1-1-1"]
)
async def test_what_is_no_cursor_is_lost(stream: RedisEventStream, text: str) -> None:
    await lost(stream, text)


async def test_an_entry_of_another_version_means_to_load_anew(
    stream: RedisEventStream, redis: Redis
) -> None:
    since = await stream.cursor()
    await redis.xadd(STREAM, {"event": b"\x80"})

    await lost(stream, since)


async def test_a_follower_that_leaves_disturbs_nobody(stream: RedisEventStream) -> None:
    since = await stream.cursor()
    for number in range(20):
        follower = Follower(stream, since)
        await asyncio.sleep(number / 1000)
        await follower.stop()
        assert await stream.cursor() == since


async def test_a_follower_goes_on_after_a_restart_that_kept_the_stream(
    own_server: PrivateRedis, cleanup: AsyncExitStack
) -> None:
    redis = await cleanup.enter_async_context(open_redis(own_server.url))
    stream = RedisEventStream(redis)
    follower = await follow(stream, await stream.cursor(), cleanup)
    await stream.publish([an_event(version=1)])
    await follower.saw(1)

    own_server.kill()
    own_server.start()
    await publish_at_last(stream, an_event(version=2))

    await follower.saw(1, 2)


async def test_a_follower_is_told_after_a_restart_that_forgot_the_stream(
    cleanup: AsyncExitStack,
) -> None:
    with PrivateRedis() as server:
        redis = await cleanup.enter_async_context(open_redis(server.url))
        stream = RedisEventStream(redis)
        follower = await follow(stream, await stream.cursor(), cleanup)
        await stream.publish([an_event(version=1)])
        await follower.saw(1)

        server.kill()
        server.start()

        with pytest.raises(CursorLost):
            await asyncio.wait_for(follower.task, 15)


async def test_publishing_to_a_redis_that_is_away_is_said(cleanup: AsyncExitStack) -> None:
    with PrivateRedis() as server:
        redis = await cleanup.enter_async_context(open_redis(server.url))
        server.kill()

        with pytest.raises(RedisError):
            await RedisEventStream(redis).publish([an_event()])
