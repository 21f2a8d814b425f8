"""Port: how much each provider carried, and how well."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from khalifa.domain.contacts import ProviderName


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """
    What one provider carried in a time.

    ``sent`` are our own messages that it took or may have taken, ``failed``
    those it refused, by reason in ``refusals``, the commonest few.
    ``median_delay``: seconds from a customer's writing until it was here;
    None when nothing came. ``proven_at``: the newest of our messages whose
    arrival at the customer's phone was reported.
    """

    received: int = 0
    sent: int = 0
    failed: int = 0
    refusals: Mapping[str, int] = field(default_factory=dict)
    median_delay: float | None = None
    proven_at: datetime | None = None


class ProviderTraffic(Protocol):
    """Counts over what is stored. Raises `DatabaseUnavailable` when the database is away."""

    @abstractmethod
    async def carried(self) -> dict[ProviderName, int]:
        """Return how many messages each provider has carried in all, either way."""

    @abstractmethod
    async def between(self, since: datetime, until: datetime) -> dict[ProviderName, Traffic]:
        """Return what was stored from *since* on and before *until*; no entry for nothing."""
