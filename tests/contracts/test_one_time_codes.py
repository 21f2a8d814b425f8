"""Codes are those that every authenticator app makes, and good for a minute or so."""

from base64 import b32encode
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from khalifa.application.ports.two_step import OneTimeCodes
from khalifa.domain.two_step import is_app_code, plain_code
from khalifa.infrastructure.one_time_codes import PyotpOneTimeCodes

STEP = timedelta(seconds=30)
# RFC 6238, appendix B: the last six of its eight digits.
SECRET = b32encode(b"12345678901234567890").decode()
RFC_6238 = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]


@pytest.fixture
def codes() -> OneTimeCodes:
    return PyotpOneTimeCodes()


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(("seconds", "code"), RFC_6238)
def test_codes_are_those_of_the_standard(codes: OneTimeCodes, seconds: int, code: str) -> None:
    assert codes.step_of(code, SECRET, now=at(seconds)) == seconds // 30


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_a_clock_may_be_off_by_one_step(codes: OneTimeCodes, steps: int, good: bool) -> None:
    now = at(1234567890)

    step = codes.step_of("005924", SECRET, now=now + steps * STEP)

    # Whenever it comes, it is the step whose code it is that counts.
    assert step == (1234567890 // 30 if good else None)


@pytest.mark.parametrize("code", ["", "005925", "5924", "0059240", "٠٠٥٩٢٤", "\ud83d", "abcdef"])
def test_any_other_code_is_wrong_and_no_error(codes: OneTimeCodes, code: str) -> None:
    assert codes.step_of(code, SECRET, now=at(1234567890)) is None


def test_secrets_and_recovery_codes_are_random_and_may_be_typed(codes: OneTimeCodes) -> None:
    secrets = {codes.new_secret() for _ in range(50)}
    recovery_codes = {codes.new_recovery_code() for _ in range(50)}

    assert len(secrets) == len(recovery_codes) == 50
    # RFC 4226, 4: a secret of 160 bits.
    assert {len(one) for one in secrets} == {32}
    assert {len(one) for one in recovery_codes} == {16}
    for one in recovery_codes:
        assert one == plain_code(one)
        assert not is_app_code(one)


def test_an_app_is_told_whose_code_it_is(codes: OneTimeCodes) -> None:
    address = urlsplit(codes.address(SECRET, name="د. سارة: المشاية"))

    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert unquote(address.path) == "/khalifa:د. سارة: المشاية"
    assert parse_qs(address.query) == {"secret": [SECRET], "issuer": ["khalifa"]}
