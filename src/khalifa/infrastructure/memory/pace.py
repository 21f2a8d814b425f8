"""Token buckets of one process."""

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from khalifa.application.ports.clock import Clock
from khalifa.application.ports.pace import (
    HALF_LIFE,
    REMEMBERED,
    SLOW_DOWN,
    SLOWEST,
    SOON,
    LimitState,
    Pace,
    Wanted,
)
from khalifa.domain.pace import Borrowed, Cap, Limit, Steady

# A state that says nothing any more is forgotten at such times.
_TIDY_AT = 10_000


@dataclass(slots=True)
class _Bucket:
    """
    ``paid_at``: when all that was taken will be paid for. ``queued_at``: with those who wait.

    The rest is of one kind of limit each.
    """

    paid_at: float = 0.0
    queued_at: float = 0.0
    slowness: float = 1.0
    slowed_at: float = 0.0
    burst_began_at: float = 0.0
    in_burst: int = 0
    taken_at: deque[float] = field(default_factory=deque)
    expires_at: float = 0.0


class MemoryPace(Pace):
    """The arithmetic of every pace: see the script of the one in Redis, which is the same."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}
        self._given: dict[str, float] = {}

    async def take(self, wanted: Sequence[Wanted]) -> list[float]:
        now = self._now()
        self._tidy(now)
        for bucket in self._buckets.values():
            bucket.queued_at = bucket.paid_at
        return [self._take(one, now) for one in wanted]

    def _take(self, wanted: Wanted, now: float) -> float:
        if self._given.get(wanted.name, 0.0) > now:
            return 0.0
        waits = [_wait(limit, self._bucket(limit), now) for limit in wanted.limits]
        longest = max(waits, default=0.0)
        if longest <= 0:
            for limit in wanted.limits:
                _pay(limit, self._bucket(limit), now)
            self._given[wanted.name] = now + REMEMBERED
            return 0.0
        for limit, wait in zip(wanted.limits, waits, strict=True):
            if wait > 0:
                _queue(limit, self._bucket(limit), now)
        return longest

    async def slow_down(self, limit: Steady, *, pause: float) -> None:
        now, bucket = self._now(), self._bucket(limit)
        bucket.slowness = min(SLOWEST, _slowness(bucket, now) * SLOW_DOWN)
        bucket.slowed_at = now
        interval = limit.interval * bucket.slowness
        bucket.paid_at = max(bucket.paid_at, now + pause + (limit.burst - 1) * interval)
        bucket.queued_at = bucket.paid_at
        bucket.expires_at = now + pause + 20 * HALF_LIFE

    async def look(self, limits: Sequence[Limit]) -> list[LimitState]:
        now = self._now()
        for limit in limits:
            self._bucket(limit).queued_at = self._bucket(limit).paid_at
        return [_look(limit, self._bucket(limit), now) for limit in limits]

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _bucket(self, limit: Limit) -> _Bucket:
        return self._buckets.setdefault(limit.key, _Bucket())

    def _tidy(self, now: float) -> None:
        if len(self._buckets) + len(self._given) < _TIDY_AT:
            return
        self._given = {name: until for name, until in self._given.items() if until > now}
        self._buckets = {
            key: bucket for key, bucket in self._buckets.items() if bucket.expires_at > now
        }


def _slowness(bucket: _Bucket, now: float) -> float:
    return 1 + (bucket.slowness - 1) * math.pow(0.5, (now - bucket.slowed_at) / HALF_LIFE)


def _rounded(wait: float) -> float:
    return 0.0 if wait < SOON else wait


def _in_window(times: Iterable[float], cap: Cap, now: float) -> list[float]:
    return [at for at in times if at > now - cap.per]


def _wait(limit: Limit, bucket: _Bucket, now: float) -> float:
    match limit:
        case Steady():
            saved = (limit.burst - 1) * limit.interval * _slowness(bucket, now)
            return _rounded(bucket.queued_at - saved - now)
        case Borrowed():
            in_burst = now < bucket.burst_began_at + limit.within and bucket.in_burst < limit.burst
            return 0.0 if in_burst else _rounded(bucket.queued_at - now)
        case Cap():
            taken = _in_window(bucket.taken_at, limit, now)
            if len(taken) < limit.most:
                return 0.0
            return taken[-limit.most] + limit.per - now if limit.most else limit.per


def _pay(limit: Limit, bucket: _Bucket, now: float) -> None:
    match limit:
        case Steady():
            interval = limit.interval * _slowness(bucket, now)
            bucket.paid_at = max(now, bucket.paid_at) + interval
            bucket.expires_at = max(bucket.expires_at, bucket.paid_at)
        case Borrowed():
            if bucket.paid_at <= now:
                bucket.burst_began_at, bucket.in_burst = now, 0
            bucket.in_burst += 1
            bucket.paid_at = max(now, bucket.paid_at) + limit.interval
            bucket.expires_at = max(bucket.paid_at, now + limit.within)
        case Cap():
            bucket.taken_at = deque([*_in_window(bucket.taken_at, limit, now), now])
            bucket.expires_at = now + limit.per
    bucket.queued_at = max(bucket.queued_at, bucket.paid_at)


def _queue(limit: Limit, bucket: _Bucket, now: float) -> None:
    """Let who comes next wait behind this one."""
    if isinstance(limit, Steady):
        bucket.queued_at += limit.interval * _slowness(bucket, now)
    elif isinstance(limit, Borrowed):
        bucket.queued_at += limit.interval


def _look(limit: Limit, bucket: _Bucket, now: float) -> LimitState:
    wait = _wait(limit, bucket, now)
    if wait > 0:
        return LimitState(0, wait)
    match limit:
        case Steady():
            interval = limit.interval * _slowness(bucket, now)
            owed = max(0.0, bucket.paid_at - now)
            left = int((limit.burst * interval - owed) / interval + 1e-6)
        case Borrowed():
            left = limit.burst if bucket.paid_at <= now else limit.burst - bucket.in_burst
        case Cap():
            left = limit.most - len(_in_window(bucket.taken_at, limit, now))
    return LimitState(left, 0.0)
