"""Files and their records, in dictionaries."""

from collections.abc import AsyncIterable, AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_hex

from khalifa.application.ports.clock import Clock
from khalifa.application.ports.media import (
    HEAD,
    Kept,
    MediaFiles,
    MediaStore,
    NotInStore,
    TooManyBytes,
)
from khalifa.domain.media import MediaFile, MediaId, MediaStatus
from khalifa.domain.messages import MessageId
from khalifa.infrastructure.memory.store import FileRow, Tables

CHUNK = 64 * 1024


class MemoryMediaStore(MediaStore):
    """Keeps files in ``files``, which a test may look into."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    async def keep(self, name: str, chunks: AsyncIterable[bytes], *, at_most: int) -> Kept:
        data = bytearray()
        async for chunk in chunks:
            data += chunk
            if len(data) > at_most:
                raise TooManyBytes
        self.files[name] = bytes(data)
        return Kept(size=len(data), sha256=sha256(data).hexdigest(), head=bytes(data[:HEAD]))

    async def size_of(self, name: str) -> int | None:
        return len(self.files[name]) if name in self.files else None

    @asynccontextmanager
    async def open(
        self, name: str, *, start: int = 0, length: int | None = None
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        if name not in self.files:
            raise NotInStore
        data = self.files[name][start : None if length is None else start + length]

        async def chunks() -> AsyncIterator[bytes]:
            for first in range(0, len(data), CHUNK):
                yield data[first : first + CHUNK]

        yield chunks()

    async def remove(self, names: Collection[str]) -> None:
        for name in names:
            for one in (name, f"{name}.thumb"):
                self.files.pop(one, None)


class MemoryMediaFiles(MediaFiles):
    def __init__(self, tables: Tables, clock: Clock) -> None:
        self._tables = tables
        self._clock = clock

    async def add(self, files: Sequence[MediaFile], *, lease: timedelta) -> None:
        now = self._clock.now()
        for file in files:
            self._tables.media[file.id] = FileRow(
                file=replace(file), due_at=now, expires_at=now + lease if file.token else None
            )

    async def get_many(self, ids: Collection[MediaId]) -> dict[MediaId, MediaFile]:
        rows = self._tables.media
        return {id_: replace(rows[id_].file) for id_ in ids if id_ in rows}

    async def claim(self, limit: int, *, lease: timedelta) -> list[MediaFile]:
        expires_at = self._clock.now() + lease
        claimed = []
        for row in self._claimable()[:limit]:
            file = replace(row.file, attempts=row.file.attempts + 1, token=token_hex(16))
            self._tables.media[file.id] = replace(row, file=file, expires_at=expires_at)
            claimed.append(replace(file))
        return claimed

    async def extend(self, files: Collection[MediaFile], *, lease: timedelta) -> None:
        for file in files:
            if (row := self._held(file)) is not None:
                expires_at = self._clock.now() + lease
                self._tables.media[file.id] = replace(row, expires_at=expires_at)

    async def settle(self, file: MediaFile) -> bool:
        row = self._held(file)
        if row is None:
            return False
        settled = replace(file, token=None)
        self._tables.media[file.id] = replace(row, file=settled, expires_at=None)
        return True

    async def put_back(self, file: MediaFile, *, pause: timedelta) -> None:
        if (row := self._held(file)) is not None:
            back = replace(row.file, token=None)
            due_at = self._clock.now() + pause
            self._tables.media[file.id] = replace(row, file=back, due_at=due_at, expires_at=None)

    async def attach(self, media_id: MediaId, message_id: MessageId) -> None:
        if (row := self._tables.media.get(media_id)) is not None:
            file = replace(row.file, message_id=message_id)
            self._tables.media[media_id] = replace(row, file=file)

    async def detach(self, message_ids: Collection[MessageId]) -> None:
        for media_id, row in self._tables.media.items():
            if row.file.message_id in message_ids:
                file = replace(row.file, message_id=None)
                self._tables.media[media_id] = replace(row, file=file)

    async def due(self) -> bool:
        return bool(self._claimable())

    async def forget_unsent(self, *, before: datetime, limit: int) -> list[MediaId]:
        unsent = [
            id_
            for id_, row in self._tables.media.items()
            if row.file.message_id is None and row.file.created_at < before
        ][:limit]
        for id_ in unsent:
            del self._tables.media[id_]
        return unsent

    def _held(self, file: MediaFile) -> FileRow | None:
        row = self._tables.media.get(file.id)
        return row if row is not None and row.file.token == file.token is not None else None

    def _claimable(self) -> list[FileRow]:
        now = self._clock.now()
        waiting = [
            row
            for row in self._tables.media.values()
            if row.file.status is MediaStatus.WAITING
            and row.due_at <= now
            and (row.expires_at is None or row.expires_at <= now)
        ]
        return sorted(waiting, key=lambda row: (row.due_at, row.file.id))
