"""A connection to Redis that is cut: to whoever asks, Redis is away, and nothing else."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
import uvloop
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisAway

from khalifa.infrastructure.redis.connection import open_redis
from tests.crash.proxy import Road
from tests.servers import PrivateRedis


@pytest.fixture
def server() -> Iterator[PrivateRedis]:
    with PrivateRedis() as server:
        yield server


@asynccontextmanager
async def on_a_road(server: PrivateRedis) -> AsyncIterator[tuple[Road, Redis]]:
    async with Road(server.port) as road:
        url = server.url.replace(f":{server.port}/", f":{road.port}/")
        async with open_redis(url) as redis:
            yield road, redis


# The servers' event loop, which is stricter than Python's own.
def test_a_connection_that_was_just_cut_is_away(server: PrivateRedis) -> None:
    async def cut_and_ask() -> None:
        async with on_a_road(server) as (_, redis):
            connection = await redis.connection_pool.get_connection()  # type: ignore[no-untyped-call]
            # What the loop does when the other side resets it.
            connection._writer.transport.abort()

            with pytest.raises(RedisAway):
                await connection.send_command("PING")

    uvloop.run(cut_and_ask())


def test_who_asks_again_after_a_cut_is_answered(server: PrivateRedis) -> None:
    async def cut_and_ask() -> None:
        async with on_a_road(server) as (road, redis):
            await redis.set("key", "value")
            road.cut()

            assert await redis.get("key") == b"value"

    uvloop.run(cut_and_ask())
