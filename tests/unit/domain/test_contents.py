"""What WhatsApp takes of places, cards, buttons, lists and templates; what is above is named."""

import math
from collections.abc import Callable

import pytest

from khalifa.domain.contents import ContactCard, Location, require_cards, require_emoji
from khalifa.domain.errors import InvalidContent
from khalifa.domain.filled_template import (
    ButtonType,
    FilledButton,
    FilledHeader,
    FilledTemplate,
    HeaderType,
)
from khalifa.domain.interactive import Button, Buttons, ChoiceList, Row, Section

FILE = "https://files.example/leaflet.pdf"


def buttons(*titles: str, body: str = "Which?", **more: str) -> Buttons:
    made = tuple(Button(id=f"b{place}", title=title) for place, title in enumerate(titles))
    return Buttons(body=body, buttons=made, **more)


def choices(*rows: Row, body: str = "Which?", button: str = "Branches") -> ChoiceList:
    return ChoiceList(body=body, button=button, sections=(Section(rows=rows),))


def rows(count: int) -> tuple[Row, ...]:
    return tuple(Row(id=f"r{place}", title="Branch") for place in range(count))


def template(*body: str, name: str = "order_ready", language: str = "ar") -> FilledTemplate:
    return FilledTemplate(name=name, language=language, body=body)


def header(
    type_: HeaderType,
    *,
    text: str | None = None,
    name: str | None = None,
    link: str | None = None,
    id: str | None = None,  # noqa: A002 - the field's own name
    filename: str | None = None,
) -> FilledHeader:
    return FilledHeader(type=type_, text=text, name=name, link=link, id=id, filename=filename)


def template_button(index: int = 0, value: str = "yes") -> FilledButton:
    return FilledButton(type=ButtonType.QUICK_REPLY, index=index, value=value)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Location(latitude=-90, longitude=180, name="ن" * 1000),
        lambda: Location(latitude=31.0364, longitude=31.3807),
        lambda: ContactCard(name="د. منى", phones=("01012345678", "+966 50 123 4567")),
        lambda: buttons("نعم", "لا", "اتصل بي", body="؟" * 1024, header="h" * 60, footer="f" * 60),
        lambda: buttons("x" * 20),
        lambda: choices(*rows(10), body="x" * 4096, button="b" * 20),
        lambda: choices(Row(id="i" * 200, title="t" * 24, description="d" * 72)),
        lambda: template("منى", "3"),
        lambda: FilledTemplate(name="order_ready", language="ar", body={"customer": "منى"}),
        lambda: header(HeaderType.IMAGE, link=FILE),
        lambda: header(HeaderType.DOCUMENT, id="1234", filename="leaflet.pdf"),
        lambda: header(HeaderType.TEXT, text="منى", name="customer"),
        lambda: FilledHeader(type=HeaderType.LOCATION, location=Location(latitude=1, longitude=2)),
    ],
)
def test_what_is_within_the_limits_is_taken(make: Callable[[], object]) -> None:
    assert make()


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Location(latitude=90.1, longitude=0), "90"),
        (lambda: Location(latitude=0, longitude=-181), "180"),
        (lambda: Location(latitude=math.nan, longitude=0), "90"),
        (lambda: Location(latitude=0, longitude=math.inf), "180"),
        (lambda: Location(latitude=0, longitude=0, name="x" * 1001), "1,000"),
        (lambda: Location(latitude=0, longitude=0, address=" "), "empty"),
        (lambda: ContactCard(name=" ", phones=("+201012345678",)), "empty"),
        (lambda: ContactCard(name="Mona", phones=()), "at least one"),
        (lambda: ContactCard(name="Mona", phones=("12",)), "+20"),
        (lambda: ContactCard(name="Mona", phones=("+201012345678",) * 21), "20"),
        (buttons, "at least one"),
        (lambda: buttons("a", "b", "c", "d"), "3"),
        (lambda: buttons("same", "same"), "differ"),
        (lambda: buttons("x" * 21), "20"),
        (lambda: buttons(""), "empty"),
        (lambda: buttons("a", body="x" * 1025), "1,024"),
        (lambda: buttons("a", body="\n"), "empty"),
        (lambda: buttons("a", header="x" * 61), "60"),
        (lambda: buttons("a", footer="x" * 61), "60"),
        (lambda: Button(id="i" * 257, title="a"), "256"),
        (lambda: Buttons(body="?", buttons=(Button(id="1", title="a"),) * 2), "differ"),
        (
            lambda: Buttons(
                body="?", buttons=(Button(id="1", title="a"), Button(id="1", title="b"))
            ),
            "differ",
        ),
        (choices, "at least one"),
        (lambda: choices(*rows(11)), "10"),
        (lambda: choices(Row(id="1", title="a"), Row(id="1", title="b")), "differ"),
        (lambda: Row(id="1", title="x" * 25), "24"),
        (lambda: Row(id="1", title="x", description="x" * 73), "72"),
        (lambda: Row(id="x" * 201, title="x"), "200"),
        (lambda: choices(*rows(1), button="x" * 21), "20"),
        (lambda: choices(*rows(1), body="x" * 4097), "4,096"),
        (lambda: ChoiceList(body="?", button="b", sections=()), "at least one"),
        (
            lambda: ChoiceList(
                body="?",
                button="b",
                sections=tuple(
                    Section(title=f"s{n}", rows=(Row(id=f"{n}", title="x"),)) for n in range(11)
                ),
            ),
            "10",
        ),
        (
            lambda: ChoiceList(
                body="?", button="b", sections=(Section(rows=rows(6)), Section(rows=rows(5)))
            ),
            "title",
        ),
        (
            lambda: ChoiceList(
                body="?",
                button="b",
                sections=(
                    Section(title="one", rows=rows(6)),
                    Section(title="two", rows=tuple(Row(id=f"z{n}", title="z") for n in range(5))),
                ),
            ),
            "10",
        ),
        (lambda: template(""), "empty"),
        (lambda: template("  "), "empty"),
        (lambda: template("x" * 1025), "1,024"),
        (lambda: template(name=""), "empty"),
        (lambda: template(language=""), "empty"),
        (lambda: FilledTemplate(name="n", language="ar", body={"customer": ""}), "empty"),
        (lambda: FilledTemplate(name="n", language="ar", body={"": "Mona"}), "empty"),
        (
            lambda: FilledTemplate(
                name="n", language="ar", buttons=tuple(template_button(n) for n in (1, 1))
            ),
            "differ",
        ),
        (lambda: template_button(10), "9"),
        (lambda: template_button(-1), "9"),
        (lambda: template_button(value=""), "empty"),
        (lambda: header(HeaderType.TEXT, text=""), "empty"),
        (lambda: header(HeaderType.TEXT, text="x" * 61), "60"),
        (lambda: header(HeaderType.TEXT, text="x", link=FILE), "something else"),
        (lambda: header(HeaderType.IMAGE), "https"),
        (lambda: header(HeaderType.IMAGE, link="http://files.example/a.png"), "https"),
        (lambda: header(HeaderType.IMAGE, link=FILE, id="12"), "https"),
        (lambda: header(HeaderType.IMAGE, link=FILE, text="x"), "something else"),
        (lambda: header(HeaderType.LOCATION), "something else"),
        (lambda: require_cards(()), "at least one"),
        (lambda: require_emoji("👍" * 33), "32"),
        (lambda: require_emoji(" "), "empty"),
        (lambda: require_emoji("hello"), "one emoji"),
        (lambda: require_emoji("شكرا 👍"), "one emoji"),
        (lambda: require_emoji("7"), "one emoji"),
        (lambda: require_emoji(":-)"), "one emoji"),
    ],
)
def test_what_is_above_a_limit_is_refused_and_the_limit_is_named_in_both_languages(
    make: Callable[[], object], named: str
) -> None:
    with pytest.raises(InvalidContent) as refusal:
        make()

    assert named in str(refusal.value)
    arabic = refusal.value.words.arabic
    assert arabic
    assert "{" not in str(refusal.value) + arabic
    if named.replace(",", "").isdigit():
        assert named in arabic


def test_a_cards_phones_are_written_as_whatsapp_wants_them() -> None:
    card = ContactCard(name="Mona", phones=("010 1234 5678", "00966501234567"))

    assert card.phones == ("+201012345678", "+966501234567")


def test_an_empty_emoji_takes_a_reaction_back() -> None:
    require_emoji("")


@pytest.mark.parametrize("emoji", ["👍", "👍🏽", "❤️", "❤", "🇪🇬", "👩‍👩‍👧", "1️⃣", "‼️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "✅"])
def test_any_emoji_can_be_a_reaction(emoji: str) -> None:
    require_emoji(emoji)
