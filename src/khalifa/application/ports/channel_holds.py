"""Port: providers that are stopped for now, or in need of a person; shared by all processes."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from khalifa.domain.contacts import ProviderName
from khalifa.domain.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What a person must see to, in words for an administrator, with the provider's code."""

    words: Words
    code: str | None
    since: datetime


class ChannelHolds(Protocol):
    """
    Losing a hold is harmless: the next reply is refused, and holds the channel again.

    While they cannot be kept, there are none. Nothing here raises.
    """

    @abstractmethod
    async def hold(self, provider: ProviderName, hold: Hold, *, probe_after: timedelta) -> None:
        """Hold the channel; after *probe_after* one reply may try it. An older hold stays."""

    @abstractmethod
    async def find(self, provider: ProviderName) -> Hold | None:
        """Return the provider's hold, None when it is not held."""

    @abstractmethod
    async def may_probe(self, provider: ProviderName, *, again_after: timedelta) -> bool:
        """Say whether a reply may try a held channel now: to one who asks, each *again_after*."""

    @abstractmethod
    async def release(self, provider: ProviderName) -> None:
        """Let everything go again."""

    @abstractmethod
    async def warn(self, provider: ProviderName, warning: Hold, *, kept_for: timedelta) -> None:
        """Keep what holds nothing and must be seen to; it takes the place of an older one."""

    @abstractmethod
    async def warning(self, provider: ProviderName) -> Hold | None:
        """Return the provider's warning, None when there is none any more."""

    @abstractmethod
    async def dismiss(self, provider: ProviderName) -> None:
        """Forget the warning: somebody has seen to it."""
