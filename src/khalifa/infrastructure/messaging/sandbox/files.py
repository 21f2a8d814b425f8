"""Files on the sandbox's phones: in Redis, in pieces, for as long as everything else there."""

from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import cast

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from khalifa.application.ports.media import FileGone, MediaSource, NotFetchedYet
from khalifa.application.ports.played_phones import PlayedFile
from khalifa.domain.media import MB, FileRule, FileRules, MediaFile
from khalifa.domain.messages import MessageKind
from khalifa.domain.words import Words
from khalifa.infrastructure.messaging.sandbox.store import KEPT_FOR

# It is all in Redis's memory.
MOST = 16 * MB
FILE_RULES: FileRules = {
    kind: FileRule(most=MOST)
    for kind in (
        MessageKind.IMAGE,
        MessageKind.VIDEO,
        MessageKind.AUDIO,
        MessageKind.VOICE,
        MessageKind.DOCUMENT,
        MessageKind.STICKER,
    )
}

_GONE = Words("The sandbox does not have this file any more.", "لم يعد هذا الملف في Sandbox.")
_AWAY = Words("The sandbox cannot reach Redis.", "لا يصل Sandbox إلى Redis.")
_DECODER = msgspec.json.Decoder(PlayedFile)


class PhoneFiles(MediaSource):
    """
    A list for each file: what is known of it, then its bytes.

    All but `open` raise redis-py's `RedisError` when Redis does not do it.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def put(self, file: PlayedFile, chunks: AsyncIterable[bytes]) -> PlayedFile:
        """Keep a file; return it with its true size."""
        key, size = _key(file.id), 0
        await self._redis.rpush(key, b"")
        # Also when what follows breaks off.
        await self._redis.expire(key, KEPT_FOR)
        async for chunk in chunks:
            size += len(chunk)
            if chunk:
                await self._redis.rpush(key, chunk)
        kept = replace(file, size=size)
        await self._redis.lset(key, 0, msgspec.json.encode(kept).decode())
        return kept

    async def find(self, file_id: str) -> PlayedFile | None:
        """Return what is known of a file, None when there is none."""
        first = await self._redis.lindex(_key(file_id), 0)
        return _DECODER.decode(first) if first else None

    async def chunks(self, file_id: str) -> AsyncIterator[bytes]:
        """Yield a file's bytes."""
        for number in range(1, await self._redis.llen(_key(file_id))):
            yield cast("bytes", await self._redis.lindex(_key(file_id), number) or b"")

    @asynccontextmanager
    async def open(self, file: MediaFile) -> AsyncIterator[AsyncIterator[bytes]]:
        failure: NotFetchedYet | FileGone
        try:
            if file.id_ext is not None and await self.find(file.id_ext) is not None:
                yield self.chunks(file.id_ext)
                return
            failure = FileGone(_GONE)
        except RedisError:
            failure = NotFetchedYet(_AWAY)
        raise failure


def _key(file_id: str) -> str:
    return f"khalifa:sandbox:file:{file_id}"
