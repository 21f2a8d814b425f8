"""What was last seen of templates, in Redis."""

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from khalifa.application.ports.templates import SeenTemplates, TemplateCache
from khalifa.domain.contacts import ProviderName

# In seconds. Old ones are better than none while the provider is away.
KEPT_FOR = 7 * 24 * 3600

_DECODER = msgspec.json.Decoder(SeenTemplates)


class RedisTemplateCache(TemplateCache):
    """One key a provider. What cannot be written or read is as if it was never seen."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def put(self, provider: ProviderName, seen: SeenTemplates) -> None:
        try:
            await self._redis.set(_key(provider), msgspec.json.encode(seen), ex=KEPT_FOR)
        except RedisError:
            # The next look puts it again.
            return

    async def get(self, provider: ProviderName) -> SeenTemplates | None:
        try:
            seen = await self._redis.get(_key(provider))
            return None if seen is None else _DECODER.decode(seen)
        except (RedisError, msgspec.DecodeError):
            return None


def _key(provider: ProviderName) -> str:
    return f"khalifa:templates:{provider}"
