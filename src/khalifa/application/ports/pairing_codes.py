"""Port: which phone is to be paired with a code, and the code; shared by all processes."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from khalifa.domain.contacts import PhoneNumber, ProviderName

# Whoever asked has the phone at hand. After it a number is paired by QR code again.
WANTED_FOR = timedelta(minutes=10)
# No provider takes one for longer.
LASTS = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class PairingCode:
    """A code to type on the phone; after ``expires_at`` it is not taken any more."""

    text: str
    expires_at: datetime


class PairingCodes(Protocol):
    """Losing it is harmless: the number is paired by QR code then."""

    @abstractmethod
    async def want(self, provider: ProviderName, phone: PhoneNumber) -> bool:
        """
        Let *phone* be paired by a code, for `WANTED_FOR`, in place of any before.

        Says whether that could be kept.
        """

    @abstractmethod
    async def wanted(self, provider: ProviderName) -> PhoneNumber | None:
        """Return the phone that is to be paired by a code; None: by QR code."""

    @abstractmethod
    async def show(self, provider: ProviderName, code: PairingCode) -> None:
        """Keep the code the provider shows now, in place of the one before."""

    @abstractmethod
    async def shown(self, provider: ProviderName) -> PairingCode | None:
        """Return the newest code; None when there is none. It may have expired."""

    @abstractmethod
    async def forget(self, provider: ProviderName) -> None:
        """Let the number be paired by QR code again."""
