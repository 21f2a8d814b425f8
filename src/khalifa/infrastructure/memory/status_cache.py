"""What was last seen of each provider, in a dictionary."""

from datetime import datetime

from khalifa.application.ports.messaging import ConnectionStatus
from khalifa.application.ports.status_cache import StatusCache
from khalifa.domain.contacts import ProviderName


class MemoryStatusCache(StatusCache):
    """Knows and learns nothing while ``away`` is true."""

    def __init__(self) -> None:
        self.away = False
        self._seen: dict[ProviderName, tuple[ConnectionStatus, datetime]] = {}

    async def put(self, provider: ProviderName, status: ConnectionStatus, *, at: datetime) -> None:
        if not self.away:
            self._seen[provider] = status, at

    async def get(self, provider: ProviderName) -> tuple[ConnectionStatus, datetime] | None:
        return None if self.away else self._seen.get(provider)
