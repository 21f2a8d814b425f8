"""One number, many spellings; nonsense is refused."""

import pytest

from khalifa.domain.contacts import PhoneNumber
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
