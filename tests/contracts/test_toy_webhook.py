"""The toy's webhook calls: what a new provider's test of its own looks like."""

import json
from pathlib import Path
from typing import Final

import aiohttp
import pytest

from khalifa.application.ports.messaging import UnreadableWebhook, WebhookCall
from khalifa.domain.messages import Ignored, IncomingMessage, JsonValue
from tests import toy_provider
from tests.contracts.webhook_parser import ParserBench, WebhookParserContract

PAYLOADS: Final = Path(__file__).parent / "payloads" / "toy"
EXPECTED: Final = json.loads((PAYLOADS / "expected.json").read_text(encoding="utf-8"))
SECRET: Final = "open-sesame"


class ToyParserBench(ParserBench):
    secrets = (SECRET,)

    def __init__(self, http: aiohttp.ClientSession) -> None:
        env = {"TOY_URL": "http://127.0.0.1:1", "TOY_SECRET": SECRET}
        self.provider = toy_provider.build(env, http)
        self.bodies = {
            name: (PAYLOADS / name).read_bytes()
            for name, reading in EXPECTED.items()
            if reading["is"] != "unreadable"
        }

    def signed(self, body: bytes) -> WebhookCall:
        return WebhookCall(headers={"x-toy-secret": SECRET}, query={}, body=body)

    def unsigned(self, body: bytes) -> WebhookCall:
        return WebhookCall(headers={}, query={}, body=body)

    def forged(self, body: bytes) -> list[WebhookCall]:
        others = ("", SECRET[:-1], SECRET.upper(), f"{SECRET} ", "سر", "\udcff")
        return [WebhookCall(headers={"x-toy-secret": o}, query={}, body=body) for o in others]


@pytest.fixture
async def parser() -> ToyParserBench:
    async with aiohttp.ClientSession() as http:
        return ToyParserBench(http)


class TestToyWebhook(WebhookParserContract):
    """Every promise of a webhook parser, kept by the toy's."""


@pytest.mark.parametrize("name", EXPECTED)
def test_each_body_says_what_it_says(parser: ToyParserBench, name: str) -> None:
    assert shown(parser, (PAYLOADS / name).read_bytes()) == EXPECTED[name]


def shown(parser: ParserBench, body: bytes) -> dict[str, JsonValue]:
    """Return what is read from *body* in the words of ``expected.json``."""
    try:
        (reading,) = parser.parse(body)
    except UnreadableWebhook:
        return {"is": "unreadable"}
    if isinstance(reading, Ignored):
        return {"is": "ignored", "reason": reading.reason}
    assert isinstance(reading, IncomingMessage)
    return {
        "is": "message",
        "id": reading.whatsapp_message_id,
        "customer": [f"{one.kind.value}:{one.id_ext}" for one in reading.identities],
        "kind": reading.kind.value,
        "text": reading.text,
        "at": None,
    }
