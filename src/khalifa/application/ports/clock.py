"""Port: what time it is."""

from abc import abstractmethod
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    @abstractmethod
    def now(self) -> datetime:
        """Return the current time, aware and in UTC, to the microsecond."""
