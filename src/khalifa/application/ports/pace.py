"""Port: tokens for what may be sent now, shared by all processes."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from khalifa.domain.pace import Limit, Steady

# Seconds for which what was given is remembered under its name.
REMEMBERED = 60.0
# Seconds that are no wait: sums of floating seconds are not exact.
SOON = 0.001
# How a slow-down grows with each call, how far, and the seconds in which half of it is over.
SLOW_DOWN = 2.0
SLOWEST = 32.0
HALF_LIFE = 30.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    Leave for one message: a token of each of its limits, or of none.

    Under the same ``name`` it is given once: who asks again, or beside us, is
    told so without another token.
    """

    name: str
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class LimitState:
    """How many tokens could be taken now, and the seconds until there is one."""

    left: int
    free_in: float


class Pace(Protocol):
    """
    Token buckets. They never stop anybody for good, and raise nothing.

    While the shared ones are away each process has its own, slower ones.
    """

    @abstractmethod
    async def take(self, wanted: Sequence[Wanted]) -> list[float]:
        """
        Return for each of *wanted* 0.0 when it was given leave, else the seconds to wait.

        In their order, in one go. Who must wait behind another waits longer:
        so the seconds can be used as they are to try again.
        """

    @abstractmethod
    async def slow_down(self, limit: Steady, *, pause: float) -> None:
        """
        Give nothing of *limit* for *pause* seconds, then slowly; recovers by itself.

        Each call doubles the time between two tokens; half of what is too
        slow is over every thirty seconds.
        """

    @abstractmethod
    async def look(self, limits: Sequence[Limit]) -> list[LimitState]:
        """Return the state of each limit, and take nothing."""
