"""The sandbox's webhook calls: whom to trust, and what each event says; its settings."""

import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import pytest
from redis.asyncio import Redis

from khalifa.application.ports.messaging import Provider, WebhookCall
from khalifa.domain.errors import SettingError
from khalifa.domain.messages import (
    Ignored,
    IncomingMessage,
    JsonValue,
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
PAYLOADS: Final = Path(__file__).parent / "payloads" / "sandbox"
EXPECTED: Final = json.loads((PAYLOADS / "expected.json").read_text(encoding="utf-8"))


class SandboxParserBench(ParserBench):
    secrets = (SECRET,)

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.bodies = {name: (PAYLOADS / name).read_bytes() for name in EXPECTED}

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


@pytest.mark.parametrize("name", EXPECTED)
def test_each_body_says_what_it_says(parser: SandboxParserBench, name: str) -> None:
    assert [shown(reading) for reading in parser.parse(parser.bodies[name])] == EXPECTED[name]


def test_every_body_has_its_reading_beside_it() -> None:
    assert {file.name for file in PAYLOADS.glob("*.json")} == {*EXPECTED, "expected.json"}


def shown(reading: Reading) -> dict[str, JsonValue]:
    """Return *reading* in the words of ``expected.json``: what only some have is left out."""
    match reading:
        case Ignored():
            return {"is": "ignored", "reason": reading.reason}
        case StatusUpdate():
            return {
                "is": "status",
                "id": reading.whatsapp_message_id,
                "opaque_id": reading.opaque_id,
                "status": reading.status.value,
                "at": _seconds(reading.at),
            }
    assert isinstance(reading, IncomingMessage)
    media = reading.media
    file: dict[str, JsonValue] = {}
    if media is not None:
        file = {
            "id": media.id_ext,
            "mime_type": media.mime_type,
            "filename": media.filename,
            "size": media.size,
        }
    more: dict[str, JsonValue] = {
        "content": dict(reading.content or {}),
        "media": file,
        "from_us": reading.from_us,
        "reply_to": reading.reply_to,
    }
    return {
        "is": "message",
        "id": reading.whatsapp_message_id,
        "customer": [f"{one.kind.value}:{one.id_ext}" for one in reading.identities],
        "name": reading.name,
        "kind": reading.kind.value,
        "text": reading.text,
        "at": _seconds(reading.sent_at),
        **{key: value for key, value in more.items() if value},
    }


def _seconds(at: datetime | None) -> int | None:
    return int(at.timestamp()) if at else None


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
