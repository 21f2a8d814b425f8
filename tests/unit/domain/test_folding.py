"""Folding: whoever searches finds a text however either of them typed it."""

import pytest

from khalifa.domain.errors import InvalidSearch
from khalifa.domain.folding import Search, folded, folded_letters


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("أحمد", "احمد"),
        ("إسراء", "اسراء"),
        ("آية", "ايه"),
        ("روشتة", "روشته"),
        ("منى", "مني"),
        ("شيء", "شئ"),
        ("مسؤول", "مسوول"),
        ("مُحَمَّد", "محمد"),
        ("محـــمد", "محمد"),
        ("١٢٣", "123"),
        ("۱۲۳", "123"),
        ("کریم", "كريم"),
        ("Éclair", "eclair"),
        ("ﷲ", "الله"),
        ("STRASSE", "straße"),
    ],
)
def test_what_people_write_for_each_other_is_one(typed: str, wanted: str) -> None:
    assert folded_letters(typed) == folded_letters(wanted)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("هل يوجد بنادول إكسترا؟", "بنادول"),
        ("هل يوجد بنادول إكسترا؟", "اكسترا بنادول"),
        ("هل يوجد بنادول إكسترا؟", "بناد اكس"),
        ("هل يوجد بنادول إكسترا؟", '"بنادول إكسترا"'),
        ("هل يوجد بنادول إكسترا؟", "«بنادول اكس»"),
        ("عايز البنادول", "بنادول"),
        ("عايز بنادول", "البنادول"),
        ("سعر للبنادول", "بنادول"),
        ("معاك كالسيوم", "كالس"),
        ("معاك كالسيوم", "كالسيوم"),
        ("Concor 5 mg", "concor 5"),
        ("رقم ٢٠٤٦١", "20461"),
        ("خد حبة", "خد"),
        ("الله", "الله"),
    ],
)
def test_words_are_found_by_their_beginnings(text: str, wanted: str) -> None:
    assert Search(wanted).finds(folded(text))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("هل يوجد بنادول إكسترا؟", "دول"),
        ("هل يوجد بنادول إكسترا؟", "بنادول نايت"),
        ("هل يوجد بنادول إكسترا؟", '"إكسترا بنادول"'),
        # Two words that stand apart are no phrase, without their articles neither.
        ("السعر والتوصيل والبديل", '"سعر بديل"'),
        ("", "بنادول"),
    ],
)
def test_what_is_not_there_is_not_found(text: str, wanted: str) -> None:
    assert not Search(wanted).finds(folded(text))


@pytest.mark.parametrize(
    "text", ["", "  ", "ب", "؟!", "a b", "👍", '""', " ".join("abcdefghijk" * 2)]
)
def test_too_little_or_too_much_is_refused(text: str) -> None:
    with pytest.raises(InvalidSearch):
        Search(text)


def test_a_long_message_is_shown_by_the_piece_in_which_something_is() -> None:
    text = "كلام " * 200 + "«البنادول» موجود " + "كلام " * 200

    piece = Search("بنادول").excerpt(text, 60)

    assert "«البنادول» موجود" in piece
    assert piece.startswith("…")
    assert piece.endswith("…")
    assert len(piece) <= 62
    assert Search("بنادول").excerpt("بنادول", 60) == "بنادول"
    assert Search('"a b"').excerpt("x " * 90, 60) == ("x " * 30).strip() + "…"
