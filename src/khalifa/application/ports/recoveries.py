"""Port: how far each provider's chats are on file. Part of a unit of work."""

from abc import abstractmethod
from datetime import datetime, timedelta
from typing import Protocol

from khalifa.domain.contacts import ProviderName
from khalifa.domain.recovery import Recovery


class Recoveries(Protocol):
    """How far each provider's chats are on file."""

    @abstractmethod
    async def claim(
        self, provider: ProviderName, *, now: datetime, lease: timedelta
    ) -> Recovery | None:
        """
        Take the right to look through this provider's chats, for *lease* at most.

        None while another process has it. Of a provider never seen before
        everything up to *now* passes for covered: what was said before khalifa
        came is not its business.
        """

    @abstractmethod
    async def save(self, recovery: Recovery) -> None:
        """Store what became of a pass, and give the right back."""

    @abstractmethod
    async def all(self) -> list[Recovery]: ...
