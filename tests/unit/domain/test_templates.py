"""What a template leaves open, and what fills it."""

from collections.abc import Mapping

import pytest

from khalifa.domain.errors import InvalidContent
from khalifa.domain.filled_template import (
    ButtonType,
    FilledButton,
    FilledHeader,
    FilledTemplate,
    HeaderType,
)
from khalifa.domain.templates import (
    ButtonKind,
    Template,
    TemplateButton,
    TemplateHeader,
    places_of,
)

ORDER = Template(
    name="order_ready",
    language="ar",
    category="UTILITY",
    header=TemplateHeader(type=HeaderType.TEXT, text="طلب {{1}}"),
    text="أهلاً {{1}}، طلبك {{2}} جاهز. {{1}}!",
    buttons=(
        TemplateButton(kind=ButtonKind.QUICK_REPLY, title="شكراً"),
        TemplateButton(kind=ButtonKind.URL, title="تتبع", url="https://shop.example/{{1}}"),
        TemplateButton(kind=ButtonKind.PHONE_NUMBER, title="اتصل"),
    ),
)
NAMED = Template(
    name="hello", language="en", category="UTILITY", named=True, text="Hi {{name}}, {{ offer }}"
)
PHOTO = Template(
    name="photo", language="en", category="MARKETING", header=TemplateHeader(type=HeaderType.IMAGE)
)
TITLE = FilledHeader(type=HeaderType.TEXT, text="7")
TRACK = FilledButton(type=ButtonType.URL, index=1, value="7")


def order(
    body: tuple[str, ...] | Mapping[str, str] = ("منى", "٧"),
    *,
    header: FilledHeader | None = TITLE,
    buttons: tuple[FilledButton, ...] = (TRACK,),
) -> FilledTemplate:
    return FilledTemplate(name=ORDER.name, language="ar", header=header, body=body, buttons=buttons)


def test_places_are_filled_in_the_order_of_their_numbers_or_as_they_come() -> None:
    assert places_of("{{2}} {{ 1 }} {{2}} {{10}}") == ("1", "2", "10")
    assert places_of("{{b}} {{a}}") == ("b", "a")
    assert places_of("{ {1} } {{}}") == ()


def test_what_is_filled_in_is_what_the_customer_reads() -> None:
    assert ORDER.filled(("منى", "٧")) == "أهلاً منى، طلبك ٧ جاهز. منى!"
    assert NAMED.filled({"name": "Mona", "offer": "come"}) == "Hi Mona, come"


def test_what_fits_is_taken() -> None:
    ORDER.require_fits(order())
    reply = FilledButton(type=ButtonType.QUICK_REPLY, index=0, value="thanks")
    ORDER.require_fits(order(buttons=(TRACK, reply)))
    NAMED.require_fits(
        FilledTemplate(name="hello", language="en", body={"name": "Mona", "offer": "come"})
    )
    image = FilledHeader(type=HeaderType.IMAGE, link="https://shop.example/a.png")
    PHOTO.require_fits(FilledTemplate(name="photo", language="en", header=image))


@pytest.mark.parametrize(
    ("filled", "named"),
    [
        (order(("منى",)), "2 places"),
        (order(("a", "b", "c")), "3 values"),
        (order({"1": "a", "2": "b"}), "list"),
        (order(header=None), "text"),
        (order(header=FilledHeader(type=HeaderType.IMAGE, id="1")), "text"),
        (order(buttons=()), "button 1"),
        (order(buttons=(TRACK, FilledButton(type=ButtonType.URL, index=9, value="x"))), "9"),
        (order(buttons=(TRACK, FilledButton(type=ButtonType.URL, index=2, value="x"))), "2"),
        (order(buttons=(TRACK, FilledButton(type=ButtonType.COPY_CODE, index=0, value="x"))), "0"),
    ],
)
def test_what_is_missing_or_too_much_is_named(filled: FilledTemplate, named: str) -> None:
    with pytest.raises(InvalidContent, match=named) as refused:
        ORDER.require_fits(filled)
    assert refused.value.words.arabic


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (("Mona", "come"), "name, offer"),
        ({"name": "Mona"}, "offer"),
        ({"name": "Mona", "offer": "come", "more": "x"}, "more"),
    ],
)
def test_named_places_are_filled_by_name(
    body: tuple[str, ...] | Mapping[str, str], named: str
) -> None:
    with pytest.raises(InvalidContent, match=named):
        NAMED.require_fits(FilledTemplate(name="hello", language="en", body=body))


def test_a_header_of_a_file_needs_the_file() -> None:
    with pytest.raises(InvalidContent, match="image"):
        PHOTO.require_fits(FilledTemplate(name="photo", language="en"))
    with pytest.raises(InvalidContent, match="no header"):
        NAMED.require_fits(
            FilledTemplate(
                name="hello", language="en", header=TITLE, body={"name": "a", "offer": "b"}
            )
        )
