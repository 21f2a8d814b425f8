"""Providers that are held, in Redis: the hold, the door one may try, and what only warns."""

from datetime import timedelta

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from khalifa.application.ports.channel_holds import ChannelHolds, Hold
from khalifa.domain.contacts import ProviderName

# In seconds. What nobody tried to send through for a day is not known to be held.
KEPT_FOR = 24 * 3600

_DECODER = msgspec.json.Decoder(Hold)


class RedisChannelHolds(ChannelHolds):
    """The door is a key that expires: who makes it anew is the one who may try."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def hold(self, provider: ProviderName, hold: Hold, *, probe_after: timedelta) -> None:
        try:
            async with self._redis.pipeline(transaction=True) as together:
                together.set(_hold(provider), msgspec.json.encode(hold), ex=KEPT_FOR, nx=True)
                together.expire(_hold(provider), KEPT_FOR)
                together.set(_door(provider), b"1", px=_milliseconds(probe_after))
                await together.execute()
        except RedisError:
            # The next refusal holds it again.
            return

    async def find(self, provider: ProviderName) -> Hold | None:
        return await self._read(_hold(provider))

    async def _read(self, key: str) -> Hold | None:
        try:
            kept = await self._redis.get(key)
            return None if kept is None else _DECODER.decode(kept)
        except (RedisError, msgspec.DecodeError):
            return None

    async def may_probe(self, provider: ProviderName, *, again_after: timedelta) -> bool:
        try:
            made = await self._redis.set(
                _door(provider), b"1", px=_milliseconds(again_after), nx=True
            )
        except RedisError:
            return False
        return bool(made)

    async def release(self, provider: ProviderName) -> None:
        try:
            await self._redis.delete(_hold(provider), _door(provider))
        except RedisError:
            # The next probe releases it.
            return

    async def warn(self, provider: ProviderName, warning: Hold, *, kept_for: timedelta) -> None:
        try:
            encoded = msgspec.json.encode(warning)
            await self._redis.set(_warning(provider), encoded, px=_milliseconds(kept_for))
        except RedisError:
            # The next refusal warns again.
            return

    async def warning(self, provider: ProviderName) -> Hold | None:
        return await self._read(_warning(provider))

    async def dismiss(self, provider: ProviderName) -> None:
        try:
            await self._redis.delete(_warning(provider))
        except RedisError:
            # It is forgotten by itself after a while.
            return


def _hold(provider: ProviderName) -> str:
    return f"khalifa:hold:{provider}"


def _door(provider: ProviderName) -> str:
    return f"khalifa:hold:{provider}:door"


def _warning(provider: ProviderName) -> str:
    return f"khalifa:hold:{provider}:warning"


def _milliseconds(pause: timedelta) -> int:
    return max(1, int(pause.total_seconds() * 1000))
