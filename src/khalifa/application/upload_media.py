"""Use case: an agent uploads a file, to be sent afterwards."""

from collections.abc import AsyncIterable, AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta

from khalifa.application.ports.clock import Clock
from khalifa.application.ports.media import (
    FileTypes,
    Kept,
    MediaStore,
    NoVoiceNote,
    TooManyBytes,
    VoiceNotes,
    Waveforms,
)
from khalifa.application.ports.messaging import Provider
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.read_route import ReadRoute
from khalifa.domain.agents import Agent
from khalifa.domain.errors import FileTypeRefused, InvalidContent
from khalifa.domain.media import (
    MB,
    MediaFile,
    base_type,
    clean_filename,
    found_type,
    is_moving,
    new_media_id,
    too_large,
)
from khalifa.domain.messages import MessageKind
from khalifa.domain.tickets import TicketId
from khalifa.domain.words import Words

# What a browser records before it is made a voice note of.
MOST_RECORDING = 16 * MB
OGG = "audio/ogg"

_EMPTY = Words("The file is empty.", "الملف فارغ.")


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadMedia:
    """
    Keep a file for its agent to send, checked by the rules of whoever would carry it now.

    It is checked again when it is sent, for that may be another one. What is
    not sent within a day is forgotten.
    """

    transact: Transact
    store: MediaStore
    types: FileTypes
    voice_notes: VoiceNotes
    waveforms: Waveforms
    read_route: ReadRoute
    clock: Clock

    async def __call__(
        self,
        agent: Agent,
        chunks: AsyncIterable[bytes],
        *,
        kind: Callable[[], MessageKind | None],
        filename: str | None,
        mime_type: str | None,
        ticket_id: TicketId | None = None,
    ) -> MediaFile:
        """
        Keep what *chunks* bring, to be sent on *ticket_id*, or by the active provider.

        Without a *kind*, it is what its bytes say.

        *kind* is asked once more after the last chunk: by then it may be known.

        Raises:
            FileTooLarge, FileTypeRefused: not as this kind, by this provider; it names the limit.
            InvalidContent: it is empty.
            NotFound, NotAllowed, NoRoute: nothing can be sent on that ticket by *agent*.
        """
        provider = await self.read_route.provider(agent, ticket_id)
        media_id = new_media_id()
        most = _most(provider, kind())
        try:
            kept = await self.store.keep(media_id, chunks, at_most=most)
        except TooManyBytes:
            raise too_large(kind() or MessageKind.DOCUMENT, most=most) from None
        wanted = kind()
        file = MediaFile(
            id=media_id,
            agent_id=agent.id,
            kind=wanted or MessageKind.DOCUMENT,
            declared_type=base_type(mime_type) or None,
            filename=clean_filename(filename),
            created_at=self.clock.now(),
        )
        try:
            await self._look_into(file, kept, provider, guess=wanted is None)
            await self.transact(lambda uow: _add(uow, file))
        except BaseException:
            await self.store.remove([media_id])
            raise
        return file

    async def _look_into(
        self, file: MediaFile, kept: Kept, provider: Provider, *, guess: bool
    ) -> None:
        if kept.size == 0:
            raise InvalidContent(_EMPTY)
        found = found_type(file.declared_type, self.types.of(kept.head), kept.head)
        if guess:
            file.kind = _kind_of(found, provider, kept.size)
        rule = provider.file_rules.get(file.kind)
        drawn = None
        if file.kind is MessageKind.VOICE:
            made = await self._voice_note(file, kept)
            kept = await self.store.keep(file.id, _one(made), at_most=MOST_RECORDING)
            drawn = await self.waveforms.draw(made)
            found, file.filename = OGG, None
        file.arrive(mime_type=found, size=kept.size, sha256=kept.sha256, waveform=drawn)
        if rule is not None:
            if rule.most_still and kept.size > rule.most_still and not is_moving(kept.head):
                raise too_large(file.kind, most=rule.most_still, given=kept.size)
            rule.require(provider.name, file.kind, mime_type=found, size=kept.size)

    async def _voice_note(self, file: MediaFile, kept: Kept) -> bytes:
        """Make what was recorded Ogg with mono Opus, whatever browser recorded it."""
        if kept.size > MOST_RECORDING:
            raise too_large(file.kind, most=MOST_RECORDING, given=kept.size)
        async with self.store.open(file.id) as chunks:
            recording = b"".join([chunk async for chunk in chunks])
        try:
            return await self.voice_notes.make(recording)
        except NoVoiceNote as refusal:
            raise FileTypeRefused(refusal.words) from None


async def _add(uow: UnitOfWork, file: MediaFile) -> None:
    await uow.media.add([file], lease=timedelta())


async def _one(data: bytes) -> AsyncIterator[bytes]:
    yield data


def _most(provider: Provider, kind: MessageKind | None) -> int:
    if kind is MessageKind.VOICE:
        return MOST_RECORDING
    rules = provider.file_rules
    if kind is not None and kind in rules:
        return rules[kind].most
    return max((rule.most for rule in rules.values()), default=100 * MB)


def _kind_of(mime_type: str, provider: Provider, size: int) -> MessageKind:
    """
    Return what a file is sent as when nobody says: what it is if it fits, else a document.

    Where a document may not be such a file either, it is refused as what it is.
    """
    document = provider.file_rules.get(MessageKind.DOCUMENT)
    for kind, family in (
        (MessageKind.IMAGE, "image/"),
        (MessageKind.VIDEO, "video/"),
        (MessageKind.AUDIO, "audio/"),
    ):
        rule = provider.file_rules.get(kind)
        if mime_type.startswith(family) and rule is not None:
            fits = size <= rule.most and rule.takes(mime_type)
            otherwise = document is None or document.takes(mime_type)
            return MessageKind.DOCUMENT if otherwise and not fits else kind
    return MessageKind.DOCUMENT
