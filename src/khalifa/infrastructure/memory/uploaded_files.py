"""The providers' ids of our files, in a dictionary."""

import time
from datetime import timedelta

from khalifa.application.ports.uploaded_files import UploadedFiles
from khalifa.domain.contacts import ProviderName


class MemoryUploadedFiles(UploadedFiles):
    """Knows nothing while ``away`` is true, which a test may set."""

    def __init__(self) -> None:
        self.away = False
        self._ids: dict[tuple[ProviderName, str], tuple[str, float]] = {}

    async def remember(
        self, provider: ProviderName, key: str, id_ext: str, *, kept_for: timedelta
    ) -> None:
        if not self.away:
            self._ids[provider, key] = id_ext, time.monotonic() + kept_for.total_seconds()

    async def forget(self, provider: ProviderName, key: str) -> None:
        if not self.away:
            self._ids.pop((provider, key), None)

    async def find(self, provider: ProviderName, key: str) -> str | None:
        id_ext, until = self._ids.get((provider, key), ("", 0.0))
        return id_ext if not self.away and time.monotonic() < until else None
