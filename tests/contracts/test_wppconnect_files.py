"""Files through WPPConnect: all in base64, and none of it held."""

import json
import tracemalloc
from pathlib import Path

import pytest
from aiohttp import web

from khalifa.application.ports.media import NotFetchedYet
from khalifa.application.ports.messaging import MessageRejected, OutcomeUnknown
from khalifa.application.ports.outgoing import OutgoingMedia, QuotedMessage
from khalifa.domain.media import MB, MediaFile, new_media_id
from khalifa.domain.messages import MessageKind
from khalifa.infrastructure.messaging import wppconnect
from khalifa.infrastructure.messaging.wppconnect.files import as_json
from khalifa.infrastructure.provider_http import open_http
from tests.builders import NOW
from tests.contracts.message_driver import Scenario
from tests.contracts.provider_files import (
    PHOTO,
    FilesBench,
    ProviderFilesContract,
    fetched,
    stored,
)
from tests.contracts.test_provider_downloads import serving
from tests.contracts.test_wppconnect_driver import WppconnectBench, env_of
from tests.contracts.test_wppconnect_driver import bench as wppconnect_bench
from tests.far_sides.wppconnect_messages import media_content, message_object
from tests.far_sides.wppconnect_world import StoredMessage

__all__ = ["wppconnect_bench"]


class WppconnectFilesBench(FilesBench):
    def __init__(self, bench: WppconnectBench) -> None:
        self.bench = bench
        self.provider = bench.provider
        self.address = bench.address

    def _account(self) -> dict[str, list[StoredMessage]]:
        client = self.bench.far.sessions.connected("khalifa_pharmacy")
        assert client
        return client.account.chats

    async def arrived(self) -> tuple[bytes, str | None, str | None]:
        (sent,) = self.bench.far.went_out()
        [stored_message] = [
            one for chat in self._account().values() for one in chat if one.key == sent.key
        ]
        assert stored_message.file is not None
        message = stored_message.message
        name, caption = message.get("filename"), message.get("caption")
        return (
            stored_message.file,
            name if isinstance(name, str) else None,
            caption if isinstance(caption, str) else None,
        )

    async def comes(self, data: bytes, mime_type: str) -> MediaFile:
        chat = f"{self.address.id_ext}@c.us"
        content = media_content("document", data=data, mimetype=mime_type)
        kept = StoredMessage(message_object(content, chat=chat, name="Mona"), data)
        client = self.bench.far.sessions.connected("khalifa_pharmacy")
        assert client
        client.account.keep(chat, kept)
        return MediaFile(
            id=new_media_id(),
            provider=wppconnect.NAME,
            id_ext=kept.id,
            kind=MessageKind.DOCUMENT,
            attempts=1,
            created_at=NOW,
        )

    async def lose(self, file: MediaFile) -> None:
        self._account().clear()


@pytest.fixture
async def bench(wppconnect_bench: WppconnectBench) -> WppconnectFilesBench:
    return WppconnectFilesBench(wppconnect_bench)


class TestWppconnectFiles(ProviderFilesContract):
    pass


async def test_the_body_is_the_json_the_server_reads_and_as_long_as_it_says() -> None:
    for size in (0, 1, 2, 3, 192 * 1024, 192 * 1024 + 1, 500_000):
        file = stored(PHOTO[:size], "image/jpeg")
        body = as_json({"phone": "2010", "filename": 'a"ب\n.jpg'}, "base64", file, "image/jpeg")

        sent = b"".join([chunk async for chunk in body.chunks()])

        assert len(sent) == body.size
        read = json.loads(sent)
        assert read["filename"] == 'a"ب\n.jpg'
        assert read["base64"].startswith("data:image/jpeg;base64,")


async def test_a_large_file_is_never_held_whole() -> None:
    file = stored(b"x" * (30 * MB), "application/pdf")
    body = as_json({"phone": "2010"}, "base64", file, "application/pdf")

    tracemalloc.start()
    try:
        async for _ in body.chunks():
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 2 * MB


async def test_a_voice_note_cannot_quote_and_says_so(bench: WppconnectFilesBench) -> None:
    message = OutgoingMedia(
        to=bench.address,
        opaque_id="o",
        kind=MessageKind.VOICE,
        file=stored(b"OggS", "audio/ogg"),
        mime_type="audio/ogg",
        quoted=QuotedMessage(whatsapp_message_id="3EB0", from_us=False, chat=bench.address),
    )
    with pytest.raises(MessageRejected):
        await bench.provider.driver.send_media(message)
    assert bench.bench.far.went_out() == []


def a_photo(bench: WppconnectFilesBench, quoted: QuotedMessage | None = None) -> OutgoingMedia:
    return OutgoingMedia(
        to=bench.address,
        opaque_id="o",
        quoted=quoted,
        kind=MessageKind.IMAGE,
        file=stored(PHOTO, "image/jpeg"),
        mime_type="image/jpeg",
    )


async def test_a_photo_shows_what_it_answers(bench: WppconnectFilesBench) -> None:
    heard = await bench.bench.heard()
    await bench.provider.driver.send_media(a_photo(bench, heard))
    [quoted] = bench.bench.quotes()
    assert heard.whatsapp_message_id in quoted


async def test_a_file_whose_sending_breaks_off_may_have_gone_out(
    bench: WppconnectFilesBench,
) -> None:
    await bench.bench.meets(Scenario.BREAKS_OFF)
    with pytest.raises(OutcomeUnknown):
        await bench.provider.driver.send_media(a_photo(bench))


async def test_a_file_is_asked_of_the_server_in_the_settings_alone(tmp_path: Path) -> None:
    """Not where a message says that it lies, nor where an answer leads."""
    elsewhere: list[str] = []

    async def steal(request: web.Request) -> web.StreamResponse:
        elsewhere.append(request.path)
        return web.json_response({"base64": "bm90IGl0"})

    async with serving(steal) as thief:

        async def lead(request: web.Request) -> web.StreamResponse:
            if request.path.endswith("/generate-token"):
                return web.json_response({"token": "t"}, status=201)
            raise web.HTTPTemporaryRedirect(f"{thief}{request.path}")

        async with serving(lead) as start, open_http() as http:
            provider = wppconnect.build(env_of(start, tmp_path), http)
            file = MediaFile(
                id=new_media_id(),
                provider=wppconnect.NAME,
                id_ext="false_201111111111@c.us_3A",
                url=f"{thief}/x",
                kind=MessageKind.DOCUMENT,
                attempts=1,
                created_at=NOW,
            )
            with pytest.raises(NotFetchedYet):
                await fetched(provider, file)

    assert elsewhere == []
