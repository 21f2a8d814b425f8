"""What was last seen of each provider, in Redis, for some minutes."""

from datetime import datetime

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from khalifa.application.ports.messaging import ConnectionStatus
from khalifa.application.ports.status_cache import StatusCache
from khalifa.domain.contacts import ProviderName

# In seconds. A housekeeper that stopped must not leave "connected" on the screens for ever.
KEPT_FOR = 300

_DECODER = msgspec.json.Decoder(tuple[ConnectionStatus, datetime])


class RedisStatusCache(StatusCache):
    """One key a provider. What cannot be written or read is as if it was never seen."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def put(self, provider: ProviderName, status: ConnectionStatus, *, at: datetime) -> None:
        try:
            await self._redis.set(_key(provider), msgspec.json.encode((status, at)), ex=KEPT_FOR)
        except RedisError:
            # The next look at the provider puts it again.
            return

    async def get(self, provider: ProviderName) -> tuple[ConnectionStatus, datetime] | None:
        try:
            seen = await self._redis.get(_key(provider))
            return None if seen is None else _DECODER.decode(seen)
        except (RedisError, msgspec.DecodeError):
            return None


def _key(provider: ProviderName) -> str:
    return f"khalifa:status:{provider}"
