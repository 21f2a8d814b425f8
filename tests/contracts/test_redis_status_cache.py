"""The status cache in Redis."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest
from redis.asyncio import Redis

from khalifa.application.ports.messaging import ConnectionStatus
from khalifa.domain.contacts import ProviderName
from khalifa.infrastructure.redis.connection import open_redis
from khalifa.infrastructure.redis.status_cache import KEPT_FOR, RedisStatusCache
from tests.contracts.status_cache import GoAway, StatusCacheContract
from tests.servers import PrivateRedis

CLOUD = ProviderName("cloud_api")
AT = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
CONNECTED = ConnectionStatus(connected=True, state="connected", phone="201012345678", detail="متصل")


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with open_redis(redis_url) as redis:
        yield redis


class TestRedisStatusCache(StatusCacheContract):
    @pytest.fixture
    def server(self) -> Iterator[PrivateRedis]:
        with PrivateRedis() as server:
            yield server

    @pytest.fixture
    async def cache(self, server: PrivateRedis) -> AsyncIterator[RedisStatusCache]:
        async with open_redis(server.url) as redis:
            yield RedisStatusCache(redis)

    @pytest.fixture
    def go_away(self, server: PrivateRedis) -> GoAway:
        async def go_away() -> None:
            server.kill()

        return go_away


async def test_what_was_seen_is_known_for_some_minutes(redis: Redis) -> None:
    cache = RedisStatusCache(redis)

    await cache.put(CLOUD, CONNECTED, at=AT)

    assert await cache.get(CLOUD) == (CONNECTED, AT)
    [key] = await redis.keys("khalifa:status:*")
    assert 0 < await redis.ttl(key) <= KEPT_FOR


async def test_what_another_version_wrote_is_unknown(redis: Redis) -> None:
    cache = RedisStatusCache(redis)
    await redis.set("khalifa:status:cloud_api", b"{}")

    assert await cache.get(CLOUD) is None
