"""Ports: files that belong to messages: where they are kept, fetched, looked into, and listed."""

from abc import abstractmethod
from collections.abc import AsyncIterable, AsyncIterator, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from khalifa.domain.errors import KhalifaError
from khalifa.domain.media import MediaFile, MediaId
from khalifa.domain.messages import MessageId
from khalifa.domain.words import Words

# How much of a file's beginning its type is told by.
HEAD = 8 * 1024

Chunks = AbstractAsyncContextManager[AsyncIterator[bytes]]


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
    def open(self) -> Chunks:
        """
        Return the file's bytes in chunks, from its beginning; any number of times.

        Never the whole file at once: one may have 100 MB.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What was seen of a file while it was put into the store. ``head``: its first bytes."""

    size: int
    sha256: str
    head: bytes = field(repr=False)


class StoreError(KhalifaError):
    """A file could not be kept or read."""


class TooManyBytes(StoreError):
    """A file has more bytes than it may have; nothing of it was kept."""


class NotInStore(StoreError):
    """There is no file of this name."""


class StoreUnavailable(StoreError):
    """The disk is full, away, or not ours. The same again may work later."""


class MediaStore(Protocol):
    """
    Keeps files by name. Names are ids of ours: letters, digits, ``-`` and ``_``.

    A file is there whole or not at all, also after a power cut. Every method
    raises `StoreUnavailable` when the store itself does not work.
    """

    @abstractmethod
    async def keep(self, name: str, chunks: AsyncIterable[bytes], *, at_most: int) -> Kept:
        """
        Put a file there, in place of one of the same name; never all of it in memory.

        Whatever *chunks* raises ends it, and nothing is kept.

        Raises:
            TooManyBytes: it has more than *at_most*.
        """

    @abstractmethod
    async def size_of(self, name: str) -> int | None:
        """Return how many bytes the file has, None when there is none."""

    @abstractmethod
    def open(self, name: str, *, start: int = 0, length: int | None = None) -> Chunks:
        """
        Return *length* bytes of a file from *start* on, in chunks; all the rest by default.

        Entering raises `NotInStore`.
        """

    @abstractmethod
    async def remove(self, names: Collection[str]) -> None:
        """Remove files, and those made of them; a name that is not there is passed over."""


class FetchFailed(KhalifaError):
    """A file was not fetched. ``words`` are for the agent, and hold no URL and no token."""


class NotFetchedYet(FetchFailed):
    """It may be fetched later: the provider is away, slow, or broke off."""


class FileGone(FetchFailed):
    """The provider has it no more, or will never give it."""


class MediaSource(Protocol):
    """Optional: fetches the files of messages from a provider."""

    @abstractmethod
    def open(self, file: MediaFile) -> Chunks:
        """
        Return the file's bytes in chunks.

        Entering and reading raise `NotFetchedYet` or `FileGone`.
        """


class FileTypes(Protocol):
    """Tells what files are by their first bytes."""

    @abstractmethod
    def of(self, head: bytes) -> Sequence[str]:
        """Return the MIME types it may have, the likeliest first; none when unknown."""


class NoPicture(KhalifaError):
    """A small picture cannot be made of this."""


class Thumbnails(Protocol):
    """Makes small pictures. ``mime_type`` is what they are."""

    mime_type: str

    @abstractmethod
    async def make(self, image: bytes) -> bytes:
        """Return a small upright picture of *image*, or raise `NoPicture`."""


class NoVoiceNote(KhalifaError):
    """A recording cannot be made a voice note."""

    def __init__(self, words: Words) -> None:
        super().__init__(words)


class VoiceNotes(Protocol):
    """Makes voice notes of recordings."""

    @abstractmethod
    async def make(self, recording: bytes) -> bytes:
        """Return *recording* as Ogg with mono Opus, or raise `NoVoiceNote`."""


class Waveforms(Protocol):
    """Draws voice notes."""

    @abstractmethod
    async def draw(self, sound: bytes) -> tuple[int, ...] | None:
        """
        Return how loud *sound* is over its time: `WAVEFORM_BARS` numbers, 0 to 100.

        None when that cannot be told: it is broken, very long, or no voice note.
        """


class MediaFiles(Protocol):
    """
    The files on record. Part of a unit of work, written after messages.

    Claims are timed by the database's own clock.
    """

    @abstractmethod
    async def add(self, files: Sequence[MediaFile], *, lease: timedelta) -> None:
        """Store new files. Those with a token are claimed for *lease*; others are due at once."""

    @abstractmethod
    async def get_many(self, ids: Collection[MediaId]) -> dict[MediaId, MediaFile]: ...

    @abstractmethod
    async def claim(self, limit: int, *, lease: timedelta) -> list[MediaFile]:
        """
        Claim up to *limit* files that are waiting, due and not claimed, longest due first.

        One whose claim ran out is claimed anew. No file is ever claimed by two.
        """

    @abstractmethod
    async def extend(self, files: Collection[MediaFile], *, lease: timedelta) -> None:
        """Hold claims for longer; one that is lost already stays lost."""

    @abstractmethod
    async def settle(self, file: MediaFile) -> bool:
        """Write what became of a claimed file and end its claim; False when the claim was lost."""

    @abstractmethod
    async def put_back(self, file: MediaFile, *, pause: timedelta) -> None:
        """End a claim; the file is due again after *pause*."""

    @abstractmethod
    async def attach(self, media_id: MediaId, message_id: MessageId) -> None:
        """Make an upload the file of a message."""

    @abstractmethod
    async def detach(self, message_ids: Collection[MessageId]) -> None:
        """Let go of the files of messages that are no more; they are forgotten like uploads."""

    @abstractmethod
    async def due(self) -> bool:
        """Say whether any could be claimed now."""

    @abstractmethod
    async def forget_unsent(self, *, before: datetime, limit: int) -> list[MediaId]:
        """Delete uploads made before *before* that no message has; return which."""
