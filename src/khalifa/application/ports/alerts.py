"""Ports: telling administrators that something is wrong, by a way that is not WhatsApp."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from khalifa.domain.errors import KhalifaError
from khalifa.domain.words import Words


class AlertKind(StrEnum):
    """What administrators are told of."""

    PROVIDER_DOWN = "provider_down"
    WEBHOOKS_WAIT = "webhooks_wait"
    LEDGER_UNBALANCED = "ledger_unbalanced"
    DISK_FULL = "disk_full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """
    Something that is wrong since ``since``, or, when ``over``, is so no more.

    ``about`` tells alerts of one kind apart. ``words`` hold no number, name or text of anybody's.
    """

    kind: AlertKind
    about: str
    words: Words
    since: datetime
    over: bool = False


class AlertNotTold(KhalifaError):
    """It did not get through; the same again may. Holds no address and no password."""


class AlertChannel(Protocol):
    """One way to reach administrators."""

    @abstractmethod
    async def tell(self, alert: Alert) -> None:
        """Raises `AlertNotTold`."""


class Disk(Protocol):
    """Where this machine keeps webhooks and files."""

    @abstractmethod
    def free(self) -> int:
        """Return how many bytes there is room for, where there is least."""
