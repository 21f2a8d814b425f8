"""Taking in a message's file: into the store, looked into, and shown."""

import asyncio
import binascii
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import suppress
from dataclasses import dataclass

from khalifa.application.events import EventWriter
from khalifa.application.ports.media import (
    FileGone,
    FileTypes,
    MediaStore,
    NotFetchedYet,
    StoreUnavailable,
    TooManyBytes,
    Waveforms,
)
from khalifa.application.ports.unit_of_work import ConcurrentChange, Transact, UnitOfWork
from khalifa.application.views import MessageView
from khalifa.domain.media import MOST_DRAWN, MediaFile, found_type, too_large
from khalifa.domain.messages import MessageId, MessageKind
from khalifa.domain.words import Words

# Of base64, which comes in fours.
_STEP = 256 * 1024
_SHA256 = 32
# A file whose taking in broke off more often may be what breaks it.
_DRAWN_WITHIN = 3

_DAMAGED = Words("The file arrived damaged.", "وصل الملف تالفًا.")
_EMPTY = Words("The file is empty.", "الملف فارغ.")


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeInFile:
    """Put a claimed file into the store, find out what it is, and show it on its message."""

    store: MediaStore
    types: FileTypes
    waveforms: Waveforms
    transact: Transact
    events: EventWriter

    async def __call__(self, file: MediaFile, chunks: AsyncIterable[bytes]) -> None:
        """
        Raises:
            NotFetchedYet, FileGone: it is damaged, or not to be had.
            StoreUnavailable: it cannot be kept now.
            DatabaseUnavailable: what became of it is not written down.
        """
        try:
            kept = await self.store.keep(file.id, chunks, at_most=file.at_most)
        except TooManyBytes:
            words = too_large(file.kind, most=file.at_most, given=file.declared_size).words
            raise FileGone(words) from None
        if kept.size == 0 or not _is_whole(file, kept.sha256):
            await self.store.remove([file.id])
            raise NotFetchedYet(_DAMAGED if kept.size else _EMPTY)
        mime_type = found_type(file.declared_type, self.types.of(kept.head), kept.head)
        drawn = await self._drawn(file, kept.size)
        file.arrive(mime_type=mime_type, size=kept.size, sha256=kept.sha256, waveform=drawn)
        await self.settle(file)

    async def _drawn(self, file: MediaFile, size: int) -> tuple[int, ...] | None:
        if file.kind is not MessageKind.VOICE or size > MOST_DRAWN:
            return None
        if file.attempts > _DRAWN_WITHIN:
            return None
        async with self.store.open(file.id) as chunks:
            return await self.waveforms.draw(b"".join([chunk async for chunk in chunks]))

    async def keep(self, file: MediaFile, chunks: AsyncIterable[bytes]) -> None:
        """Put a file into the store and nothing more. Raises what `MediaStore.keep` raises."""
        await self.store.keep(file.id, chunks, at_most=file.at_most)

    async def is_kept(self, file: MediaFile) -> bool:
        """Say whether the file is in the store, though not yet on record as being there."""
        with suppress(StoreUnavailable):
            return await self.store.size_of(file.id) is not None
        return False

    async def settle(self, file: MediaFile) -> None:
        """Write what became of a claimed file, and show it; a lost claim writes nothing."""

        async def work(uow: UnitOfWork) -> None:
            message_id = file.message_id or MessageId(0)
            found = (await uow.messages.get_many([message_id])).get(message_id)
            if found is None:
                await uow.media.settle(file)
                return
            await uow.customers.lock([found.customer_id])
            message = await uow.messages.get(message_id)
            if message.customer_id != found.customer_id:
                reason = "the customer has just become part of another"
                raise ConcurrentChange(reason)
            if not await uow.media.settle(file):
                return
            message.show(file.shown())
            await uow.messages.save([message])
            ticket = await uow.tickets.get(message.ticket_id)
            view = MessageView.of(message)
            await uow.events.add([self.events.message(view, holder=ticket.agent_id)])

        await self.transact(work)


def _is_whole(file: MediaFile, sha256: str) -> bool:
    """Say whether a file is the one its sender spoke of: in hexadecimal, or in base64."""
    declared = file.declared_sha256
    if not declared:
        return True
    if len(declared) == len(sha256):
        return declared.lower() == sha256
    try:
        digest = binascii.a2b_base64(declared)
    except (binascii.Error, ValueError):
        return True
    return len(digest) != _SHA256 or digest.hex() == sha256


async def decoded(encoded: bytes | memoryview) -> AsyncGenerator[bytes]:
    """Yield the bytes that *encoded* is the base64 of; raises `NotFetchedYet` when it is none."""
    view = memoryview(encoded)
    for start in range(0, len(view), _STEP):
        try:
            yield await asyncio.to_thread(binascii.a2b_base64, view[start : start + _STEP])
        except (binascii.Error, ValueError):
            raise NotFetchedYet(_DAMAGED) from None
