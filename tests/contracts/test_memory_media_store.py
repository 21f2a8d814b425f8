"""The media store in memory keeps the port's promises."""

import pytest

from khalifa.application.ports.media import MediaStore
from khalifa.infrastructure.memory.media import MemoryMediaStore
from tests.contracts.media_store import MediaStoreContract


class TestMemoryMediaStore(MediaStoreContract):
    @pytest.fixture
    def store(self) -> MediaStore:
        return MemoryMediaStore()
