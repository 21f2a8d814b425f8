"""Use case: opening a message's file, or a small picture of it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from khalifa.application.ports.media import Chunks as Reading
from khalifa.application.ports.media import (
    MediaStore,
    NoPicture,
    NotInStore,
    StoredFile,
    Thumbnails,
)
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.tickets import require_sight
from khalifa.domain.agents import Agent
from khalifa.domain.errors import NotFound
from khalifa.domain.media import MB, UNKNOWN_TYPE, MediaFile, MediaId, MediaStatus
from khalifa.domain.words import Words

# What is read into memory to make a small picture of.
MOST_PICTURE = 25 * MB
MOST_THUMBNAIL = MB

_NO_FILE = Words("There is no such file.", "لا يوجد ملف بهذا الرقم.")
_NOT_HERE = Words("The file is not here yet, or never came.", "الملف لم يصل بعد.")
_NO_THUMBNAIL = Words("There is no small picture of this.", "لا توجد صورة مصغّرة لهذا الملف.")


@dataclass(frozen=True, slots=True)
class FileInStore(StoredFile):
    """A file on record whose bytes are in the store."""

    file: MediaFile
    store: MediaStore

    @property
    def id(self) -> str:
        return self.file.id

    @property
    def size(self) -> int:
        return self.file.size or 0

    @property
    def sha256(self) -> str:
        return self.file.sha256 or ""

    @property
    def mime_type(self) -> str:
        return self.file.mime_type or UNKNOWN_TYPE

    def open(self) -> Reading:
        return self.store.open(self.file.id)

    def part(self, start: int, length: int) -> Reading:
        """Return *length* bytes from *start* on, as `open`."""
        return self.store.open(self.file.id, start=start, length=length)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMedia:
    """Find files for whoever may see their ticket; an upload, for whoever made it."""

    transact: Transact
    store: MediaStore
    thumbnails: Thumbnails

    async def __call__(self, agent: Agent, media_id: MediaId) -> FileInStore:
        """
        Raises:
            NotFound, NotAllowed: there is none, not yet, or not for *agent*.
        """

        async def work(uow: UnitOfWork) -> MediaFile:
            file = (await uow.media.get_many([media_id])).get(media_id)
            if file is None:
                raise NotFound(_NO_FILE)
            if file.message_id is None:
                if file.agent_id != agent.id:
                    raise NotFound(_NO_FILE)
                return file
            message = (await uow.messages.get_many([file.message_id])).get(file.message_id)
            if message is None or message.revoked_at is not None:
                # Whoever took it back took its file back, too.
                raise NotFound(_NO_FILE)
            ticket = await uow.tickets.get(message.ticket_id)
            require_sight(agent, ticket.agent_id)
            return file

        file = await self.transact.read(work)
        if file.status is not MediaStatus.READY:
            raise NotFound(_NOT_HERE)
        return FileInStore(file, self.store)

    async def thumbnail(self, agent: Agent, media_id: MediaId) -> bytes:
        """Return a small picture of an image, made once; raises as the call, and `NotFound`."""
        found = await self(agent, media_id)
        name = f"{media_id}.thumb"
        if await self.store.size_of(name) is not None:
            return await self._read(name)
        if not found.mime_type.startswith("image/") or found.size > MOST_PICTURE:
            raise NotFound(_NO_THUMBNAIL)
        try:
            made = await self.thumbnails.make(await self._read(media_id))
        except NoPicture:
            raise NotFound(_NO_THUMBNAIL) from None
        await self.store.keep(name, _one(made), at_most=MOST_THUMBNAIL)
        return made

    async def _read(self, name: str) -> bytes:
        try:
            async with self.store.open(name) as chunks:
                return b"".join([chunk async for chunk in chunks])
        except NotInStore:
            raise NotFound(_NOT_HERE) from None


async def _one(data: bytes) -> AsyncIterator[bytes]:
    yield data
