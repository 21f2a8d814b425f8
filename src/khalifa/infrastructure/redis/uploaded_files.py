"""The providers' ids of our files, in Redis."""

from datetime import timedelta

from redis.asyncio import Redis
from redis.exceptions import RedisError

from khalifa.application.ports.uploaded_files import UploadedFiles
from khalifa.domain.contacts import ProviderName


class RedisUploadedFiles(UploadedFiles):
    """One key a file. What cannot be written or read is as if it was never uploaded."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def remember(
        self, provider: ProviderName, key: str, id_ext: str, *, kept_for: timedelta
    ) -> None:
        try:
            await self._redis.set(_key(provider, key), id_ext, px=kept_for)
        except RedisError:
            return

    async def forget(self, provider: ProviderName, key: str) -> None:
        try:
            await self._redis.delete(_key(provider, key))
        except RedisError:
            return

    async def find(self, provider: ProviderName, key: str) -> str | None:
        try:
            found = await self._redis.get(_key(provider, key))
        except RedisError:
            return None
        return found.decode() if isinstance(found, bytes) else found


def _key(provider: ProviderName, key: str) -> str:
    return f"khalifa:uploads:{provider}:{key}"
