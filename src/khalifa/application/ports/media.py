"""Port: files that belong to messages."""

from abc import abstractmethod
from collections.abc import AsyncIterator
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
