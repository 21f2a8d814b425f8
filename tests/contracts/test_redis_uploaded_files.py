"""The providers' ids of our files, in Redis."""

from collections.abc import AsyncIterator, Iterator

import pytest
from redis.asyncio import Redis

from khalifa.infrastructure.redis.connection import open_redis
from khalifa.infrastructure.redis.uploaded_files import RedisUploadedFiles
from tests.contracts.uploaded_files import GoAway, UploadedFilesContract
from tests.servers import PrivateRedis


class TestRedisUploadedFiles(UploadedFilesContract):
    @pytest.fixture
    def server(self) -> Iterator[PrivateRedis]:
        with PrivateRedis() as server:
            yield server

    @pytest.fixture
    async def redis(self, server: PrivateRedis) -> AsyncIterator[Redis]:
        async with open_redis(server.url) as redis:
            yield redis

    @pytest.fixture
    def files(self, redis: Redis) -> RedisUploadedFiles:
        return RedisUploadedFiles(redis)

    @pytest.fixture
    def go_away(self, server: PrivateRedis) -> GoAway:
        async def go_away() -> None:
            server.kill()

        return go_away
