"""WPPConnect's webhook calls: whom to trust, and what each body says."""

import base64
import json
import time
import tracemalloc
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final

import aiohttp
import pytest

from khalifa.application.ports.messaging import UnreadableWebhook, UntrustedWebhook, WebhookCall
from khalifa.domain.messages import (
    IdentityChange,
    Ignored,
    IncomingMessage,
    JsonValue,
    Media,
    MessageKind,
    Reading,
    StatusUpdate,
)
from khalifa.infrastructure.messaging import wppconnect
from tests.contracts.webhook_parser import ParserBench, WebhookParserContract
from tests.far_sides import wppconnect_bodies as bodies
from tests.far_sides.wppconnect_messages import contact_card_content, location_content

PAYLOADS: Final = Path(__file__).parent / "payloads" / "wppconnect"
SESSION: Final = "shop1"
SECRET: Final = "The.webhook_secret~1-2"
ENV: Final = {
    "WPPCONNECT_URL": "http://127.0.0.1:21465",
    "WPPCONNECT_SESSION": SESSION,
    "WPPCONNECT_SECRET_KEY": "the-secret-key",
    "WPPCONNECT_WEBHOOK_URL": "http://127.0.0.1:8000",
    "WPPCONNECT_WEBHOOK_SECRET": SECRET,
}
EXPECTED: Final = json.loads((PAYLOADS / "expected.json").read_text(encoding="utf-8"))

Object = dict[str, JsonValue]


def basic(credentials: str | bytes) -> str:
    raw = credentials.encode() if isinstance(credentials, str) else credentials
    return "Basic " + base64.b64encode(raw).decode()


def call(body: bytes, authorization: str | None, **query: str) -> WebhookCall:
    headers = {} if authorization is None else {"authorization": authorization}
    return WebhookCall(headers=headers, query=query, body=body)


class WppconnectParserBench(ParserBench):
    def __init__(self, http: aiohttp.ClientSession) -> None:
        self.provider = wppconnect.build(ENV, http)
        self.secrets = (SECRET, "the-secret-key")
        self.bodies = {name: (PAYLOADS / name).read_bytes() for name in EXPECTED}

    def signed(self, body: bytes) -> WebhookCall:
        return call(body, basic(f"khalifa:{SECRET}"), session=SESSION)

    def unsigned(self, body: bytes) -> WebhookCall:
        return call(body, None, session=SESSION)

    def forged(self, body: bytes) -> list[WebhookCall]:
        proofs = [
            basic(f"khalifa:{SECRET[:-1]}"),
            basic(f"khalifa:{SECRET}x"),
            basic(f"khalifa:{SECRET.lower()}"),
            basic("khalifa:"),
            basic("khalifa"),
            basic(SECRET),
            basic(b"khalifa:\xff\xfe"),
            f"Bearer {SECRET}",
            f"Basic {SECRET}",
            "Basic",
            "Basic ü\udcff",
            "Basic !!!!",
            "\x00",
        ]
        true = basic(f"khalifa:{SECRET}")
        return [
            *(call(body, proof, session=SESSION) for proof in proofs),
            call(body, true, session="other"),
            call(body, true, session=""),
        ]


@pytest.fixture
async def parser() -> AsyncIterator[WppconnectParserBench]:
    async with aiohttp.ClientSession() as http:
        yield WppconnectParserBench(http)


class TestWppconnectWebhook(WebhookParserContract):
    """Every promise of a webhook parser, kept by WPPConnect's."""


@pytest.mark.parametrize("name", EXPECTED)
def test_each_body_says_what_it_says(parser: WppconnectParserBench, name: str) -> None:
    (reading,) = parser.parse(parser.bodies[name])

    assert shown(reading) == EXPECTED[name]


def shown(reading: Reading) -> Object:
    """Return a reading in the words of ``expected.json``: what is empty is left out."""
    match reading:
        case Ignored(reason=reason, whatsapp_message_id=id_ext):
            return {"is": "ignored", "reason": reason, **given(id=id_ext)}
        case StatusUpdate():
            assert reading.at is None
            assert (reading.error is None) is (reading.error_ar is None)
            assert reading.error is None or f"(ack {reading.error_code})" in reading.error
            return {
                "is": "status",
                "id": reading.whatsapp_message_id,
                "status": reading.status.value,
                **given(error=reading.error),
            }
        case IdentityChange():
            return {
                "is": "identity change",
                "previous": [identity.id_ext for identity in reading.previous],
                "current": [identity.id_ext for identity in reading.current],
            }
        case IncomingMessage():
            return message_shown(reading)


def message_shown(message: IncomingMessage) -> Object:
    assert message.message_key == message.whatsapp_message_id
    return {
        "is": "message",
        "id": message.whatsapp_message_id,
        "customer": [f"{one.kind.value}:{one.id_ext}" for one in message.identities],
        "kind": message.kind.value,
        "text": message.text,
        "at": int(message.sent_at.timestamp()) if message.sent_at else None,
        **given(
            name=message.name,
            media=media_shown(message.media) if message.media else None,
            content=dict(message.content) if message.content else None,
            reply_to=message.reply_to,
            from_us=message.from_us or None,
        ),
    }


def media_shown(file: Media) -> Object:
    return given(
        id=file.id_ext,
        url=file.url,
        mime_type=file.mime_type,
        filename=file.filename,
        sha256=file.sha256,
        size=file.size,
    )


def given(**values: JsonValue) -> Object:
    return {name: value for name, value in values.items() if value is not None}


def only_message(parser: ParserBench, body: Mapping[str, object] | bytes) -> IncomingMessage:
    (reading,) = parser.parse(body if isinstance(body, bytes) else json.dumps(body).encode())
    assert isinstance(reading, IncomingMessage)
    return reading


@pytest.mark.parametrize(
    "authorization",
    [basic(f":{SECRET}"), basic(f"whoever:{SECRET}"), basic(f"x:{SECRET}").replace("B", "b", 1)],
)
def test_the_password_alone_proves_it(parser: WppconnectParserBench, authorization: str) -> None:
    parser.provider.webhook.verify(call(b"{}", authorization))


def test_a_webhook_of_another_session_is_not_trusted(parser: WppconnectParserBench) -> None:
    with pytest.raises(UntrustedWebhook, match="another session"):
        parser.provider.webhook.verify(call(b"{}", basic(f"x:{SECRET}"), session="shop2"))


@pytest.mark.parametrize("escape", ["\\ud83d", "\\uDE00", "\\ud83d x", "\\\\ud83d"])
def test_half_an_emoji_anywhere_is_mended(parser: WppconnectParserBench, escape: str) -> None:
    wanted = json.loads(f'"{escape}"').encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    for place in ("body", "notifyName", "shortName"):
        whole = bodies.text_message_body("MARK" if place == "body" else "hi", name="")
        if place == "notifyName":
            whole["notifyName"] = "MARK"
        elif place == "shortName":
            whole["unread"] = "MARK"
        body = json.dumps(whole).replace("MARK", escape).encode()

        reading = only_message(parser, body)

        assert reading.text == (wanted if place == "body" else "hi")
        assert reading.name == (wanted if place == "notifyName" else None)


def test_a_file_in_the_body_is_neither_kept_nor_copied(parser: WppconnectParserBench) -> None:
    whole = bodies.media_message_body("document", data=b"\x00" * (20 * 1024 * 1024), caption="c")
    body = json.dumps(whole).encode()

    tracemalloc.start()
    try:
        reading = only_message(parser, body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert reading.text == "c"
    assert reading.media
    assert reading.media.size == 20 * 1024 * 1024
    assert peak < 1024 * 1024


def test_a_files_body_is_not_its_text_whatever_it_holds(parser: WppconnectParserBench) -> None:
    for kind in ("image", "video", "audio", "ptt", "document", "sticker"):
        for downloaded in (True, False):
            reading = only_message(parser, bodies.media_message_body(kind, downloaded=downloaded))

            assert reading.text is None
            assert reading.media


def test_what_the_far_side_posts_is_read(parser: WppconnectParserBench) -> None:
    place = only_message(parser, bodies.content_message_body(location_content()))
    card = only_message(parser, bodies.content_message_body(contact_card_content()))

    assert place.kind is MessageKind.LOCATION
    assert card.kind is MessageKind.CONTACTS


@pytest.mark.parametrize(
    "body",
    [b'{"session":"shop1"}', b'{"event":null}', b'{"event":["onmessage"]}', b'["onmessage"]'],
)
def test_a_body_without_an_event_makes_no_sense(parser: WppconnectParserBench, body: bytes) -> None:
    with pytest.raises(UnreadableWebhook):
        parser.parse(body)


def test_a_text_is_read_in_microseconds(parser: WppconnectParserBench) -> None:
    body = parser.bodies["text.json"]
    parser.parse(body)
    best = min(_seconds(parser, body) for _ in range(5))

    assert best / 200 < 0.001


def _seconds(parser: WppconnectParserBench, body: bytes) -> float:
    started = time.perf_counter()
    for _ in range(200):
        parser.parse(body)
    return time.perf_counter() - started
