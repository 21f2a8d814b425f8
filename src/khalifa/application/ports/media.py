"""Port: files that belong to messages."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Collection
from contextlib import AbstractAsyncContextManager
from typing import Protocol


class StoredFile(Protocol):
    """
    A file in the media store: what is known of it, and a way to read it.

    ``size`` is in bytes, ``sha256`` in hexadecimal digits. ``mime_type`` is
    what the file was found to be, not what somebody said of it.
    """

    @property
    @abstractmethod
    def id(self) -> str: ...

    @property
    @abstractmethod
    def size(self) -> int: ...

    @property
    @abstractmethod
    def sha256(self) -> str: ...

    @property
    @abstractmethod
    def mime_type(self) -> str: ...

    @abstractmethod
    def open(self) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """
        Return the file's bytes in chunks, from its beginning; any number of times.

        Never the whole file at once: one may have 100 MB.
        """


class StoredFiles(Protocol):
    """The files that can be sent."""

    @abstractmethod
    async def find_many(self, ids: Collection[str]) -> dict[str, StoredFile]:
        """Return the files of *ids* that are there and whole."""
