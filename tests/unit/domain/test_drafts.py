"""What an agent wants to say is stored as JSON, and comes back from it as it was said."""

import json

import pytest

from khalifa.domain.contents import ContactCard, Location
from khalifa.domain.drafts import (
    Draft,
    cards_in,
    emoji_in,
    interactive_in,
    location_in,
    template_in,
)
from khalifa.domain.errors import InvalidContent, InvalidText
from khalifa.domain.filled_template import (
    ButtonType,
    FilledButton,
    FilledHeader,
    FilledTemplate,
    HeaderType,
)
from khalifa.domain.interactive import Button, Buttons, ChoiceList, Interactive, Row, Section
from khalifa.domain.messages import JsonObject, MessageId, MessageKind

PLACE = Location(latitude=31.0364, longitude=-0.0, name="صيدلية خليفة", address="المنصورة")
PLACES = [PLACE, Location(latitude=0, longitude=180)]
QUESTIONS: list[Interactive] = [
    Buttons(body="؟", buttons=(Button(id="1", title="نعم"), Button(id="2", title="لا"))),
    Buttons(body="?", buttons=(Button(id="1", title="a"),), header="h", footer="f"),
    ChoiceList(
        body="?",
        button="b",
        header="h",
        sections=(
            Section(title="one", rows=(Row(id="1", title="a", description="d"),)),
            Section(title="two", rows=(Row(id="2", title="b"),)),
        ),
    ),
]
TEMPLATES = [
    FilledTemplate(name="hello", language="ar"),
    FilledTemplate(name="order", language="en_US", body=("منى", "3")),
    FilledTemplate(
        name="order",
        language="ar",
        header=FilledHeader(type=HeaderType.DOCUMENT, id="12", filename="a.pdf"),
        body={"customer": "منى"},
        buttons=(FilledButton(type=ButtonType.URL, index=1, value="x"),),
    ),
    FilledTemplate(
        name="map", language="ar", header=FilledHeader(type=HeaderType.LOCATION, location=PLACE)
    ),
]


def stored(draft: Draft) -> JsonObject:
    """Return the draft's content as a database gives it back."""
    content: JsonObject = json.loads(json.dumps(dict(draft.content or {})))
    assert content == draft.content
    assert "null" not in json.dumps(content)
    return content


@pytest.mark.parametrize("place", PLACES)
def test_a_place_comes_back(place: Location) -> None:
    assert location_in(stored(Draft.of_location(place))) == place


def test_cards_come_back() -> None:
    cards = (
        ContactCard(name="د. منى", phones=("+201012345678", "+966501234567")),
        ContactCard(name="Omar", phones=("01112345678",)),
    )

    assert cards_in(stored(Draft.of_contacts(cards))) == cards


def test_a_reaction_knows_what_it_is_for() -> None:
    draft = Draft.of_reaction(MessageId(12), "👍")

    assert (draft.kind, draft.about) == (MessageKind.REACTION, 12)
    assert emoji_in(stored(draft)) == "👍"


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_comes_back_and_is_shown_by_its_body(question: Interactive) -> None:
    draft = Draft.of_interactive(question)

    assert draft.text == question.body
    assert interactive_in(stored(draft)) == question


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_comes_back(template: FilledTemplate) -> None:
    assert template_in(stored(Draft.of_template(template))) == template


def test_what_is_stored_is_not_taken_apart_by_reading_it() -> None:
    content = stored(Draft.of_template(TEMPLATES[-1]))

    template_in(content)

    assert template_in(content) == TEMPLATES[-1]


def test_a_text_and_a_caption_have_their_limits() -> None:
    assert Draft.of_file(MessageKind.IMAGE, "m1", "x" * 1024).stored_content == {"media_id": "m1"}
    with pytest.raises(InvalidContent, match="1,024"):
        Draft.of_file(MessageKind.IMAGE, "m1", "x" * 1025)
    with pytest.raises(InvalidText, match="4,096"):
        Draft.of_text("x" * 4097)
