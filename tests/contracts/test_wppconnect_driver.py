"""WPPConnect's driver, against a WPPConnect Server that misbehaves on request."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from khalifa.application.ports.messaging import (
    ChannelStopped,
    MessageRejected,
    OutcomeUnknown,
    Provider,
    ProviderUnreachable,
    RecipientUnreachable,
)
from khalifa.application.ports.outgoing import OutgoingText, QuotedMessage, Receipt
from khalifa.domain.contacts import Address, Identity, IdentityKind, PhoneNumber
from khalifa.domain.messages import IncomingMessage, MessageKind, StatusUpdate
from khalifa.domain.pace import WarningSign
from khalifa.infrastructure.messaging import wppconnect
from khalifa.infrastructure.messaging.wppconnect.client import WppconnectClient
from khalifa.infrastructure.messaging.wppconnect.driver import WppconnectDriver
from khalifa.infrastructure.messaging.wppconnect.settings import WppconnectSettings
from khalifa.infrastructure.provider_http import Timeouts, open_http
from khalifa.infrastructure.provider_settings import InvalidSetting, MissingSetting
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
from tests.far_sides.wppconnect import WppconnectFarSide
from tests.far_sides.wppconnect_bench import listening
from tests.far_sides.wppconnect_messages import message_object, text_content
from tests.far_sides.wppconnect_world import StoredMessage

SESSION = "khalifa_pharmacy"
KEY = "a/secret?key%20#1"
PASSWORD = "far-side.webhook_password"
LID = Identity(wppconnect.NAME, IdentityKind.LID, "14443111111111")
SHORT = Timeouts(connect=0.5, answer=0.5)
KINDS = {
    "chat": MessageKind.TEXT,
    "image": MessageKind.IMAGE,
    "video": MessageKind.VIDEO,
    "audio": MessageKind.AUDIO,
    "ptt": MessageKind.VOICE,
    "document": MessageKind.DOCUMENT,
    "sticker": MessageKind.STICKER,
    "location": MessageKind.LOCATION,
    "vcard": MessageKind.CONTACTS,
    "reaction": MessageKind.REACTION,
}

PLAYED = {
    Scenario.ACCEPTS: "ok",
    Scenario.REFUSES_RECIPIENT: "error_500_object",
    Scenario.REFUSES_MESSAGE: "ack_failure",
    Scenario.BREAKS_OFF_UNREAD: "drop_before",
    Scenario.BREAKS_OFF: "drop_after_acting",
    Scenario.FALLS_SILENT: "hang_after_acting",
    Scenario.HIDES_BEHIND_A_PAGE: "html_500",
    Scenario.LOSES_THE_ID: "false_entry",
}


def env_of(base_url: str, folder: Path) -> dict[str, str]:
    return {
        "WPPCONNECT_URL": base_url,
        "WPPCONNECT_SESSION": SESSION,
        "WPPCONNECT_SECRET_KEY": KEY,
        "WPPCONNECT_WEBHOOK_URL": "http://127.0.0.1:9",
        "WPPCONNECT_WEBHOOK_SECRET": PASSWORD,
        "KHALIFA_DATA_DIR": str(folder),
    }


def impatient(env: dict[str, str], http: aiohttp.ClientSession) -> Provider:
    """Return the provider as it is built, but for time-outs a test can wait for."""
    client = WppconnectClient(WppconnectSettings.from_env(env), http)
    driver = WppconnectDriver(client, timeouts=SHORT)
    return replace(
        wppconnect.build(env, http),
        driver=driver,
        locations=driver,
        contacts=driver,
        reactions=driver,
    )


class WppconnectBench(KindsBench):
    secrets = (KEY, "a%2Fsecret", PASSWORD, "$2b$10$")
    never = frozenset({Scenario.THROTTLES, Scenario.TALKS_NONSENSE})
    # It is not told what became of a reaction.
    never_of = frozenset({(MessageKind.REACTION, Scenario.REFUSES_MESSAGE)})

    def __init__(self, far: WppconnectFarSide, http: aiohttp.ClientSession, folder: Path) -> None:
        self.far, self.http = far, http
        env = env_of(far.base_url, folder)
        self.settings = WppconnectSettings.from_env(env)
        self.provider = impatient(env, http)

    async def arrange(self, scenario: Scenario) -> None:
        self.far.clear_arrangements()
        match scenario:
            case Scenario.IS_AWAY:
                await self.far.go_down()
            case Scenario.SAYS_TRY_AGAIN:
                self.far.kill_browser(SESSION)
            case Scenario.STOPS_THE_CHANNEL:
                self.far.tokens.secret_key = "another"
            case _:
                self.far.arrange(PLAYED[scenario])

    def delivered(self) -> Sequence[Delivered]:
        return [Delivered(one.to.partition("@")[0], one.text or "") for one in self.far.went_out()]

    def kinds(self) -> Sequence[MessageKind]:
        return [KINDS[one.kind] for one in self.far.went_out()]

    def quotes(self) -> Sequence[str]:
        return [str(one.options.get("quotedMsg")) for one in self.far.went_out()]

    async def heard(self) -> QuotedMessage:
        stored = StoredMessage(
            message_object(text_content("hello"), chat=f"{CUSTOMER.digits}@c.us", name="Mona")
        )
        client = self.far.sessions.connected(SESSION)
        assert client
        client.account.keep(f"{CUSTOMER.digits}@c.us", stored)
        return QuotedMessage(whatsapp_message_id=stored.key, from_us=False, chat=self.address)

    def calls(self) -> int:
        return self.asked("send-message")

    def silent(self) -> int:
        return self.far.hanging

    def asked(self, route: str) -> int:
        return sum(request.path.endswith(f"/{route}") for request in self.far.requests)

    async def send_to(self, to: Identity | Address) -> Receipt:
        address = to if isinstance(to, Address) else self.provider.driver.address_of([to])
        assert address
        message = OutgoingText(to=address, text=TEXT, opaque_id="o")
        return await self.provider.driver.send_text(message)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[WppconnectBench]:
    async with WppconnectFarSide(secret_key=KEY) as far, open_http() as http:
        made = WppconnectBench(far, http, tmp_path)
        assert made.provider.session
        await made.provider.session.keep()
        await until(lambda: far.sessions.connected(SESSION) is not None)
        yield made


class TestWppconnectDriver(MessageDriverContract, OutgoingKindsContract):
    """Every promise of a message driver, kept by WPPConnect's."""


# What is asked for


async def test_a_number_is_sent_as_text_to_one_recipient(bench: WppconnectBench) -> None:
    receipt = await bench.send()

    (send,) = bench.far.accepted
    assert (send.asked, send.to) == (f"{CUSTOMER.digits}@c.us",) * 2
    assert receipt == Receipt(send.key, message_key=send.key)


async def test_a_lid_is_sent_as_a_lid_however_short(bench: WppconnectBench) -> None:
    await bench.send_to(LID)

    (send,) = bench.far.went_out()
    assert send.to == "14443111111111@lid"


def phone(digits: str) -> Identity:
    return Identity.of_phone(PhoneNumber(digits))


@pytest.mark.parametrize(
    ("identities", "id_ext"),
    [
        ([phone("201012345678")], "201012345678"),
        ([LID, phone("201012345678")], "201012345678"),
        ([LID], "14443111111111@lid"),
        ([Identity(wppconnect.NAME, IdentityKind.CHAT, "1")], None),
        # WPPConnect takes 15 digits for a LID, and would write to a stranger.
        ([phone("123456789012345")], None),
        ([phone("123456789012345"), LID], "14443111111111@lid"),
    ],
)
def test_a_customer_is_reached_by_number_first_then_by_lid(
    bench: WppconnectBench, identities: list[Identity], id_ext: str | None
) -> None:
    address = bench.provider.driver.address_of(identities)

    assert (address and address.id_ext) == id_ext


@pytest.mark.parametrize(
    "id_ext", ["123456789012345", "201012345678@g.us", "+201012345678", "", "@lid", "٢٠١٠"]
)
async def test_an_address_that_is_none_of_ours_reaches_nobody(
    bench: WppconnectBench, id_ext: str
) -> None:
    failure = await failure_of(bench.send_to(Address(wppconnect.NAME, id_ext)))

    assert type(failure) is RecipientUnreachable
    assert bench.calls() == 0


# What is answered


async def test_a_message_that_went_to_another_chat_is_known_by_its_key(
    bench: WppconnectBench,
) -> None:
    bench.far.migrate(CUSTOMER.digits, "14443111111111@lid")

    receipt = await bench.send()

    (send,) = bench.far.went_out()
    assert send.to == "14443111111111@lid"
    assert receipt.whatsapp_message_id == send.key


@pytest.mark.parametrize("played", ["false_entry", "null_entry"])
async def test_a_message_sent_under_an_unknown_id_is_sent(
    bench: WppconnectBench, played: str
) -> None:
    bench.far.arrange(played)

    assert await bench.send() == Receipt(None)
    assert len(bench.delivered()) == 1


async def test_an_empty_list_is_a_message_to_nobody(bench: WppconnectBench) -> None:
    bench.far.arrange("empty_list")

    assert type(await failure_of(bench.send())) is MessageRejected


async def test_a_message_refused_behind_a_success_is_rejected(bench: WppconnectBench) -> None:
    bench.far.arrange("ack_failure")

    failure = await failure_of(bench.send())

    assert type(failure) is MessageRejected
    assert "(ack -1)" in str(failure)
    # It may be what comes before a ban.
    assert failure.sign is WarningSign.REFUSED


async def test_typing_is_shown_before_a_text_by_the_server_itself(bench: WppconnectBench) -> None:
    client = WppconnectClient(bench.settings, bench.http)
    driver = WppconnectDriver(client, typing=0.2)
    to = driver.address_of([Identity.of_phone(CUSTOMER)])
    assert to is not None
    begun = asyncio.get_running_loop().time()

    await driver.send_text(OutgoingText(to=to, text=TEXT, opaque_id="o"))

    [sent] = bench.far.went_out()
    assert sent.options == {"delay": 200}
    assert asyncio.get_running_loop().time() - begun >= 0.2


async def test_without_typing_nothing_is_asked_of_the_server(bench: WppconnectBench) -> None:
    await bench.send()

    assert [sent.options for sent in bench.far.went_out()] == [{}]


@pytest.mark.parametrize("goes_out", [True, False])
async def test_an_error_without_a_cause_leaves_the_outcome_unknown(
    bench: WppconnectBench, goes_out: bool
) -> None:
    bench.far.arrange("error_500", goes_out=goes_out)

    assert type(await failure_of(bench.send())) is OutcomeUnknown


@pytest.mark.parametrize("goes_out", [True, False])
async def test_a_number_not_found_may_have_got_the_message_all_the_same(
    bench: WppconnectBench, goes_out: bool
) -> None:
    bench.far.not_on_whatsapp(CUSTOMER.digits, goes_out=goes_out)

    failure = await failure_of(bench.send())

    await until(lambda: bool(bench.far.accepted))
    assert len(bench.delivered()) == goes_out
    assert type(failure) is OutcomeUnknown


async def test_a_message_to_a_dead_page_may_be_sent_later(bench: WppconnectBench) -> None:
    bench.far.kill_browser(SESSION)

    failure = await failure_of(bench.send())

    assert type(failure) is ProviderUnreachable
    assert not bench.far.accepted


@asynccontextmanager
async def answering(status: int, body: str) -> AsyncIterator[str]:
    """Serve a WPPConnect that answers every send alike."""

    async def token(_: web.Request) -> web.Response:
        return web.json_response({"token": "t"}, status=201)

    async def send(_: web.Request) -> web.Response:
        return web.Response(text=body, status=status, content_type="application/json")

    app = web.Application()
    app.router.add_post("/api/{session}/{secret}/generate-token", token)
    app.router.add_post("/api/{session}/send-message", send)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


async def outcome(status: int, body: object, folder: Path) -> object:
    text = body if isinstance(body, str) else json.dumps(body)
    async with answering(status, text) as url, open_http() as http:
        driver = impatient(env_of(url, folder), http).driver
        address = driver.address_of([phone(CUSTOMER.digits)])
        assert address
        try:
            return await driver.send_text(OutgoingText(to=address, text=TEXT, opaque_id="o"))
        except (MessageRejected, OutcomeUnknown, ProviderUnreachable) as failure:
            return type(failure)


SENT = {"id": f"true_{CUSTOMER.digits}@c.us_3EB0AA", "ack": 1}
RECEIPT = Receipt("3EB0AA", message_key="3EB0AA")


@pytest.mark.parametrize(
    ("status", "body", "wanted"),
    [
        (201, {"response": [SENT]}, RECEIPT),
        (201, {"response": [SENT | {"ack": 0}]}, RECEIPT),
        (201, {"response": [{"id": SENT["id"]}]}, RECEIPT),
        (201, {"response": [SENT | {"id": {"id": "3EB0AA", "fromMe": True}}]}, RECEIPT),
        (201, {"response": [SENT | {"id": "3EB0AA"}]}, RECEIPT),
        (201, {"response": [{"ack": 1}]}, Receipt(None)),
        (201, {"response": [SENT | {"id": "x" * 600}]}, Receipt(None)),
        (201, {"response": [SENT | {"isSendFailure": True}]}, MessageRejected),
        (201, {"response": [SENT | {"ack": -7}]}, MessageRejected),
        (201, {"response": [SENT, SENT]}, OutcomeUnknown),
        (201, {"response": [True]}, OutcomeUnknown),
        (201, {"response": ["3EB0AA"]}, OutcomeUnknown),
        (201, {"response": None}, OutcomeUnknown),
        (201, {}, OutcomeUnknown),
        (201, [], OutcomeUnknown),
        (201, "null", OutcomeUnknown),
        (201, '{"response":[{"id":"true_', OutcomeUnknown),
        (201, "<html></html>", OutcomeUnknown),
        (200, {"response": [SENT]}, OutcomeUnknown),
        (302, {"response": [SENT]}, OutcomeUnknown),
        (400, "Error sending message", OutcomeUnknown),
        (404, "<html>Cannot POST</html>", OutcomeUnknown),
        (404, {"status": "Disconnected"}, ProviderUnreachable),
        (413, "<html></html>", OutcomeUnknown),
        (500, {"error": {"text": "something else", "status": 404}}, OutcomeUnknown),
        (502, "", OutcomeUnknown),
    ],
)
async def test_only_what_is_surely_so_is_called_sent_or_not_sent(
    status: int, body: object, wanted: object, tmp_path: Path
) -> None:
    assert await outcome(status, body, tmp_path) == wanted


# The token


async def test_the_token_is_made_once_for_many_texts(bench: WppconnectBench) -> None:
    before = bench.asked("generate-token")

    await asyncio.gather(*(bench.send(str(number)) for number in range(10)))
    await bench.send("later")

    assert bench.asked("generate-token") == before + 1
    assert len(bench.delivered()) == 11


async def test_a_refused_token_is_made_anew_and_the_text_goes_out_once(
    bench: WppconnectBench,
) -> None:
    await bench.send("before")
    bench.far.revoke_tokens()

    await asyncio.gather(*(bench.send(str(number)) for number in range(5)))

    assert sorted(one.text for one in bench.delivered()) == ["0", "1", "2", "3", "4", "before"]


async def test_a_token_refused_again_stops_the_channel(tmp_path: Path) -> None:
    async with answering(401, "{}") as url, open_http() as http:
        driver = impatient(env_of(url, tmp_path), http).driver
        message = OutgoingText(to=Address(wppconnect.NAME, "2010"), text="x", opaque_id="o")

        assert type(await failure_of(driver.send_text(message))) is ChannelStopped


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "ü", 7, None])
async def test_something_else_at_the_address_is_no_wppconnect(
    token: object, tmp_path: Path
) -> None:
    async def make(_: web.Request) -> web.Response:
        return web.json_response({"token": token}, status=201)

    app = web.Application()
    app.router.add_post("/{tail:.*}", make)
    async with TestServer(app) as server, open_http() as http:
        driver = impatient(env_of(str(server.make_url("")), tmp_path), http).driver
        message = OutgoingText(to=Address(wppconnect.NAME, "2010"), text="x", opaque_id="o")

        assert type(await failure_of(driver.send_text(message))) is ProviderUnreachable


# Our own words, as they come back


async def test_acks_and_echoes_of_a_text_carry_the_receipts_id(
    bench: WppconnectBench, tmp_path: Path
) -> None:
    bench.far.adjust(on_self_message=True, acks=[1, 2, 3])
    async with listening() as hook:
        client = bench.far.sessions.clients[SESSION]
        client.config["webhook"] = hook.url

        receipt = await bench.send()
        await bench.far.settle()

    readings = [
        reading
        for post in hook.posts
        for reading in bench.provider.webhook.parse(json.dumps(post).encode())
    ]
    echoes = [one for one in readings if isinstance(one, IncomingMessage)]
    acks = [one for one in readings if isinstance(one, StatusUpdate)]
    assert [(echo.from_us, echo.text) for echo in echoes] == [(True, TEXT)]
    assert echoes[0].identities == (phone(CUSTOMER.digits),)
    assert sorted(ack.status for ack in acks) == ["delivered", "read", "sent"]
    ids = {one.whatsapp_message_id for one in echoes} | {one.whatsapp_message_id for one in acks}
    assert ids == {receipt.whatsapp_message_id}


# Settings


def test_the_webhook_given_to_wppconnect_has_session_and_password(tmp_path: Path) -> None:
    settings = WppconnectSettings.from_env(env_of("http://127.0.0.1:1", tmp_path))

    assert settings.webhook == (
        f"http://khalifa:{PASSWORD}@127.0.0.1:9/api/webhook/wppconnect?session={SESSION}"
    )
    assert PASSWORD not in repr(settings)
    assert KEY not in repr(settings)


@pytest.mark.parametrize(
    ("given", "webhook"),
    [
        ("http://server:8000", "http://server:8000/api/webhook/wppconnect"),
        ("http://server:8000/", "http://server:8000/api/webhook/wppconnect"),
        ("https://a.example/khalifa", "https://a.example/khalifa/api/webhook/wppconnect"),
        ("https://a.example/api/webhook/wppconnect/", "https://a.example/api/webhook/wppconnect"),
    ],
)
def test_our_address_may_be_given_with_or_without_the_path(
    given: str, webhook: str, tmp_path: Path
) -> None:
    env = env_of("http://127.0.0.1:1", tmp_path) | {"WPPCONNECT_WEBHOOK_URL": given}

    assert WppconnectSettings.from_env(env).webhook_url == webhook


def test_without_a_session_name_the_usual_one_is_meant(tmp_path: Path) -> None:
    env = env_of("http://127.0.0.1:1", tmp_path) | {"WPPCONNECT_SESSION": " "}

    assert WppconnectSettings.from_env(env).session == "khalifa_pharmacy"


@pytest.mark.parametrize(
    "name",
    [
        "WPPCONNECT_URL",
        "WPPCONNECT_SECRET_KEY",
        "WPPCONNECT_WEBHOOK_URL",
        "WPPCONNECT_WEBHOOK_SECRET",
    ],
)
def test_a_missing_setting_is_named(name: str, tmp_path: Path) -> None:
    env = env_of("http://127.0.0.1:1", tmp_path)
    del env[name]

    with pytest.raises(MissingSetting, match=name):
        WppconnectSettings.from_env(env)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WPPCONNECT_URL", "10.1.2.3:21465"),
        ("WPPCONNECT_URL", "http://user:pass@127.0.0.1"),
        ("WPPCONNECT_SESSION", "Shop One"),
        ("WPPCONNECT_SESSION", "shop/../x"),
        ("WPPCONNECT_SESSION", "s" * 33),
        ("WPPCONNECT_WEBHOOK_URL", "here:8000"),
        ("WPPCONNECT_WEBHOOK_URL", "http://khalifa:pass@server:8000"),
        # Some versions of WPPConnect would pass it on percent-encoded.
        ("WPPCONNECT_WEBHOOK_SECRET", "p@ss/word"),
        ("WPPCONNECT_WEBHOOK_SECRET", "سر"),
    ],
)
def test_a_wrong_setting_is_named_and_not_repeated(name: str, value: str, tmp_path: Path) -> None:
    env = env_of("http://127.0.0.1:1", tmp_path) | {name: value}

    with pytest.raises(InvalidSetting, match=name) as refusal:
        WppconnectSettings.from_env(env)

    assert value not in str(refusal.value)
