"""Port: playing customers' phones, and the failures a provider can have."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from khalifa.application.ports.messaging import CustomerPhone


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedCustomer:
    """Somebody whose phone is played; ``phone`` in E.164 digits, ``used_at`` the last time."""

    phone: str
    name: str | None
    used_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedFailures:
    """
    What goes wrong with our replies from now on.

    ``refuse_next`` ends with the reply it refused. With ``no_answer`` a reply
    arrives and the provider never says so; with ``late_receipts`` it says so
    some seconds later.
    """

    refuse_next: bool = False
    no_answer: bool = False
    late_receipts: bool = False


@runtime_checkable
class PlayedPhones(CustomerPhone, Protocol):
    """
    What a page needs that plays customers' phones.

    Every method raises `ProviderUnreachable` when the phones cannot be reached.
    """

    @abstractmethod
    async def customers(self) -> list[PlayedCustomer]:
        """Return whose phones have been played of late, the last one first."""

    @abstractmethod
    async def failures(self) -> PlayedFailures:
        """Return what goes wrong now."""

    @abstractmethod
    async def play(self, failures: PlayedFailures) -> None:
        """Make this go wrong from now on, and nothing else."""
