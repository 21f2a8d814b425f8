"""The template cache in a dictionary."""

import pytest

from khalifa.infrastructure.memory.template_cache import MemoryTemplateCache
from tests.contracts.template_cache import GoAway, TemplateCacheContract


class TestMemoryTemplateCache(TemplateCacheContract):
    @pytest.fixture
    def cache(self) -> MemoryTemplateCache:
        return MemoryTemplateCache()

    @pytest.fixture
    def go_away(self, cache: MemoryTemplateCache) -> GoAway:
        async def go_away() -> None:
            cache.away = True

        return go_away
