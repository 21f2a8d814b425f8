"""The template cache in Redis."""

from collections.abc import AsyncIterator, Iterator

import pytest
from redis.asyncio import Redis

from khalifa.infrastructure.redis.connection import open_redis
from khalifa.infrastructure.redis.template_cache import RedisTemplateCache
from tests.builders import PROVIDER
from tests.contracts.template_cache import GoAway, TemplateCacheContract
from tests.servers import PrivateRedis


class TestRedisTemplateCache(TemplateCacheContract):
    @pytest.fixture
    def server(self) -> Iterator[PrivateRedis]:
        with PrivateRedis() as server:
            yield server

    @pytest.fixture
    async def redis(self, server: PrivateRedis) -> AsyncIterator[Redis]:
        async with open_redis(server.url) as redis:
            yield redis

    @pytest.fixture
    def cache(self, redis: Redis) -> RedisTemplateCache:
        return RedisTemplateCache(redis)

    @pytest.fixture
    def go_away(self, server: PrivateRedis) -> GoAway:
        async def go_away() -> None:
            server.kill()

        return go_away

    async def test_what_another_version_wrote_is_unknown(
        self, cache: RedisTemplateCache, redis: Redis
    ) -> None:
        await redis.set(f"khalifa:templates:{PROVIDER}", b"{}")

        assert await cache.get(PROVIDER) is None
