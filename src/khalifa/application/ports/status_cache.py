"""Port: what was last seen of each provider, shared by all processes."""

from abc import abstractmethod
from datetime import datetime
from typing import Protocol

from khalifa.application.ports.messaging import ConnectionStatus
from khalifa.domain.contacts import ProviderName


class StatusCache(Protocol):
    """Kept by the housekeeper, read by everybody; losing it is harmless."""

    @abstractmethod
    async def put(self, provider: ProviderName, status: ConnectionStatus, *, at: datetime) -> None:
        """Remember *status*, seen at *at*."""

    @abstractmethod
    async def get(self, provider: ProviderName) -> tuple[ConnectionStatus, datetime] | None:
        """Return what was last seen and when; None when nothing is known or the cache is away."""
