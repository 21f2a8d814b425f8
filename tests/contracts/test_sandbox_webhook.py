"""The sandbox's webhook calls: whom to trust, and what each event says; its settings."""

import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Final

import pytest
from redis.asyncio import Redis

from khalifa.application.ports.messaging import Provider, WebhookCall
from khalifa.domain.contacts import Identity, PhoneNumber
from khalifa.domain.errors import SettingError
from khalifa.domain.messages import (
    DeliveryStatus,
    Ignored,
    IncomingMessage,
    JsonValue,
    MessageKind,
    Reading,
    StatusUpdate,
)
from khalifa.infrastructure.messaging import sandbox
from khalifa.infrastructure.messaging.sandbox.settings import SIGNATURE, SandboxSettings
from khalifa.infrastructure.provider_http import open_http
from khalifa.infrastructure.provider_settings import InvalidSetting, MissingSetting
from tests.contracts.webhook_parser import ParserBench, WebhookParserContract

SECRET: Final = "the-sandbox-secret"
ENV: Final = {"WHATSAPP_DRIVER": "sandbox", "SANDBOX_SECRET": SECRET}
AT: Final = datetime(2026, 11, 22, 10, 40, tzinfo=UTC)
SECONDS: Final = int(AT.timestamp())
MESSAGE: Final[dict[str, JsonValue]] = {
    "type": "message",
    "id": "sandbox.1",
    "from": "201012345678",
    "name": "أم يوسف",
    "text": "صباح الخير 👩‍👩‍👧",
    "at": SECONDS,
}
STATUS: Final[dict[str, JsonValue]] = {
    "type": "status",
    "id": "sandbox.2",
    "opaque_id": "ours",
    "status": "delivered",
    "at": SECONDS,
}


EVERY_KIND: Final[list[dict[str, JsonValue]]] = [
    {"kind": "location", "text": None, "content": {"latitude": 31.03, "longitude": 31.38}},
    {"kind": "contacts", "content": {"contacts": [{"name": {"formatted_name": "Ali"}}]}},
    {"kind": "interactive", "text": "Yes", "content": {"type": "button_reply", "reply_id": "1"}},
    {"kind": "button", "text": "Yes", "content": {"reply_id": "YES"}},
    {"kind": "order", "content": {"catalog_id": "7", "product_items": [{"quantity": 2}]}},
    {"kind": "reaction", "content": {"message_id": "sandbox.1", "emoji": "👍"}},
    {"kind": "edit", "text": "two", "content": {"message_id": "sandbox.1"}},
    {"kind": "revoke", "content": {"message_id": "sandbox.1"}},
    {"kind": "text", "text": "typed there", "from_us": True},
    {"kind": "text", "text": "that one", "reply_to": "sandbox.1", "content": {"forwarded": True}},
    {"kind": "hologram", "content": {"type": "hologram"}},
]


def body_of(*events: JsonValue) -> bytes:
    return json.dumps({"events": list(events)}, ensure_ascii=False).encode()


class SandboxParserBench(ParserBench):
    secrets = (SECRET,)

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.bodies = {
            "message": body_of(MESSAGE),
            "status": body_of(STATUS),
            "both": body_of(MESSAGE, STATUS, {**STATUS, "status": "read"}),
            "nothing": body_of(),
            "every kind": body_of(*({**MESSAGE, **event} for event in EVERY_KIND)),
        }

    def signed(self, body: bytes) -> WebhookCall:
        signature = SandboxSettings(secret=SECRET).signature(body)
        return WebhookCall(headers={SIGNATURE: signature}, query={}, body=body)

    def unsigned(self, body: bytes) -> WebhookCall:
        return WebhookCall(headers={}, query={}, body=body)

    def forged(self, body: bytes) -> list[WebhookCall]:
        true = self.signed(body).headers[SIGNATURE]
        others = [
            SandboxSettings(secret=SECRET + "x").signature(body),
            SandboxSettings(secret=SECRET).signature(body + b" "),
            true.removeprefix("sha256="),
            true.upper(),
            true[:-1],
            "sha256=",
            "سر",
            "\udcff",
        ]
        return [WebhookCall(headers={SIGNATURE: other}, query={}, body=body) for other in others]


@pytest.fixture
async def parser() -> AsyncIterator[SandboxParserBench]:
    async with open_http() as http, Redis() as redis:
        yield SandboxParserBench(sandbox.build(ENV, http, redis, "http://127.0.0.1:1"))


class TestSandboxWebhook(WebhookParserContract):
    """Every promise of a webhook parser, kept by the sandbox's."""


def test_every_kind_is_read_in_khalifas_own_words(parser: SandboxParserBench) -> None:
    read = parser.parse(body_of(*({**MESSAGE, **event} for event in EVERY_KIND)))

    for reading, event in zip(read, EVERY_KIND, strict=True):
        assert isinstance(reading, IncomingMessage)
        kind = "unsupported" if event["kind"] == "hologram" else event["kind"]
        assert (reading.kind.value, reading.content) == (kind, event.get("content"))
        assert reading.text == event.get("text", MESSAGE["text"])
        assert (reading.from_us, reading.reply_to) == (
            event.get("from_us", False),
            event.get("reply_to"),
        )


def test_a_body_says_what_its_events_say(parser: SandboxParserBench) -> None:
    assert parser.parse(parser.bodies["both"]) == [
        IncomingMessage(
            provider=sandbox.NAME,
            whatsapp_message_id="sandbox.1",
            identities=(Identity.of_phone(PhoneNumber("201012345678")),),
            name="أم يوسف",
            kind=MessageKind.TEXT,
            text="صباح الخير 👩‍👩‍👧",
            sent_at=AT,
        ),
        *(
            StatusUpdate(
                provider=sandbox.NAME,
                whatsapp_message_id="sandbox.2",
                opaque_id="ours",
                status=status,
                at=AT,
            )
            for status in (DeliveryStatus.DELIVERED, DeliveryStatus.READ)
        ),
    ]


@pytest.mark.parametrize(
    ("event", "reading"),
    [
        (None, Ignored(reason="not an event")),
        ({}, Ignored(reason="not an event")),
        ({**MESSAGE, "type": "call"}, Ignored(reason="not an event")),
        ({**MESSAGE, "id": ""}, Ignored(reason="no id")),
        ({**STATUS, "id": "x" * 513}, Ignored(reason="no id")),
        (
            {**MESSAGE, "from": "123456789012345678"},
            Ignored(reason="no sender or no text", whatsapp_message_id="sandbox.1"),
        ),
        (
            {**MESSAGE, "text": None},
            Ignored(reason="no sender or no text", whatsapp_message_id="sandbox.1"),
        ),
        (
            {**STATUS, "status": "failed"},
            Ignored(reason="unknown status", whatsapp_message_id="sandbox.2"),
        ),
    ],
    ids=lambda value: "" if isinstance(value, Ignored) else repr(value)[:30],
)
def test_what_is_no_message_and_no_status_is_counted_with_its_reason(
    parser: SandboxParserBench, event: JsonValue, reading: Reading
) -> None:
    assert parser.parse(body_of(event, STATUS))[0] == reading


class TestSettings:
    @pytest.mark.parametrize(
        ("chosen", "said"),
        [
            ({}, "WHATSAPP_DRIVER is not set"),
            ({"WHATSAPP_DRIVER": "cloud_api"}, "WHATSAPP_DRIVER says cloud_api"),
        ],
    )
    def test_the_sandbox_is_there_only_when_it_is_chosen(
        self, chosen: Mapping[str, str], said: str
    ) -> None:
        with pytest.raises(SettingError, match=said):
            SandboxSettings.from_env({"SANDBOX_SECRET": SECRET, **chosen})

    def test_the_secret_is_made_of_the_passwords_that_all_processes_share(self) -> None:
        env = {
            "WHATSAPP_DRIVER": "sandbox",
            "DATABASE_URL": "mysql://khalifa:first@127.0.0.1/khalifa",
            "REDIS_URL": "redis://127.0.0.1:6379/0",
        }

        made = SandboxSettings.from_env(env)

        assert made == SandboxSettings.from_env(dict(env))
        other = env["DATABASE_URL"].replace("first", "second")
        assert made != SandboxSettings.from_env(env | {"DATABASE_URL": other})
        assert "first" not in made.secret

    @pytest.mark.parametrize(
        "env",
        [
            {},
            {"DATABASE_URL": "sqlite:////tmp/a.db", "REDIS_URL": "unix:///tmp/a.sock"},
            {"DATABASE_URL": "mysql://[", "REDIS_URL": "redis://127.0.0.1"},
        ],
    )
    def test_without_a_password_nothing_is_guessable_because_nothing_starts(
        self, env: Mapping[str, str]
    ) -> None:
        with pytest.raises(MissingSetting, match=r"^SANDBOX_SECRET is not set\. .+"):
            SandboxSettings.from_env({"WHATSAPP_DRIVER": "sandbox", **env})

    def test_a_secret_that_cannot_be_one_is_not_repeated(self) -> None:
        with pytest.raises(InvalidSetting, match="SANDBOX_SECRET") as invalid:
            SandboxSettings.from_env({"WHATSAPP_DRIVER": "sandbox", "SANDBOX_SECRET": "a secret"})

        assert "a secret" not in str(invalid.value)

    def test_the_secret_is_hidden(self) -> None:
        assert SECRET not in repr(SandboxSettings.from_env(ENV))
