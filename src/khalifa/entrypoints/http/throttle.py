"""Keeping one caller from asking too often: buckets that fill again with time."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from math import ceil
from time import monotonic

REMEMBERED = 10_000


class Throttle:
    """
    Lets each key through *burst* times, and once more every *every* seconds.

    Kept in this process's memory for at most `REMEMBERED` keys, the longest
    unused forgotten first: it hinders guessing and floods, it counts nothing.
    """

    def __init__(self, *, burst: int, every: float, clock: Callable[[], float] = monotonic) -> None:
        self._burst = burst
        self._every = every
        self._clock = clock
        # When each key's bucket will be, or was, full again.
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()

    def take(self, key: Hashable) -> int:
        """Return 0 when *key* may pass; else in how many whole seconds it may try again."""
        now = self._clock()
        full_at = max(self._full_at.pop(key, now), now)
        wait = full_at - now - (self._burst - 1) * self._every
        if wait <= 0:
            full_at += self._every
        self._full_at[key] = full_at
        if len(self._full_at) > REMEMBERED:
            self._full_at.popitem(last=False)
        return max(ceil(wait), 0)

    def forgive(self, key: Hashable) -> None:
        """Forget how often *key* came."""
        self._full_at.pop(key, None)
