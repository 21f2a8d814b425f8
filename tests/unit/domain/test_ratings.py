"""Which words of a customer's are a rating."""

import pytest

from khalifa.domain.ratings import rating_in


@pytest.mark.parametrize(
    ("text", "rating"),
    [
        ("5", 5),
        (" 1 ", 1),
        ("٤", 4),
        ("۳", 3),
        ("5/5", 5),
        ("٤/٥", 4),
        ("2.", 2),
        ("5️⃣", 5),
        ("⭐⭐⭐", 3),
        ("🌟 🌟", 2),
    ],
)
def test_a_number_from_one_to_five_is_one_however_it_is_written(text: str, rating: int) -> None:
    assert rating_in(text) == rating


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        " ",
        "0",
        "6",
        "٩",
        "10",
        "3/10",
        "5 علب",
        "two",
        "⭐⭐⭐⭐⭐⭐",
        "👍",
        "5?",
        "½",
        "²³",
    ],
)
def test_anything_else_is_a_message(text: str | None) -> None:
    assert rating_in(text) is None
