"""Holds in Redis."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from khalifa.infrastructure.redis.channel_holds import RedisChannelHolds
from khalifa.infrastructure.redis.connection import open_redis
from tests.contracts.channel_holds import ChannelHoldsContract, GoAway, Pass
from tests.servers import PrivateRedis


class TestRedisChannelHolds(ChannelHoldsContract):
    @pytest.fixture
    def server(self) -> Iterator[PrivateRedis]:
        with PrivateRedis() as server:
            yield server

    @pytest.fixture
    async def holds(self, server: PrivateRedis) -> AsyncIterator[RedisChannelHolds]:
        async with open_redis(server.url) as redis:
            yield RedisChannelHolds(redis)

    @pytest.fixture
    def wait(self) -> Pass:
        async def wait(time: timedelta) -> None:
            # Redis measures it itself.
            await asyncio.sleep(time.total_seconds())

        return wait

    @pytest.fixture
    def go_away(self, server: PrivateRedis) -> GoAway:
        async def go_away() -> None:
            server.kill()

        return go_away
