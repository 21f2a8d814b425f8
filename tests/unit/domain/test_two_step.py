"""Codes as people type them."""

import pytest

from khalifa.domain.two_step import TwoStep, grouped, is_app_code, plain_code


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("492039", "492039"),
        (" 492 039\n", "492039"),
        ("٤٩٢٠٣٩", "492039"),
        ("۴۹۲۰۳۹", "492039"),
        ("\u200e492039\u200f", "492039"),
        ("MFRG-gzdf-mztw-q2lk", "mfrggzdfmztwq2lk"),
        ("²", "²"),
        ("", ""),
        ("-", ""),
    ],
)
def test_a_code_is_read_however_it_is_typed(typed: str, code: str) -> None:
    assert plain_code(typed) == code


@pytest.mark.parametrize(
    ("code", "is_the_apps"),
    [("492039", True), ("49203", False), ("4920390", False), ("49203²", False), ("", False)],
)
def test_six_digits_are_the_apps(code: str, is_the_apps: bool) -> None:
    assert is_app_code(code) is is_the_apps


def test_a_recovery_code_is_shown_in_groups_and_read_again() -> None:
    assert grouped("mfrggzdfmztwq2lk") == "mfrg-gzdf-mztw-q2lk"
    assert plain_code(grouped("mfrggzdfmztwq2lk")) == "mfrggzdfmztwq2lk"


def test_a_secret_is_in_no_log() -> None:
    assert "SECRET" not in repr(TwoStep(secret="SECRET", last_step=1))
