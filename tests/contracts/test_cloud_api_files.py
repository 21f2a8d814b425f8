"""Files through the Cloud API: its links, its hosts, and uploads that are made once."""

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256

import pytest
from aiohttp import web

from khalifa.application.ports.messaging import NotSent, OutcomeUnknown
from khalifa.application.ports.outgoing import OutgoingMedia, QuotedMessage
from khalifa.domain.media import MB, MediaFile, new_media_id
from khalifa.domain.messages import MessageKind
from khalifa.infrastructure.messaging import cloud_api
from khalifa.infrastructure.provider_http import open_http
from tests.builders import NOW
from tests.contracts.provider_files import (
    LEAFLET,
    FilesBench,
    ProviderFilesContract,
    fetched,
    stored,
)
from tests.contracts.test_cloud_api_driver import CloudApiBench
from tests.contracts.test_provider_downloads import serving
from tests.far_sides.cloud_api import CloudApiFarSide
from tests.far_sides.cloud_api_scenarios import Endpoint
from tests.far_sides.cloud_api_scenarios import Scenario as Far


class CloudFiles(FilesBench):
    def __init__(self, bench: CloudApiBench) -> None:
        self.bench = bench
        self.far = bench.far
        self.provider = bench.provider
        self.address = bench.address

    async def arrived(self) -> tuple[bytes, str | None, str | None]:
        body = self.far.accepted[-1].body
        content = body[str(body["type"])]
        assert isinstance(content, dict)
        media = self.far.world.media.find(str(content["id"]))
        assert media
        return media.data, content.get("filename"), content.get("caption")

    async def comes(self, data: bytes, mime_type: str) -> MediaFile:
        media = self.far.world.media.add(data, mime_type)
        return MediaFile(
            id=new_media_id(),
            provider=cloud_api.NAME,
            id_ext=media.id,
            url=self.far.world.media.new_link(media, self.far.base_url, 300),
            kind=MessageKind.DOCUMENT,
            attempts=1,
            created_at=NOW,
        )

    async def lose(self, file: MediaFile) -> None:
        self.far.world.media.remove(str(file.id_ext))


@pytest.fixture
async def bench() -> AsyncIterator[CloudFiles]:
    async with CloudApiFarSide() as far, open_http() as http:
        yield CloudFiles(CloudApiBench(far, http))


class TestCloudApiFiles(ProviderFilesContract):
    pass


async def test_a_link_that_has_expired_is_asked_for_anew(bench: CloudFiles) -> None:
    file = await bench.comes(LEAFLET, "application/pdf")
    media = bench.far.world.media.find(str(file.id_ext))
    assert media
    file.url = bench.far.world.media.new_link(media, bench.far.base_url, -1)

    assert await fetched(bench.provider, file) == LEAFLET
    assert file.declared_sha256 == sha256(LEAFLET).hexdigest()


async def test_a_link_to_elsewhere_is_never_given_the_token(bench: CloudFiles) -> None:
    asked: list[str] = []

    async def steal(request: web.Request) -> web.StreamResponse:
        asked.append(request.headers.get("Authorization", ""))
        return web.Response(body=b"not it")

    async with serving(steal) as thief:
        file = await bench.comes(LEAFLET, "application/pdf")
        file.url = f"{thief}/x"
        assert await fetched(bench.provider, file) == LEAFLET
    assert asked == []


async def test_the_same_file_is_uploaded_once_and_again_when_it_is_refused(
    bench: CloudFiles,
) -> None:
    file = stored(LEAFLET, "application/pdf")

    async def send() -> None:
        await bench.provider.driver.send_media(
            OutgoingMedia(
                to=bench.address,
                opaque_id="o",
                kind=MessageKind.DOCUMENT,
                file=file,
                mime_type="application/pdf",
                filename="a.pdf",
            )
        )

    def uploads() -> int:
        return sum(1 for one in bench.far.requests if one.path.endswith("/media"))

    await asyncio.gather(send(), send())
    await send()
    assert uploads() == 1


async def test_another_worker_or_one_started_anew_uploads_nothing_again(bench: CloudFiles) -> None:
    message = a_leaflet(bench)
    await bench.provider.driver.send_media(message)
    async with open_http() as http:
        other = CloudApiBench(bench.far, http, bench.bench.uploaded)

        await other.provider.driver.send_media(message)

    assert (await bench.arrived())[0] == LEAFLET
    [uploaded] = [one for one in bench.far.requests if one.path.endswith("/media")]
    assert uploaded


def a_leaflet(bench: FilesBench, quoted: QuotedMessage | None = None) -> OutgoingMedia:
    return OutgoingMedia(
        to=bench.address,
        opaque_id="o",
        quoted=quoted,
        kind=MessageKind.DOCUMENT,
        file=stored(LEAFLET, "application/pdf"),
        mime_type="application/pdf",
        filename="a.pdf",
    )


@pytest.mark.parametrize(
    "scenario", [Far.DROP_BEFORE_READING, Far.DROP_AFTER_ACTING, Far.HTML_502, Far.ERROR_500]
)
async def test_an_upload_that_breaks_off_may_be_repeated_for_nothing_was_sent(
    bench: CloudFiles, scenario: Far
) -> None:
    bench.far.arrange(scenario, endpoint=Endpoint.MEDIA)
    with pytest.raises(NotSent) as failure:
        await bench.provider.driver.send_media(a_leaflet(bench))
    assert failure.value.retryable
    assert list(bench.far.accepted) == []

    bench.far.clear_arrangements()
    assert (await bench.provider.driver.send_media(a_leaflet(bench))).whatsapp_message_id


async def test_a_file_whose_sending_breaks_off_may_have_gone_out(bench: CloudFiles) -> None:
    bench.far.arrange(Far.DROP_AFTER_ACTING)
    with pytest.raises(OutcomeUnknown):
        await bench.provider.driver.send_media(a_leaflet(bench))


async def test_a_file_shows_what_it_answers(bench: CloudFiles) -> None:
    heard = await bench.bench.heard()
    await bench.provider.driver.send_media(a_leaflet(bench, heard))
    assert list(bench.bench.quotes()) == [heard.whatsapp_message_id]


async def test_what_meta_does_not_take_is_not_sent(bench: CloudFiles) -> None:
    message = OutgoingMedia(
        to=bench.address,
        opaque_id="o",
        kind=MessageKind.IMAGE,
        file=stored(b"x" * (6 * MB), "image/png"),
        mime_type="image/png",
    )
    with pytest.raises(NotSent):
        await bench.provider.driver.send_media(message)
    assert list(bench.far.accepted) == []
