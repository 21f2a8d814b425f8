"""The sandbox's driver and connection, on a real Redis whose line breaks at the worst moment."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from enum import Enum, auto
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import aiohttp
import pytest
import redis as blocking_redis
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from khalifa.application.ports.messaging import MessageRejected, OutcomeUnknown
from khalifa.application.ports.outgoing import QuotedMessage
from khalifa.application.ports.played_phones import PlayedFailures, PlayedPhones
from khalifa.domain.filled_template import FilledHeader, FilledTemplate, HeaderType
from khalifa.domain.messages import MessageKind
from khalifa.infrastructure.messaging import sandbox
from khalifa.infrastructure.messaging.sandbox.driver import SandboxDriver
from khalifa.infrastructure.messaging.sandbox.files import PhoneFiles
from khalifa.infrastructure.messaging.sandbox.outbox import Outbox
from khalifa.infrastructure.messaging.sandbox.settings import SandboxSettings
from khalifa.infrastructure.messaging.sandbox.store import PhoneStore
from khalifa.infrastructure.messaging.sandbox.templates import SandboxTemplates
from khalifa.infrastructure.provider_http import open_http
from tests.contracts.message_driver import (
    CUSTOMER,
    TEXT,
    Delivered,
    MessageDriverContract,
    Scenario,
    failure_of,
    until,
)
from tests.contracts.outgoing_kinds import KindsBench, OutgoingKindsContract

SECRET: Final = "the-sandbox-secret"
ENV: Final = {"WHATSAPP_DRIVER": "sandbox", "SANDBOX_SECRET": SECRET}
# Where nobody listens: what is posted there waits.
NO_INTAKE: Final = "http://127.0.0.1:1"

_LOADING = b"-LOADING Redis is loading the dataset in memory\r\n"
_PAGE = b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n\r\n<html></html>"
_MESSAGE = re.compile(rb"sandbox\.[\w-]{22}")


class Cut(Enum):
    """Where the line to Redis breaks, when a message goes over it."""

    NOT = auto()
    BEFORE = auto()
    AFTER = auto()
    SILENT = auto()
    NONSENSE = auto()
    PAGE = auto()
    LOADING = auto()


_ANSWERS = {Cut.NONSENSE: b"?half of an ans", Cut.PAGE: _PAGE}


class Line:
    """A line to Redis that hands everything on, until it is told to break."""

    def __init__(self, url: str) -> None:
        self._far = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self.cut = Cut.NOT
        self.messages: set[bytes] = set()

    async def open(self) -> str:
        """Return the address at which this end is."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        return urlunsplit(self._far._replace(netloc=f":{self._far.password}@127.0.0.1:{port}"))

    async def close(self) -> None:
        assert self._server
        self._server.close()
        for serving in self._serving:
            serving.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = asyncio.current_task()
        assert serving
        self._serving.add(serving)
        try:
            far_reader, far_writer = await asyncio.open_connection(
                self._far.hostname, self._far.port
            )
        except asyncio.CancelledError:
            writer.close()
            return
        back = asyncio.create_task(_bring_back(far_reader, writer))
        try:
            await self._hand_on(reader, far_writer, writer, back)
        except (ConnectionError, asyncio.CancelledError):
            return
        finally:
            back.cancel()
            for end in (writer, far_writer):
                end.close()
            await asyncio.gather(
                back, writer.wait_closed(), far_writer.wait_closed(), return_exceptions=True
            )

    async def _hand_on(
        self,
        reader: asyncio.StreamReader,
        far_writer: asyncio.StreamWriter,
        writer: asyncio.StreamWriter,
        back: asyncio.Task[None],
    ) -> None:
        while chunk := await reader.read(2**20):
            found = _MESSAGE.findall(chunk)
            self.messages.update(found)
            if self.cut is Cut.LOADING:
                writer.write(_LOADING)
                continue
            breaks = bool(found) and self.cut is not Cut.NOT
            if breaks and self.cut is Cut.BEFORE:
                return
            if breaks:
                # Whatever Redis answers is lost from here on.
                back.cancel()
            far_writer.write(chunk)
            await far_writer.drain()
            if breaks and self.cut is not Cut.SILENT:
                writer.write(_ANSWERS.get(self.cut, b""))
                await writer.drain()
                return


async def _bring_back(far_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await far_reader.read(2**20):
            writer.write(chunk)


_CUTS = {
    Scenario.SAYS_TRY_AGAIN: Cut.LOADING,
    Scenario.BREAKS_OFF_UNREAD: Cut.BEFORE,
    Scenario.BREAKS_OFF: Cut.AFTER,
    Scenario.TALKS_NONSENSE: Cut.NONSENSE,
    Scenario.HIDES_BEHIND_A_PAGE: Cut.PAGE,
}


class SandboxBench(KindsBench):
    secrets = (SECRET,)
    # Redis throttles nobody, knows no accounts and gives no ids.
    never = frozenset(
        {
            Scenario.THROTTLES,
            Scenario.STOPS_THE_CHANNEL,
            Scenario.REFUSES_RECIPIENT,
            Scenario.LOSES_THE_ID,
        }
    )

    def __init__(self, url: str, line: Line, redis: Redis, http: aiohttp.ClientSession) -> None:
        self._far = blocking_redis.Redis.from_url(url, decode_responses=True)
        self.line = line
        self.store = PhoneStore(redis)
        settings = SandboxSettings.from_env(ENV)
        self._outbox = Outbox(self.store, http, settings, NO_INTAKE)
        driver = SandboxDriver(self.store, self._outbox, PhoneFiles(redis), patience=0.5)
        self.provider = replace(
            sandbox.build(ENV, http, redis, NO_INTAKE),
            driver=driver,
            locations=driver,
            contacts=driver,
            reactions=driver,
            templates=driver,
            interactive=driver,
        )

    @property
    def phones(self) -> PlayedPhones:
        assert self.provider.phones
        return self.provider.phones

    async def arrange(self, scenario: Scenario) -> None:
        if scenario is Scenario.IS_AWAY:
            await self.line.close()
            return
        self.line.cut = _CUTS.get(scenario, Cut.NOT)
        if self.line.cut is Cut.NOT:
            await self.phones.play(
                PlayedFailures(
                    refuse_next=scenario is Scenario.REFUSES_MESSAGE,
                    no_answer=scenario is Scenario.FALLS_SILENT,
                )
            )

    def delivered(self) -> Sequence[Delivered]:
        return [Delivered(phone, str(kept["text"])) for phone, kept in self._ours()]

    def kinds(self) -> Sequence[MessageKind]:
        return [MessageKind(kept["kind"]) for _, kept in self._ours()]

    def quotes(self) -> Sequence[str]:
        return [str(kept["quoted"]) for _, kept in self._ours()]

    async def heard(self) -> QuotedMessage:
        await self.phones.write(CUSTOMER.digits, "Mona", "hello")
        [message] = await self.phones.messages(CUSTOMER.digits)
        return QuotedMessage(whatsapp_message_id=message.id, from_us=False, chat=self.address)

    def _ours(self) -> list[tuple[str, dict[str, Any]]]:
        """Return what we put on phones, oldest first."""
        found = []
        for key in self._far.keys("khalifa:sandbox:phone:*:messages"):
            phone = str(key).split(":")[3]
            kept = [json.loads(message) for message in self._far.hvals(key)]
            found += [(phone, message) for message in kept if message["opaque_id"]]
        return sorted(found, key=lambda one: float(one[1]["at"]))

    def calls(self) -> int:
        return len(self.line.messages)

    def silent(self) -> int:
        return len(self.delivered())

    async def close(self) -> None:
        self._far.close()
        if posting := self._outbox._posting:
            posting.cancel()
            await asyncio.gather(posting, return_exceptions=True)


@pytest.fixture
async def bench(redis_url: str) -> AsyncIterator[SandboxBench]:
    line = Line(redis_url)
    redis = Redis.from_url(await line.open(), socket_timeout=0.5, retry=Retry(NoBackoff(), 1))
    async with redis, open_http() as http:
        bench = SandboxBench(redis_url, line, redis, http)
        yield bench
        await bench.close()
    await line.close()


class TestSandboxDriver(MessageDriverContract, OutgoingKindsContract):
    """Every promise of a driver, kept by the sandbox's."""


async def test_a_message_said_again_after_a_lost_answer_is_on_the_phone_once(
    bench: SandboxBench,
) -> None:
    bench.line.cut = Cut.AFTER

    assert type(await failure_of(bench.send())) is OutcomeUnknown

    # The client has tried twice, and the message has arrived each time.
    await until(lambda: bool(bench.delivered()))
    assert list(bench.delivered()) == [Delivered(CUSTOMER.digits, TEXT)]
    assert len(await bench.store.waiting()) == 2


async def test_a_redis_that_says_nothing_leaves_it_open(bench: SandboxBench) -> None:
    bench.line.cut = Cut.SILENT

    assert type(await failure_of(bench.send())) is OutcomeUnknown
    assert len(bench.delivered()) == 1


async def test_a_refusal_is_of_one_message(bench: SandboxBench) -> None:
    await bench.phones.play(PlayedFailures(refuse_next=True, late_receipts=True))

    assert type(await failure_of(bench.send())) is MessageRejected

    assert (await bench.send("again", "opaque-2")).whatsapp_message_id
    assert await bench.phones.failures() == PlayedFailures(late_receipts=True)


async def test_a_message_without_an_answer_arrives_and_nothing_is_told_of_it(
    bench: SandboxBench,
) -> None:
    await bench.phones.play(PlayedFailures(no_answer=True))

    assert type(await failure_of(bench.send())) is OutcomeUnknown

    (shown,) = await bench.phones.messages(CUSTOMER.digits)
    assert shown.text == TEXT
    assert not await bench.store.waiting()


async def test_the_sandbox_has_templates_to_try_with() -> None:
    templates = await SandboxTemplates().list_templates()

    assert [(one.name, one.language) for one in templates] == [
        ("hello", "en_US"),
        ("order_ready", "ar"),
        ("offers", "ar"),
    ]
    hello, ready, offers = templates
    hello.require_fits(FilledTemplate(name="hello", language="en_US", body={"name": "Mona"}))
    title = FilledHeader(type=HeaderType.TEXT, text="7")
    ready.require_fits(
        FilledTemplate(name="order_ready", language="ar", header=title, body=("منى", "طلخا"))
    )
    photo = FilledHeader(type=HeaderType.IMAGE, media_id="m")
    offers.require_fits(FilledTemplate(name="offers", language="ar", header=photo, body=("طلخا",)))
