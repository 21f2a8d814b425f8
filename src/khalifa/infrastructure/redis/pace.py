"""Token buckets in Redis, shared by all processes: one script, one round trip."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from importlib.resources import files
from typing import TypeVar

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

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

R = TypeVar("R")

PREFIX = "khalifa:pace:"
# Seconds. A worker that waits for Redis sends nothing meanwhile.
PATIENCE = 2.0

_SCRIPT = files(__package__).joinpath("pace.lua").read_text(encoding="utf-8")
_log = structlog.get_logger()


class RedisPace(Pace):
    """
    Timed by Redis' clock, so that processes need not agree about the time.

    While Redis is away it asks *spare*, for slower limits without bursts: the
    worst that two workers together do then is the usual speed.
    """

    def __init__(self, redis: Redis, spare: Pace) -> None:
        self._script = redis.register_script(_SCRIPT)
        self._spare = spare
        self._is_away = False

    async def take(self, wanted: Sequence[Wanted]) -> list[float]:
        if not wanted:
            return []

        async def shared() -> list[float]:
            keys = _Keys()
            asked = [
                {
                    "name": keys.index_of(f"{PREFIX}given:{one.name}"),
                    "limits": [_encoded(limit, keys) for limit in one.limits],
                }
                for one in wanted
            ]
            answers = await self._ask(keys, {"wanted": asked, "remembered": REMEMBERED})
            return [float(*answer) for answer in answers]

        slower = [Wanted(one.name, tuple(map(_slower, one.limits))) for one in wanted]
        return await self._or_else(shared, lambda: self._spare.take(slower))

    async def slow_down(self, limit: Steady, *, pause: float) -> None:
        async def shared() -> None:
            keys = _Keys()
            ask = {"limit": _encoded(limit, keys), "pause": pause}
            await self._ask(keys, {**ask, "slow_down": SLOW_DOWN, "slowest": SLOWEST})

        slower = Steady(limit.key, limit.interval)
        await self._or_else(shared, lambda: self._spare.slow_down(slower, pause=pause))

    async def look(self, limits: Sequence[Limit]) -> list[LimitState]:
        if not limits:
            return []

        async def shared() -> list[LimitState]:
            keys = _Keys()
            asked = [_encoded(limit, keys) for limit in limits]
            answers = await self._ask(keys, {"limits": asked})
            return [LimitState(int(left), float(free_in)) for left, free_in in answers]

        slower = list(map(_slower, limits))
        return await self._or_else(shared, lambda: self._spare.look(slower))

    async def _ask(self, keys: "_Keys", ask: dict[str, object]) -> list[list[bytes]]:
        payload = msgspec.json.encode({**ask, "half_life": HALF_LIFE, "soon": SOON})
        async with asyncio.timeout(PATIENCE):
            answers: list[list[bytes]] = await self._script(keys=keys.all, args=[payload])
        return answers

    async def _or_else(
        self, shared: Callable[[], Awaitable[R]], spare: Callable[[], Awaitable[R]]
    ) -> R:
        try:
            answer = await shared()
        except (RedisError, TimeoutError, OSError) as error:
            self._report(away=True, reason=type(error).__name__)
            return await spare()
        self._report(away=False)
        return answer

    def _report(self, *, away: bool, **why: str) -> None:
        """Log once for each change."""
        if away is not self._is_away:
            _log.warning("pace away" if away else "pace back", **why)
        self._is_away = away


class _Keys:
    """The keys of one call, each once; the script finds them by their place, from 1."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def index_of(self, key: str) -> int:
        return self._places.setdefault(key, len(self._places) + 1)

    @property
    def all(self) -> list[str]:
        return list(self._places)


def _encoded(limit: Limit, keys: _Keys) -> dict[str, object]:
    key = keys.index_of(PREFIX + limit.key)
    match limit:
        case Steady():
            kind: dict[str, object] = {
                "kind": "steady",
                "interval": limit.interval,
                "burst": limit.burst,
            }
        case Borrowed():
            kind = {
                "kind": "borrowed",
                "interval": limit.interval,
                "burst": limit.burst,
                "within": limit.within,
            }
        case Cap():
            kind = {"kind": "cap", "most": limit.most, "per": limit.per}
    return {"key": key, **kind}


def _slower(limit: Limit) -> Limit:
    match limit:
        case Steady():
            return Steady(limit.key, 2 * limit.interval)
        case Borrowed():
            return Steady(limit.key, limit.interval)
        case Cap():
            return Cap(limit.key, min(limit.most, max(1, limit.most // 2)), limit.per)
