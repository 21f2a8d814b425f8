"""Files through the sandbox: a phone's into the business, the business's onto a phone."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from khalifa.application.ports.played_phones import PlayedFile
from khalifa.domain.contacts import Address
from khalifa.domain.media import MediaFile, new_media_id
from khalifa.domain.messages import MessageKind
from khalifa.infrastructure.messaging import sandbox
from khalifa.infrastructure.messaging.sandbox.outbox import Outbox
from khalifa.infrastructure.provider_http import open_http
from khalifa.infrastructure.redis.connection import open_redis
from tests.builders import NOW
from tests.contracts.provider_files import FilesBench, ProviderFilesContract, one
from tests.servers import PrivateRedis

PHONE = "201012345678"
ENV = {"SANDBOX_SECRET": "secret-of-the-sandbox", "WHATSAPP_DRIVER": "sandbox"}


class SandboxFilesBench(FilesBench):
    def __init__(self, redis_url: str) -> None:
        self.address = Address(sandbox.NAME, PHONE)
        self.redis = open_redis(redis_url)
        self.http = open_http()
        # Nobody takes its webhooks here: what matters lies on the phones.
        self.provider = sandbox.build(ENV, self.http, self.redis, "http://127.0.0.1:1")

    async def arrived(self) -> tuple[bytes, str | None, str | None]:
        phones = self.provider.phones
        assert phones
        message = (await phones.messages(PHONE))[-1]
        assert message.content
        file = await phones.find_file(str(message.content["id"]))
        assert file
        data = b"".join([chunk async for chunk in phones.open_file(file.id)])
        assert len(data) == file.size
        return data, file.filename, message.text or None

    async def comes(self, data: bytes, mime_type: str) -> MediaFile:
        phones = self.provider.phones
        assert phones
        file = PlayedFile(id="", kind=MessageKind.DOCUMENT, mime_type=mime_type)
        await phones.send_file(PHONE, "Mona", file, one(data), text="")
        content = (await phones.messages(PHONE))[-1].content
        assert content
        return MediaFile(
            id=new_media_id(),
            provider=sandbox.NAME,
            id_ext=str(content["id"]),
            kind=MessageKind.DOCUMENT,
            attempts=1,
            created_at=NOW,
        )

    async def close(self) -> None:
        outbox = self.provider.session
        assert isinstance(outbox, Outbox)
        if (posting := outbox._posting) is not None:
            # It would open Redis anew.
            posting.cancel()
            await asyncio.gather(posting, return_exceptions=True)
        await self.http.close()
        await self.redis.aclose()

    async def lose(self, file: MediaFile) -> None:
        await self.redis.flushall()


@pytest.fixture
async def bench(redis_server: PrivateRedis) -> AsyncIterator[SandboxFilesBench]:
    redis_server.flushall()
    bench = SandboxFilesBench(redis_server.url)
    yield bench
    await bench.close()


class TestSandboxFiles(ProviderFilesContract):
    pass
