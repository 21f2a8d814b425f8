"""Which phone is to be paired with a code, in dictionaries."""

from datetime import datetime

from khalifa.application.ports.clock import Clock
from khalifa.application.ports.pairing_codes import WANTED_FOR, PairingCode, PairingCodes
from khalifa.domain.contacts import PhoneNumber, ProviderName


class MemoryPairingCodes(PairingCodes):
    """Knows and learns nothing while ``away`` is true."""

    def __init__(self, clock: Clock) -> None:
        self.away = False
        self._clock = clock
        self._wanted: dict[ProviderName, tuple[PhoneNumber, datetime]] = {}
        self._shown: dict[ProviderName, PairingCode] = {}

    async def want(self, provider: ProviderName, phone: PhoneNumber) -> bool:
        if self.away:
            return False
        self._wanted[provider] = phone, self._clock.now() + WANTED_FOR
        self._shown.pop(provider, None)
        return True

    async def wanted(self, provider: ProviderName) -> PhoneNumber | None:
        phone, until = self._wanted.get(provider, (None, None))
        return None if self.away or until is None or until <= self._clock.now() else phone

    async def show(self, provider: ProviderName, code: PairingCode) -> None:
        if not self.away:
            self._shown[provider] = code

    async def shown(self, provider: ProviderName) -> PairingCode | None:
        return None if self.away else self._shown.get(provider)

    async def forget(self, provider: ProviderName) -> None:
        if not self.away:
            self._wanted.pop(provider, None)
            self._shown.pop(provider, None)
