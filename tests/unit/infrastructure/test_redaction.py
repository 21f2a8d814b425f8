"""What is read in a log, and what is not."""

import time
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

import pytest

from khalifa.application.ports.journal import BodyKey
from khalifa.domain.contacts import PhoneNumber
from khalifa.infrastructure.redaction import redact, scrub

GONE = "[redacted]"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Telephone numbers, as providers, people and Arabic keyboards write them.
        ("201012345678", GONE),
        ("to 201012345678, now", f"to {GONE}, now"),
        ("tel:201012345678.", f"tel:{GONE}."),
        ("/api/messages/201012345678/read", f"/api/messages/{GONE}/read"),
        ("phone=201012345678&x=1", f"phone={GONE}&x=1"),
        ("'201012345678'", f"'{GONE}'"),
        ("chat_201012345678", f"chat_{GONE}"),
        ("رقم201012345678هنا", f"رقم{GONE}هنا"),
        ("٢٠١٠١٢٣٤٥٦٧٨", GONE),
        ("+201012345678", GONE),
        ("+20 101 234 5678", GONE),
        ("+20 (101) 234-5678", GONE),
        ("00201012345678", GONE),
        ("0101 234 5678", GONE),
        ("01012345678", GONE),
        ("+49 30 123456", GONE),
        # WhatsApp's addresses and the ids made of them.
        ("201012345678@c.us", GONE),
        ("123456789012345@lid", GONE),
        ("201012345678:12@s.whatsapp.net", GONE),
        ("201012345678-1612345678@g.us", GONE),
        ("false_201012345678@c.us_3EB0C767D82B", f"false_{GONE}_3EB0C767D82B"),
        # Secrets.
        ("Authorization: Bearer abc.def-ghi", f"Authorization: {GONE}"),
        ("sent Bearer EAAGm0PX4ZCpsBA", f"sent {GONE}"),
        ("EAAGm0PX4ZCpsBAKZCZAxyz1234567890abcdef", GONE),
        ("sales:$2b$10$jKW5fP3w8_qL-abc/def.", f"sales:{GONE}"),
        ("$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", GONE),
        ("?hub.verify_token=s3cret&hub.challenge=12", f"?hub.verify_token={GONE}&hub.challenge=12"),
        ("/v25.0/me?access_token=abc", f"/v25.0/me?access_token={GONE}"),
        ('{"access_token": "a b c", "x": 1}', f'{{"access_token": {GONE}, "x": 1}}'),
        ("password=hunter2", f"password={GONE}"),
        ("api-key: abc", f"api-key: {GONE}"),
        ("redis://:hunter2@127.0.0.1:6379/0", f"redis://{GONE}@127.0.0.1:6379/0"),
        ("mysql+aiomysql://me:p%40ss@db:3306/k", f"mysql+aiomysql://{GONE}@db:3306/k"),
        # What a database quotes of what it was told.
        (
            "(1062, \"Duplicate entry 'a@b' for key 'uq'\")",
            f"(1062, \"Duplicate entry '{GONE}' for key 'uq'\")",
        ),
        ("[SQL: INSERT …]\n[parameters: ('أريد دواء',)]\n(see)", f"[SQL: INSERT …]\n{GONE}\n(see)"),
    ],
)
def test_secrets_and_telephone_numbers_are_taken_out(text: str, expected: str) -> None:
    assert scrub(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "message delivered",
        "أهلاً 😀",
        "POST /api/webhook/{provider} 200",
        "2026-11-22T23:31:20.123456+00:00",
        "2026-11-22 23:31:20,123",
        "took 12345.678 ms",
        "0.123456789",
        "1795391472.294",
        "1795391472294000000",
        "127.0.0.1:63790",
        "http://127.0.0.1:21465/api",
        "9f86d081884c7d65-1795391472294-0",
        "0123456789abcdef",
        "12345678-1234-5678-9abc-123456789012",
        "wamid.HBgMMjAxMDEyMzQ1Njc4FQIAERgSM0E=",
        "3EB0C767D82B12345678",
        "ticket 1234567 of 15",
        "v24.11.2026",
        "journal 4f2a91c07be35d18, number 1234567",
    ],
)
def test_times_ports_ids_and_prose_stay_readable(text: str) -> None:
    assert scrub(text) == text


@pytest.mark.parametrize(
    "name",
    ["text", "body", "phone", "customer_phone", "verify_token", "Authorization", "X-Api-Key"],
)
@pytest.mark.parametrize("value", ["x", 201012345678, {"a": "b"}, ["x"], b"x"])
def test_whatever_has_a_secret_name_is_left_out_whole(name: str, value: object) -> None:
    assert redact({name: value, "in": {name: value}}) == {name: GONE, "in": {name: GONE}}


@pytest.mark.parametrize("name", ["bodies", "status", "duration_ms", "text_length", "key", "port"])
def test_names_that_only_sound_secret_stay(name: str) -> None:
    assert redact({name: 8}) == {name: 8}


def test_numbers_that_are_numbers_stay() -> None:
    numbers: dict[str, object] = {"at": 1795391472294, "ms": 1795391472.294, "ok": True, "no": None}

    assert redact(numbers) == numbers


def test_what_is_within_other_things_is_found_too() -> None:
    class State(StrEnum):
        OPEN = "open"

    event: dict[str, object] = {
        "error": ValueError("no such customer: 201012345678"),
        "list": ["201012345678", ("x", {"deep": "201012345678"})],
        "path": Path("/media/201012345678.jpg"),
        "customer": PhoneNumber("201012345678"),
        "key": BodyKey("journal", 7),
        "state": State.OPEN,
        "bytes": b"201012345678\xff",
        "at": datetime(2026, 11, 22, tzinfo=UTC),
        "price": Decimal("12.50"),
    }

    assert redact(event) == {
        "error": f"no such customer: {GONE}",
        "list": [GONE, ["x", {"deep": GONE}]],
        "path": f"/media/{GONE}.jpg",
        "customer": GONE,
        "key": "BodyKey(journal='journal', number=7)",
        "state": "open",
        "bytes": f"{GONE}\ufffd",
        "at": "2026-11-22 00:00:00+00:00",
        "price": "12.50",
    }


def test_what_holds_itself_ends() -> None:
    endless: dict[str, object] = {}
    endless["again"] = endless

    assert str(redact({"endless": endless})).endswith("{'again': '…'}}}}}}}")


@pytest.mark.parametrize(
    "piece", ["1", "1 ", "11111-", "a:", "://a:", "token ", "+1 ", "bearer ", "token='", "$2b$10$"]
)
def test_no_text_takes_long(piece: str) -> None:
    begun = time.process_time()

    scrub(piece * (1_000_000 // len(piece)))

    assert time.process_time() - begun < 0.5
