"""One number, many spellings; nonsense is refused."""

import pytest

from khalifa.domain.contacts import PhoneNumber, phone_beginnings
from khalifa.domain.errors import InvalidPhoneNumber


@pytest.mark.parametrize(
    ("raw", "digits"),
    [
        ("01012345678", "201012345678"),
        ("+20 101 234 5678", "201012345678"),
        ("0020 101 234 5678", "201012345678"),
        ("201012345678", "201012345678"),
        ("1012345678", "201012345678"),
        ("(010) 1234-5678", "201012345678"),
        ("٠١٠١٢٣٤٥٦٧٨", "201012345678"),
        ("۰۱۰۱۲۳۴۵۶۷۸", "201012345678"),
        ("+٢٠ ١٠١ ٢٣٤ ٥٦٧٨", "201012345678"),
        ("\u200e+20\u00a0101\u00a0234\u00a05678\u200f", "201012345678"),
        ("966501234567", "966501234567"),
        ("+966 50 123 4567", "966501234567"),
        ("16505551234", "16505551234"),
    ],
)
def test_spellings_of_a_number_are_one_number(raw: str, digits: str) -> None:
    assert PhoneNumber.parse(raw).digits == digits


@pytest.mark.parametrize(
    "raw", ["", "hello", "123", "+", "00", "99999999999999", "US.13491208655302741918"]
)
def test_nonsense_is_refused_without_being_repeated(raw: str) -> None:
    with pytest.raises(InvalidPhoneNumber) as refusal:
        PhoneNumber.parse(raw)

    assert not raw or len(raw) < 4 or raw not in str(refusal.value)


def test_the_region_says_what_a_national_number_is() -> None:
    assert PhoneNumber.parse("0501234567", region="SA").digits == "966501234567"


@pytest.mark.parametrize(
    ("raw", "digits"),
    [("16505551234", "16505551234"), ("+1 (650) 555-1234", "16505551234"), ("US.123", None)],
)
def test_a_provider_vouches_for_its_numbers_but_an_id_is_no_number(
    raw: str, digits: str | None
) -> None:
    number = PhoneNumber.from_provider(raw)

    assert (number.digits if number else None) == digits


@pytest.mark.parametrize(
    ("typed", "region", "beginnings"),
    [
        ("01012345678", "EG", ["201012345678"]),
        ("010", "EG", ["2010"]),
        ("+20 101 234 5678", "EG", ["201012345678"]),
        ("+9665", "EG", ["9665"]),
        ("00966 5", "EG", ["9665"]),
        ("9665", "EG", ["9665", "209665"]),
        ("2010", "EG", ["2010", "202010"]),
        ("050", "SA", ["96650"]),
        ("\u0660\u0661\u0660\u0661", "EG", ["20101"]),
        ("\u06f0\u06f1\u06f0\u06f1", "EG", ["20101"]),
        ("01", "EG", []),
        ("+", "EG", []),
        ("", "EG", []),
        ("Mona", "EG", []),
        ("US.13491208655302741918", "EG", []),
        ("14443111111111@lid", "EG", []),
        ("²³¹", "EG", []),
    ],
)
def test_the_beginning_of_a_number_is_understood_as_the_whole_is(
    typed: str, region: str, beginnings: list[str]
) -> None:
    assert phone_beginnings(typed, region=region) == beginnings
