"""Providers that are held, in a dictionary."""

from datetime import datetime, timedelta

from khalifa.application.ports.channel_holds import ChannelHolds, Hold
from khalifa.application.ports.clock import Clock
from khalifa.domain.contacts import ProviderName


class MemoryChannelHolds(ChannelHolds):
    """Knows and keeps nothing while ``away`` is true."""

    def __init__(self, clock: Clock) -> None:
        self.away = False
        self._clock = clock
        self._holds: dict[ProviderName, Hold] = {}
        self._closed_until: dict[ProviderName, datetime] = {}
        self._warnings: dict[ProviderName, tuple[Hold, datetime]] = {}

    async def hold(self, provider: ProviderName, hold: Hold, *, probe_after: timedelta) -> None:
        if not self.away:
            self._holds.setdefault(provider, hold)
            self._closed_until[provider] = self._clock.now() + probe_after

    async def find(self, provider: ProviderName) -> Hold | None:
        return None if self.away else self._holds.get(provider)

    async def may_probe(self, provider: ProviderName, *, again_after: timedelta) -> bool:
        now = self._clock.now()
        if self.away or now < self._closed_until.get(provider, now):
            return False
        self._closed_until[provider] = now + again_after
        return True

    async def release(self, provider: ProviderName) -> None:
        if not self.away:
            self._holds.pop(provider, None)
            self._closed_until.pop(provider, None)

    async def warn(self, provider: ProviderName, warning: Hold, *, kept_for: timedelta) -> None:
        if not self.away:
            self._warnings[provider] = warning, self._clock.now() + kept_for

    async def warning(self, provider: ProviderName) -> Hold | None:
        warning, until = self._warnings.get(provider, (None, self._clock.now()))
        return None if self.away or until <= self._clock.now() else warning

    async def dismiss(self, provider: ProviderName) -> None:
        if not self.away:
            self._warnings.pop(provider, None)
