"""The cache in memory keeps what its readers are promised."""

import pytest

from khalifa.infrastructure.memory.status_cache import MemoryStatusCache
from tests.contracts.status_cache import GoAway, StatusCacheContract


class TestMemoryStatusCache(StatusCacheContract):
    @pytest.fixture
    def cache(self) -> MemoryStatusCache:
        return MemoryStatusCache()

    @pytest.fixture
    def go_away(self, cache: MemoryStatusCache) -> GoAway:
        async def go_away() -> None:
            cache.away = True

        return go_away
