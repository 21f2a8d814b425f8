"""The providers' ids of our files, in a dictionary."""

import pytest

from khalifa.infrastructure.memory.uploaded_files import MemoryUploadedFiles
from tests.contracts.uploaded_files import GoAway, UploadedFilesContract


class TestMemoryUploadedFiles(UploadedFilesContract):
    @pytest.fixture
    def files(self) -> MemoryUploadedFiles:
        return MemoryUploadedFiles()

    @pytest.fixture
    def go_away(self, files: MemoryUploadedFiles) -> GoAway:
        async def go_away() -> None:
            files.away = True

        return go_away
