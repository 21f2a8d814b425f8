"""What is promised of files, by whoever carries them: byte for byte, in both directions."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator

import pytest

from khalifa.application.ports.media import FetchFailed, StoredFile
from khalifa.application.ports.messaging import Provider
from khalifa.application.ports.outgoing import OutgoingMedia
from khalifa.application.read_media import FileInStore
from khalifa.domain.contacts import Address
from khalifa.domain.media import MediaFile, MediaStatus, new_media_id
from khalifa.domain.messages import MessageKind
from khalifa.infrastructure.memory.media import MemoryMediaStore
from tests.builders import NOW

# Longer than any piece, and no multiple of one.
PHOTO = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)) * 2000 + b"x"
VOICE = b"OggS" + bytes(range(255, -1, -1)) * 100
LEAFLET = b"%PDF-1.7\n" + "نشرة".encode() * 9000
STICKER = b"RIFF\x10\x00\x00\x00WEBPVP8 " + b"s" * 1000
KINDS = ["image", "video", "audio", "voice", "document", "sticker"]
SENT = [
    (MessageKind.IMAGE, PHOTO, "image/jpeg", None),
    (MessageKind.VIDEO, PHOTO, "video/mp4", None),
    (MessageKind.AUDIO, VOICE, "audio/mpeg", None),
    (MessageKind.VOICE, VOICE, "audio/ogg", None),
    (MessageKind.DOCUMENT, LEAFLET, "application/pdf", "نشرة الدواء.pdf"),
    (MessageKind.STICKER, STICKER, "image/webp", None),
]


def stored(data: bytes, mime_type: str) -> StoredFile:
    """Return a file that is in a media store."""
    store = MemoryMediaStore()
    file = MediaFile(
        id=new_media_id(), kind=MessageKind.DOCUMENT, status=MediaStatus.READY, created_at=NOW
    )
    file.arrive(mime_type=mime_type, size=len(data), sha256=f"{hash(data):x}")
    store.files[file.id] = data
    return FileInStore(file, store)


class FilesBench(ABC):
    """A provider, and its far side."""

    provider: Provider
    address: Address

    @abstractmethod
    async def arrived(self) -> tuple[bytes, str | None, str | None]:
        """Return the file that reached the customer last, its name and the words beside it."""

    @abstractmethod
    async def comes(self, data: bytes, mime_type: str) -> MediaFile:
        """Let a customer's file come in; return what is on record of it."""

    @abstractmethod
    async def lose(self, file: MediaFile) -> None:
        """Make the far side have a file no more."""


async def fetched(provider: Provider, file: MediaFile) -> bytes:
    assert provider.media
    async with provider.media.open(file) as chunks:
        return b"".join([chunk async for chunk in chunks])


class ProviderFilesContract:
    """Wants ``bench``, a `FilesBench`."""

    @pytest.mark.parametrize(("kind", "data", "mime_type", "name"), SENT, ids=KINDS)
    async def test_each_kind_reaches_the_customer_byte_for_byte(
        self, bench: FilesBench, kind: MessageKind, data: bytes, mime_type: str, name: str | None
    ) -> None:
        caption = "هذه هي" if kind in {MessageKind.IMAGE, MessageKind.DOCUMENT} else None

        receipt = await bench.provider.driver.send_media(
            OutgoingMedia(
                to=bench.address,
                opaque_id="opaque-1",
                kind=kind,
                file=stored(data, mime_type),
                mime_type=mime_type,
                caption=caption,
                filename=name,
            )
        )

        assert receipt.whatsapp_message_id
        found, filename, words = await bench.arrived()
        assert found == data
        assert words == caption
        if name is not None:
            assert filename == name

    @pytest.mark.parametrize("size", [1, 2, 3, 300_001, 600_000])
    async def test_a_customers_file_is_fetched_byte_for_byte(
        self, bench: FilesBench, size: int
    ) -> None:
        data = (b"%PDF" + bytes(range(256)) * 3000)[:size]
        file = await bench.comes(data, "application/pdf")

        assert await fetched(bench.provider, file) == data
        # Not by luck: what was there once is there again.
        file.attempts += 1
        assert await fetched(bench.provider, file) == data

    async def test_a_lost_file_is_said_to_be_lost_in_the_end(self, bench: FilesBench) -> None:
        file = await bench.comes(b"%PDF", "application/pdf")
        await bench.lose(file)
        file.attempts = 9

        with pytest.raises(FetchFailed) as failure:
            await fetched(bench.provider, file)

        assert type(failure.value).__name__ == "FileGone"
        assert failure.value.words.arabic


async def one(data: bytes) -> AsyncIterator[bytes]:
    yield data
