"""
Bodies of every kind and oddity that Meta's pages describe, and what is read from each.

Written by hand, beside those of ``payloads/cloud_api``; one file each, and in
``expected.json`` all that is read from it, in its order: what is empty is left out.
"""

import json
from pathlib import Path
from typing import Final

import aiohttp
import pytest

from khalifa.domain.contacts import Identity
from khalifa.domain.messages import (
    IdentityChange,
    Ignored,
    IncomingMessage,
    JsonValue,
    Reading,
    StatusUpdate,
)
from tests.contracts.test_cloud_api_webhook import CloudApiParserBench
from tests.contracts.webhook_parser import mutations, read_or_refused

PAYLOADS: Final = Path(__file__).parent / "payloads" / "cloud_api_kinds"
EXPECTED: Final = json.loads((PAYLOADS / "expected.json").read_text(encoding="utf-8"))

Object = dict[str, JsonValue]


@pytest.mark.parametrize("name", sorted(EXPECTED))
async def test_each_body_says_what_it_says(name: str) -> None:
    async with aiohttp.ClientSession() as http:
        readings = CloudApiParserBench(http).parse((PAYLOADS / name).read_bytes())

    assert [shown(reading) for reading in readings] == EXPECTED[name]


def test_nothing_lies_there_without_an_expectation() -> None:
    assert {file.name for file in PAYLOADS.iterdir()} == {*EXPECTED, "expected.json"}


async def test_damaged_they_are_read_or_refused_and_never_a_crash() -> None:
    bodies = [(PAYLOADS / name).read_bytes() for name in sorted(EXPECTED)]
    async with aiohttp.ClientSession() as http:
        parser = CloudApiParserBench(http)

        for body in mutations(bodies, 1000):
            read_or_refused(parser, body)


def shown(reading: Reading) -> Object:
    """Return a reading in the words of ``expected.json``."""
    match reading:
        case Ignored():
            return given(
                ignored=reading.reason, templates_changed=reading.templates_changed or None
            )
        case StatusUpdate():
            return given(
                status=reading.status.value,
                id=reading.whatsapp_message_id,
                code=reading.error_code,
                at=int(reading.at.timestamp()) if reading.at else None,
            )
        case IdentityChange():
            return {"was": named(reading.previous), "is": named(reading.current)}
        case IncomingMessage():
            media = reading.media
            return given(
                kind=reading.kind.value,
                id=reading.whatsapp_message_id,
                customer=named(reading.identities),
                name=reading.name,
                text=reading.text,
                content=dict(reading.content) if reading.content else None,
                file=given(
                    id=media.id_ext, url=media.url, type=media.mime_type, name=media.filename
                )
                if media
                else None,
                reply_to=reading.reply_to,
                from_us=reading.from_us or None,
                at=int(reading.sent_at.timestamp()) if reading.sent_at else None,
            )


def named(identities: tuple[Identity, ...]) -> list[JsonValue]:
    return [f"{one.kind.value}:{one.id_ext}" for one in identities]


def given(**values: JsonValue) -> Object:
    return {name: value for name, value in values.items() if value is not None}
