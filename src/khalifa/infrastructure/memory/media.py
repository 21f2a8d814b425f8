"""Files that can be sent, in a dictionary."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from hashlib import sha256

from khalifa.application.ports.media import StoredFile, StoredFiles

CHUNK = 64 * 1024


class MemoryFile(StoredFile):
    """A file whose bytes are at hand."""

    def __init__(self, id_: str, data: bytes, mime_type: str) -> None:
        self._id = id_
        self._data = data
        self._mime_type = mime_type

    @property
    def id(self) -> str:
        return self._id

    @property
    def size(self) -> int:
        return len(self._data)

    @property
    def sha256(self) -> str:
        return sha256(self._data).hexdigest()

    @property
    def mime_type(self) -> str:
        return self._mime_type

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[bytes]]:
        async def chunks() -> AsyncIterator[bytes]:
            for start in range(0, len(self._data), CHUNK):
                yield self._data[start : start + CHUNK]

        yield chunks()


class MemoryStoredFiles(StoredFiles):
    def __init__(self) -> None:
        self.files: dict[str, StoredFile] = {}

    def add(self, id_: str, data: bytes, mime_type: str) -> StoredFile:
        """Put a file there."""
        self.files[id_] = MemoryFile(id_, data, mime_type)
        return self.files[id_]

    async def find_many(self, ids: Collection[str]) -> dict[str, StoredFile]:
        return {id_: self.files[id_] for id_ in ids if id_ in self.files}
