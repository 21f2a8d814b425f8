"""The Cloud API's driver and connection, against a Graph API that misbehaves on request."""

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from khalifa.application.ports.messaging import (
    ChannelStopped,
    MessageRejected,
    NotSent,
    OutcomeUnknown,
    Provider,
    ProviderUnreachable,
    RateLimited,
    RecipientUnreachable,
)
from khalifa.application.ports.outgoing import OutgoingText, QuotedMessage, Receipt
from khalifa.application.ports.uploaded_files import UploadedFiles
from khalifa.domain.contacts import Address, Identity, IdentityKind
from khalifa.domain.messages import JsonObject, MessageKind
from khalifa.infrastructure.memory.uploaded_files import MemoryUploadedFiles
from khalifa.infrastructure.messaging import cloud_api
from khalifa.infrastructure.messaging.cloud_api.driver import CloudApiDriver
from khalifa.infrastructure.messaging.cloud_api.settings import CloudApiSettings
from khalifa.infrastructure.provider_http import MAX_ANSWER, Timeouts, open_http
from khalifa.infrastructure.provider_settings import InvalidSetting, MissingSetting
from tests.contracts.message_driver import (
    CUSTOMER,
    TEXT,
    Delivered,
    MessageDriverContract,
    Scenario,
    failure_of,
)
from tests.contracts.outgoing_kinds import KindsBench, OutgoingKindsContract
from tests.far_sides.cloud_api import CloudApiFarSide
from tests.far_sides.cloud_api_ids import new_wamid
from tests.far_sides.cloud_api_scenarios import Endpoint
from tests.far_sides.cloud_api_scenarios import Scenario as Played

BSUID = Identity(cloud_api.NAME, IdentityKind.BSUID, "US.13491208655302741918")
SHORT = Timeouts(connect=0.5, answer=0.5)

PLAYED = {
    Scenario.ACCEPTS: Played.ACCEPTS,
    Scenario.THROTTLES: Played.THROTTLED,
    Scenario.SAYS_TRY_AGAIN: Played.TRY_AGAIN,
    Scenario.STOPS_THE_CHANNEL: Played.TOKEN_EXPIRED,
    Scenario.REFUSES_RECIPIENT: Played.RECIPIENT_UNREACHABLE,
    Scenario.REFUSES_MESSAGE: Played.WINDOW_CLOSED,
    Scenario.BREAKS_OFF_UNREAD: Played.DROP_BEFORE_READING,
    Scenario.BREAKS_OFF: Played.DROP_AFTER_ACTING,
    Scenario.FALLS_SILENT: Played.HANG_AFTER_ACTING,
    Scenario.TALKS_NONSENSE: Played.GARBAGE,
    Scenario.HIDES_BEHIND_A_PAGE: Played.HTML_502,
    Scenario.LOSES_THE_ID: Played.NULL_MESSAGE,
}


def env_of(base_url: str) -> dict[str, str]:
    return {
        "CLOUD_API_PHONE_NUMBER_ID": "106540352242922",
        "CLOUD_API_ACCESS_TOKEN": "EAAG-far-side-token",
        "CLOUD_API_APP_SECRET": "far-side-app-secret",
        "CLOUD_API_WEBHOOK_VERIFY_TOKEN": "far-side-verify-token",
        "CLOUD_API_BASE_URL": base_url,
        "CLOUD_API_MEDIA_HOSTS": base_url,
    }


def impatient(
    env: dict[str, str], http: aiohttp.ClientSession, uploaded: UploadedFiles
) -> Provider:
    """Return the provider as it is built, but for time-outs a test can wait for."""
    driver = CloudApiDriver(CloudApiSettings.from_env(env), http, uploaded, timeouts=SHORT)
    return replace(
        cloud_api.build(env, http, uploaded),
        driver=driver,
        locations=driver,
        contacts=driver,
        reactions=driver,
        templates=driver,
        interactive=driver,
    )


def kind_of(body: Mapping[str, object]) -> MessageKind:
    match body:
        case {"audio": {"voice": True}}:
            return MessageKind.VOICE
    return MessageKind(str(body["type"]))


class CloudApiBench(KindsBench):
    secrets = ("EAAG-far-side-token", "far-side-app-secret", "far-side-verify-token")

    def __init__(
        self,
        far: CloudApiFarSide,
        http: aiohttp.ClientSession,
        uploaded: MemoryUploadedFiles | None = None,
    ) -> None:
        self.far = far
        self.uploaded = uploaded or MemoryUploadedFiles()
        self.provider = impatient(env_of(far.base_url), http, self.uploaded)

    async def arrange(self, scenario: Scenario) -> None:
        if scenario is Scenario.IS_AWAY:
            await self.far.go_down()
            return
        self.far.clear_arrangements()
        self.far.arrange(PLAYED[scenario])

    def delivered(self) -> Sequence[Delivered]:
        went_out = [message for message in self.far.accepted if message.went_out]
        return [Delivered(message.who, message.text or "") for message in went_out]

    def kinds(self) -> Sequence[MessageKind]:
        return [kind_of(message.body) for message in self.far.went_out()]

    def quotes(self) -> Sequence[str]:
        return [message.context_id or "" for message in self.far.went_out()]

    async def heard(self) -> QuotedMessage:
        wamid = new_wamid(CUSTOMER.digits)
        return QuotedMessage(whatsapp_message_id=wamid, from_us=False, chat=self.address)

    def calls(self) -> int:
        return sum(request.endpoint is Endpoint.MESSAGES for request in self.far.requests)

    def silent(self) -> int:
        return self.far.hanging


@pytest.fixture
async def bench() -> AsyncIterator[CloudApiBench]:
    async with CloudApiFarSide() as far, open_http() as http:
        yield CloudApiBench(far, http)


class TestCloudApiDriver(MessageDriverContract, OutgoingKindsContract):
    """Every promise of a driver, kept by the Cloud API's."""


async def test_a_number_is_sent_with_its_plus_sign_and_our_id(bench: CloudApiBench) -> None:
    await bench.send("hello", opaque_id="our-id")

    (message,) = bench.far.accepted
    assert message.body == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": f"+{CUSTOMER.digits}",
        "type": "text",
        "text": {"body": "hello"},
        "biz_opaque_callback_data": "our-id",
    }


async def test_a_user_id_is_a_recipient_and_never_a_number(bench: CloudApiBench) -> None:
    address = bench.provider.driver.address_of([BSUID])
    assert address == Address(cloud_api.NAME, BSUID.id_ext)

    await bench.provider.driver.send_text(OutgoingText(to=address, text="hello", opaque_id="o"))

    (message,) = bench.far.accepted
    assert message.went_out
    assert (message.recipient, message.to) == (BSUID.id_ext, None)


async def test_the_number_is_preferred_to_the_user_id(bench: CloudApiBench) -> None:
    phone = Identity.of_phone(CUSTOMER)

    assert bench.provider.driver.address_of([BSUID, phone]) == bench.address
    assert bench.address.id_ext == CUSTOMER.digits


@pytest.mark.parametrize(
    ("text", "previewed"),
    [("see https://example.com/a", True), ("http://x", True), ("see example.com", False)],
)
async def test_only_a_text_with_a_link_asks_for_its_preview(
    bench: CloudApiBench, text: str, previewed: bool
) -> None:
    await bench.send(text)

    (message,) = bench.far.accepted
    sent = message.body["text"]
    assert sent == ({"preview_url": True, "body": text} if previewed else {"body": text})


async def test_the_receipt_has_whatsapps_own_key(bench: CloudApiBench) -> None:
    receipt = await bench.send()

    (message,) = bench.far.accepted
    assert receipt.whatsapp_message_id == message.wamid
    assert receipt.message_key
    assert receipt.message_key.encode() in base64.b64decode(message.wamid.removeprefix("wamid."))


@pytest.mark.parametrize(
    "played",
    [
        Played.HELD,
        Played.CONTACTS_MISSING,
        Played.CONTACTS_USER_ID,
        Played.STATUS_BEFORE_ANSWER,
        Played.NO_STATUSES,
    ],
    ids=str,
)
async def test_whatever_stands_beside_the_id_the_text_is_accepted(
    bench: CloudApiBench, played: Played
) -> None:
    bench.far.arrange(played)

    assert (await bench.send()).whatsapp_message_id


async def test_a_late_answer_is_still_an_answer(bench: CloudApiBench) -> None:
    bench.far.arrange(Played.SLOW, seconds=0.2)

    assert (await bench.send()).whatsapp_message_id


@pytest.mark.parametrize("played", [Played.EMPTY_OBJECT, Played.NULL_MESSAGE, Played.HANG], ids=str)
async def test_an_answer_without_an_id_is_no_receipt(bench: CloudApiBench, played: Played) -> None:
    bench.far.arrange(played)

    assert type(await failure_of(bench.send())) is OutcomeUnknown


async def test_a_page_that_hides_a_sent_message_is_not_taken_for_a_refusal(
    bench: CloudApiBench,
) -> None:
    bench.far.arrange(Played.HTML_502, goes_out=True)

    assert type(await failure_of(bench.send())) is OutcomeUnknown
    assert len(bench.far.accepted) == 1


class Echo:
    """A far side that answers every call with the bytes it was given."""

    def __init__(self) -> None:
        self.status = 200
        self.body = b""
        self.content_type = "application/json"
        self.headers: list[dict[str, str]] = []
        self.moved_to: str | None = None
        self.trickles = False

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.headers.append(dict(request.headers))
        if self.trickles:
            return await self._trickle(request)
        extra = {"Location": self.moved_to} if self.moved_to else {}
        return web.Response(
            status=self.status, body=self.body, content_type=self.content_type, headers=extra
        )

    async def _trickle(self, request: web.Request) -> web.StreamResponse:
        """Never fall silent, and never come to an end."""
        response = web.StreamResponse()
        await response.prepare(request)
        with suppress(ConnectionError):
            while True:
                await response.write(b" ")
                await asyncio.sleep(0.05)
        return response


@pytest.fixture
async def echo() -> Echo:
    return Echo()


@pytest.fixture
async def driven(echo: Echo) -> AsyncIterator[CloudApiDriver]:
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", echo.serve)
    async with TestServer(app) as server, open_http() as http:
        settings = CloudApiSettings.from_env(env_of(str(server.make_url("/"))))
        yield CloudApiDriver(settings, http, MemoryUploadedFiles(), timeouts=SHORT)


def a_text() -> OutgoingText:
    return OutgoingText(to=Address(cloud_api.NAME, CUSTOMER.digits), text=TEXT, opaque_id="o")


def envelope(code: object, **more: object) -> bytes:
    return json.dumps({"error": {"message": f"to {CUSTOMER}", "code": code, **more}}).encode()


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, 4, RateLimited),
        (400, 80007, RateLimited),
        (429, 613, RateLimited),
        (400, 130429, RateLimited),
        (400, 131048, ChannelStopped),
        (400, 131056, RateLimited),
        (429, 999999, RateLimited),
        (500, 1, ProviderUnreachable),
        (503, 2, ProviderUnreachable),
        (500, 131000, ProviderUnreachable),
        (500, 131016, ProviderUnreachable),
        (500, 131057, ProviderUnreachable),
        (503, 133004, ProviderUnreachable),
        (401, 0, ChannelStopped),
        (401, 190, ChannelStopped),
        (403, 10, ChannelStopped),
        (403, 200, ChannelStopped),
        (403, 299, ChannelStopped),
        (403, 131005, ChannelStopped),
        (403, 131031, ChannelStopped),
        (403, 368, ChannelStopped),
        (400, 33, ChannelStopped),
        (400, 131042, ChannelStopped),
        (400, 133010, ChannelStopped),
        (400, 131021, RecipientUnreachable),
        (400, 131026, RecipientUnreachable),
        (400, 131030, RecipientUnreachable),
        (400, "131026", RecipientUnreachable),
        (400, 100, MessageRejected),
        (400, 131047, MessageRejected),
        (400, 131049, MessageRejected),
        (400, 131051, MessageRejected),
        (404, 132001, MessageRejected),
        (400, 300, MessageRejected),
        (500, 999999, MessageRejected),
        # Meta decides on the code, whatever the HTTP status says.
        (200, 131026, RecipientUnreachable),
    ],
)
async def test_metas_code_decides_and_is_shown_without_metas_words(
    driven: CloudApiDriver, echo: Echo, status: int, code: object, kind: type[NotSent]
) -> None:
    echo.status, echo.body = status, envelope(code)

    failure = await failure_of(driven.send_text(a_text()))

    assert type(failure) is kind
    assert f"({code})" in str(failure)
    assert CUSTOMER.digits not in str(failure)


async def test_an_unknown_error_that_meta_calls_passing_is_tried_again(
    driven: CloudApiDriver, echo: Echo
) -> None:
    echo.status, echo.body = 500, envelope(999999, is_transient=True)

    assert type(await failure_of(driven.send_text(a_text()))) is ProviderUnreachable


async def test_too_many_requests_is_a_throttle_whoever_says_it(
    driven: CloudApiDriver, echo: Echo
) -> None:
    echo.status, echo.body, echo.content_type = 429, b"<html>", "text/html"

    assert type(await failure_of(driven.send_text(a_text()))) is RateLimited


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"null"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"messages":[]}'),
        (200, b'{"messages":[{}]}'),
        (200, b'{"messages":[{"id":""}]}'),
        (200, b'{"messages":[{"id":7}]}'),
        (200, b'{"messages":{"id":"wamid.A"}}'),
        (200, b'{"messages":[{"id":"' + b"x" * 513 + b'"}]}'),
        (200, b"[" * 200_000),
        (200, b" " * (MAX_ANSWER + 1)),
        (204, b""),
        (500, b'{"messages":[{"id":"wamid.A"}]}'),
        (500, b"Bad Gateway"),
        (500, b"{}"),
        (400, b'{"error":"no"}'),
        (400, b'{"error":{"message":"no"}}'),
        (400, b'{"error":{"code":true}}'),
        (400, b'{"error":{"code":"x"}}'),
        (404, b"<html>"),
    ],
    ids=lambda value: repr(value[:40]) if isinstance(value, bytes) else str(value),
)
async def test_an_answer_meta_does_not_document_leaves_it_open(
    driven: CloudApiDriver, echo: Echo, status: int, body: bytes
) -> None:
    echo.status, echo.body = status, body

    assert type(await failure_of(driven.send_text(a_text()))) is OutcomeUnknown


async def test_an_answer_without_an_end_is_not_waited_for(
    driven: CloudApiDriver, echo: Echo
) -> None:
    echo.trickles = True

    async with asyncio.timeout(10 * (SHORT.connect + SHORT.answer)):
        assert type(await failure_of(driven.send_text(a_text()))) is OutcomeUnknown


async def test_the_token_follows_no_redirect(driven: CloudApiDriver, echo: Echo) -> None:
    echo.status, echo.moved_to = 307, "/elsewhere"

    assert type(await failure_of(driven.send_text(a_text()))) is OutcomeUnknown
    assert len(echo.headers) == 1


async def test_no_connection_is_kept_that_could_be_closing_at_the_next_text(
    driven: CloudApiDriver, echo: Echo
) -> None:
    echo.body = b'{"messages":[{"id":"wamid.A"}]}'

    assert await driven.send_text(a_text()) == Receipt("wamid.A")
    assert echo.headers[0]["Connection"] == "close"


async def test_a_server_that_takes_no_connections_in_time_was_sent_nothing() -> None:
    # A listening socket whose queue is full neither takes nor refuses.
    with ExitStack() as sockets:
        full = sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        async with open_http() as http:
            base_url = f"http://127.0.0.1:{full.getsockname()[1]}"
            driver = impatient(env_of(base_url), http, MemoryUploadedFiles()).driver

            assert type(await failure_of(driver.send_text(a_text()))) is ProviderUnreachable


class TestConnection:
    async def test_our_number_is_told_in_digits(self, bench: CloudApiBench) -> None:
        status = await bench.provider.connection.status()

        assert (status.state, status.phone, status.detail) == ("connected", "15550783881", None)
        assert status.last_proven_at

    async def test_a_token_that_ran_out_is_named_with_its_variable(
        self, bench: CloudApiBench
    ) -> None:
        bench.far.settings.access_token = "another"

        status = await bench.provider.connection.status()

        assert (status.connected, status.state) == (False, "unauthorized")
        assert "CLOUD_API_ACCESS_TOKEN" in str(status.detail)

    async def test_a_wrong_number_id_is_named_with_its_variable(self, bench: CloudApiBench) -> None:
        line = bench.far.settings.line
        bench.far.settings.line = replace(line, phone_number_id="7")

        status = await bench.provider.connection.status()

        assert (status.connected, status.state) == (False, "not_found")
        assert "CLOUD_API_PHONE_NUMBER_ID" in str(status.detail)

    @pytest.mark.parametrize(
        ("node", "connected", "state"),
        [
            ({"status": "BANNED"}, False, "banned"),
            ({"status": "FLAGGED"}, True, "connected"),
            ({"health_status": {"can_send_message": "BLOCKED"}}, False, "blocked"),
            ({"health_status": {"can_send_message": "LIMITED"}}, True, "connected"),
            ({"status": 7, "health_status": []}, True, "connected"),
        ],
    )
    async def test_what_meta_says_of_the_number_decides(
        self, bench: CloudApiBench, node: JsonObject, connected: bool, state: str
    ) -> None:
        bench.far.world.phone_number.update(node)

        status = await bench.provider.connection.status()

        assert (status.connected, status.state) == (connected, state)
        assert bool(status.detail) is (not connected or "LIMITED" in str(node))
        assert bool(status.detail_ar) is status.needs_person is bool(status.detail)

    @pytest.mark.parametrize(
        "played", [Played.GARBAGE, Played.HTML_502, Played.DROP_BEFORE_READING, Played.ERROR_500]
    )
    async def test_whatever_comes_back_it_is_a_status(
        self, bench: CloudApiBench, played: Played
    ) -> None:
        bench.far.arrange(played, endpoint=Endpoint.PHONE_NUMBER)

        status = await bench.provider.connection.status()

        assert not status.connected
        assert status.detail


class TestSettings:
    ENV = env_of("https://graph.example")

    @pytest.mark.parametrize("name", sorted(ENV))
    async def test_a_missing_one_is_named_with_where_to_find_it(self, name: str) -> None:
        async with open_http() as http:
            env = self.ENV | {name: "  "}
            if name in {"CLOUD_API_BASE_URL", "CLOUD_API_MEDIA_HOSTS"}:
                assert cloud_api.build(env, http, MemoryUploadedFiles())
                return
            with pytest.raises(MissingSetting, match=rf"^{name} is not set\. .+") as missing:
                cloud_api.build(env, http, MemoryUploadedFiles())

        assert missing.value.name == name

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("CLOUD_API_PHONE_NUMBER_ID", "+1 555 078 3881"),
            ("CLOUD_API_PHONE_NUMBER_ID", "١٢٣"),
            ("CLOUD_API_ACCESS_TOKEN", "EAAG secret"),
            ("CLOUD_API_ACCESS_TOKEN", "EAAG\nHost: secret"),
            ("CLOUD_API_VERSION", "25"),
            ("CLOUD_API_VERSION", "../v1"),
            ("CLOUD_API_BASE_URL", "graph.facebook.com"),
            ("CLOUD_API_BASE_URL", "ftp://graph.facebook.com"),
            ("CLOUD_API_BASE_URL", "https://user:secret@graph.facebook.com"),
            ("CLOUD_API_BASE_URL", "https://graph.facebook.com/?a=b"),
            ("CLOUD_API_BASE_URL", "https://graph.facebook.com:99999"),
            ("CLOUD_API_BASE_URL", "https://["),
            ("CLOUD_API_BASE_URL", "https://"),
        ],
    )
    def test_a_wrong_one_is_named_and_not_repeated(self, name: str, value: str) -> None:
        with pytest.raises(InvalidSetting, match=name) as invalid:
            CloudApiSettings.from_env(self.ENV | {name: value})

        assert "secret" not in str(invalid.value)
        assert invalid.value.__cause__ is None

    def test_they_hide_what_is_secret(self) -> None:
        shown = repr(CloudApiSettings.from_env(self.ENV))

        assert not [secret for secret in CloudApiBench.secrets if secret in shown]
        assert "106540352242922" in shown
