"""What every webhook parser promises, whichever provider posts to it."""

import json
import random
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import fields, is_dataclass
from datetime import UTC, timedelta
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from khalifa.application.ports.messaging import (
    Provider,
    UnreadableWebhook,
    UntrustedWebhook,
    WebhookCall,
)
from khalifa.domain.contacts import ANY_PROVIDER, Identity, IdentityKind, PhoneNumber
from khalifa.domain.messages import (
    DeliveryStatus,
    IdentityChange,
    Ignored,
    IncomingMessage,
    JsonValue,
    Reading,
    StatusUpdate,
)

MUTATIONS: Final = 3000
SEED: Final = 20260301
MAX_ID: Final = 512

# What a provider has been seen to put where something else belongs, and worse.
ODDITIES: Final[tuple[JsonValue, ...]] = (
    None,
    True,
    False,
    0,
    -1,
    10**12,
    10**30,
    -(10**30),
    1.5,
    1e308,
    "",
    " ",
    "null",
    "٠١٢",
    "\x00",
    "\ufffd",
    "\u202e",
    "x" * 600,
    "201012345678",
    "+20 101 234 5678",
    "-5",
    "99999999999999999999",
    [],
    [None],
    [[]],
    ["text"],
    {},
    {"": None},
    {"id": {}},
    {"body": []},
    {"code": "131047"},
    {"code": True},
)

_BROKEN: Final = (
    b"",
    b" ",
    b"{",
    b"null",
    b"[]",
    b"[{}]",
    b"7",
    b'"text"',
    b"{}",
    b"\xff\xfe",
    b"<html></html>",
    b"a=b&c=d",
    b'{"a":' * 5000,
    b"[" * 200_000,
    b'{"a":"\xc3\x28"}',
    b"9" * 5000,
)


class ParserBench(ABC):
    """A provider's parser, with bodies it must read and calls it must judge."""

    provider: Provider
    bodies: Mapping[str, bytes]
    secrets: tuple[str, ...]

    @abstractmethod
    def signed(self, body: bytes) -> WebhookCall:
        """Return the call by which the provider would post *body*."""

    @abstractmethod
    def unsigned(self, body: bytes) -> WebhookCall:
        """Return that call without any proof."""

    @abstractmethod
    def forged(self, body: bytes) -> list[WebhookCall]:
        """Return calls by which somebody else would post *body*."""

    def parse(self, body: bytes) -> list[Reading]:
        return list(self.provider.webhook.parse(body))


class WebhookParserContract:
    def test_what_the_provider_sent_is_trusted(self, parser: ParserBench) -> None:
        for body in parser.bodies.values():
            parser.provider.webhook.verify(parser.signed(body))

    def test_a_call_without_proof_is_said_to_be_unsigned(self, parser: ParserBench) -> None:
        with pytest.raises(UntrustedWebhook) as refusal:
            parser.provider.webhook.verify(parser.unsigned(b"{}"))

        assert refusal.value.unsigned

    def test_a_forged_call_is_not_trusted(self, parser: ParserBench) -> None:
        for call in parser.forged(b'{"a":1}'):
            with pytest.raises(UntrustedWebhook) as refusal:
                parser.provider.webhook.verify(call)

            assert not refusal.value.unsigned
            assert not holds_any(str(refusal.value), parser.secrets)

    def test_a_body_read_twice_says_the_same(self, parser: ParserBench) -> None:
        for body in parser.bodies.values():
            assert parser.parse(body) == parser.parse(body)

    def test_every_reading_can_be_stored(self, parser: ParserBench) -> None:
        for body in parser.bodies.values():
            check_readings(parser, parser.parse(body))

    @pytest.mark.parametrize("body", _BROKEN, ids=lambda body: repr(body[:12]))
    def test_what_makes_no_sense_is_refused_without_repeating_it(
        self, parser: ParserBench, body: bytes
    ) -> None:
        with pytest.raises(UnreadableWebhook) as refusal:
            parser.parse(body)

        assert refusal.value.__cause__ is None
        assert len(str(refusal.value)) < 200

    def test_a_damaged_body_is_read_or_refused_and_never_a_crash(self, parser: ParserBench) -> None:
        for body in mutations(list(parser.bodies.values()), MUTATIONS):
            read_or_refused(parser, body)

    def test_any_value_anywhere_is_read_or_refused(self, parser: ParserBench) -> None:
        # Made anew for each parser: Hypothesis wants a test to be of one class only.
        @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(data=st.data())
        def read_or_refuse_anything(data: st.DataObject) -> None:
            body = json.loads(data.draw(st.sampled_from(sorted(parser.bodies.values()))))
            places = list(_places(body))
            if places:
                holder, key = data.draw(st.sampled_from(places))
                _put(holder, key, data.draw(_JSON))

            read_or_refused(parser, json.dumps(body).encode())

        read_or_refuse_anything()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


def read_or_refused(parser: ParserBench, body: bytes) -> None:
    try:
        readings = parser.parse(body)
    except UnreadableWebhook:
        return
    check_readings(parser, readings)


def check_readings(parser: ParserBench, readings: list[Reading]) -> None:
    """Check what any database and any screen may count on."""
    for reading in readings:
        for text in _texts(reading):
            text.encode()
        match reading:
            case IncomingMessage():
                _check_message(parser, reading)
            case StatusUpdate():
                assert reading.provider == parser.provider.name
                assert 0 < len(reading.whatsapp_message_id) <= MAX_ID
                assert (reading.error is not None) == (reading.status is DeliveryStatus.FAILED)
            case IdentityChange():
                assert reading.provider == parser.provider.name
                assert reading.current
                assert len(reading.current) + len(reading.previous) > 1
                assert not set(reading.current) & set(reading.previous)
                assert reading.whatsapp_message_id is None or (
                    0 < len(reading.whatsapp_message_id) <= MAX_ID
                )
                _check_identities(parser, [*reading.current, *reading.previous])
            case Ignored():
                assert reading.reason
                assert len(reading.reason) < 200


def _check_identities(parser: ParserBench, identities: Sequence[Identity]) -> None:
    """Check that what is kept as a number has the shape of one, and nothing else has its name."""
    for identity in identities:
        assert 0 < len(identity.id_ext) <= MAX_ID
        match identity.kind:
            case IdentityKind.PHONE:
                assert identity.provider == ANY_PROVIDER
                assert PhoneNumber.from_provider(identity.id_ext) is not None
            case IdentityKind.BSUID:
                assert identity.provider == parser.provider.name
                assert PhoneNumber.from_provider(identity.id_ext) is None
            case _:
                assert identity.provider == parser.provider.name


def _check_message(parser: ParserBench, message: IncomingMessage) -> None:
    assert message.provider == parser.provider.name
    assert message.identities
    assert len(set(message.identities)) == len(message.identities)
    assert 0 < len(message.whatsapp_message_id) <= MAX_ID
    _check_identities(parser, message.identities)
    assert message.name is None or 0 < len(message.name) <= 255
    json.dumps(message.content, allow_nan=False)
    if message.sent_at is not None:
        assert message.sent_at.tzinfo is UTC
        assert message.sent_at.microsecond == 0
        assert message.sent_at.utcoffset() == timedelta(0)


def _texts(value: object) -> Iterator[str]:
    """Yield every text in a reading, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _texts(getattr(value, field.name))


def holds_any(text: str, secrets: tuple[str, ...]) -> bool:
    return any(secret in text for secret in secrets)


def mutations(bodies: list[bytes], count: int, *, seed: int = SEED) -> Iterator[bytes]:
    """Yield *count* damaged copies of *bodies*, the same ones every time for the same seed."""
    rng = random.Random(seed)
    small = [body for body in bodies if len(body) < 20_000]
    for number in range(count):
        body = rng.choice(small)
        yield _bytes_damaged(body, rng) if number % 4 == 0 else _values_damaged(body, rng)


def _bytes_damaged(body: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(body)
    for _ in range(rng.randint(1, 4)):
        if not damaged:
            break
        at = rng.randrange(len(damaged))
        match rng.randrange(3):
            case 0:
                damaged[at] = rng.randrange(256)
            case 1:
                del damaged[at : at + rng.randint(1, 30)]
            case _:
                damaged[at:at] = damaged[at : at + rng.randint(1, 30)]
    return bytes(damaged)


def _values_damaged(body: bytes, rng: random.Random) -> bytes:
    read = json.loads(body)
    for _ in range(rng.randint(1, 3)):
        places = list(_places(read))
        if places:
            _put(*rng.choice(places), deepcopy(rng.choice(ODDITIES)))
    return json.dumps(read, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")


_Holder = dict[str, JsonValue] | list[JsonValue]


def _places(value: JsonValue) -> Iterator[tuple[_Holder, str | int]]:
    """Yield every place a value stands in."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield value, key
            yield from _places(item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield value, index
            yield from _places(item)


def _put(holder: _Holder, key: str | int, value: JsonValue) -> None:
    if isinstance(holder, dict):
        holder[str(key)] = value
    else:
        holder[int(key)] = value
