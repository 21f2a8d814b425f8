"""Port: the state of each provider's number, as its pace wants it. Part of a unit of work."""

from abc import abstractmethod
from collections.abc import Collection
from typing import Protocol

from khalifa.domain.contacts import ProviderName
from khalifa.domain.pace import Channel


class Channels(Protocol):
    """The numbers behind the providers: one row each, once something is known of it."""

    @abstractmethod
    async def get_many(self, providers: Collection[ProviderName]) -> dict[ProviderName, Channel]:
        """Return the channel of each of *providers*, a blank one where nothing is known."""

    @abstractmethod
    async def save(self, channel: Channel) -> None:
        """
        Write a channel, also for the first time.

        Raises:
            ConcurrentChange: another process has written it for the first time meanwhile.
        """
