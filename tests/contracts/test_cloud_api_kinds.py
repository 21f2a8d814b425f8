"""What each kind of message looks like to Meta, field by field."""

from collections.abc import AsyncIterator

import pytest

from khalifa.application.compose_outgoing import hand_to
from khalifa.application.ports.outgoing import (
    OutgoingContacts,
    OutgoingInteractive,
    OutgoingLocation,
    OutgoingReaction,
    OutgoingTemplate,
    QuotedMessage,
)
from khalifa.domain.contents import ContactCard, Location
from khalifa.domain.filled_template import (
    ButtonType,
    FilledButton,
    FilledHeader,
    FilledTemplate,
    HeaderType,
)
from khalifa.domain.interactive import Button, Buttons, ChoiceList, Row, Section
from khalifa.infrastructure.messaging.cloud_api import errors
from khalifa.infrastructure.provider_http import open_http
from tests.contracts.provider_files import LEAFLET, stored
from tests.contracts.test_cloud_api_driver import CloudApiBench
from tests.far_sides.cloud_api import CloudApiFarSide

WAMID = "wamid.HBgM"


@pytest.fixture
async def bench() -> AsyncIterator[CloudApiBench]:
    async with CloudApiFarSide() as far, open_http() as http:
        yield CloudApiBench(far, http)


@pytest.fixture
def heard(bench: CloudApiBench) -> QuotedMessage:
    return QuotedMessage(whatsapp_message_id=WAMID, from_us=False, chat=bench.address)


def content_of(bench: CloudApiBench) -> object:
    """Return the content of what was sent last."""
    body = bench.far.accepted[-1].body
    return body[str(body["type"])]


async def test_a_place_has_only_what_was_said_of_it(bench: CloudApiBench) -> None:
    for place, wanted in (
        (Location(latitude=31.0, longitude=-31.5), {"latitude": 31.0, "longitude": -31.5}),
        (
            Location(latitude=0, longitude=0, name="صيدلية", address="المنصورة"),
            {"latitude": 0, "longitude": 0, "name": "صيدلية", "address": "المنصورة"},
        ),
    ):
        message = OutgoingLocation(to=bench.address, opaque_id="o", location=place)
        await hand_to(bench.provider, message)
        assert content_of(bench) == wanted


async def test_a_card_has_a_name_and_numbers_to_write_to(bench: CloudApiBench) -> None:
    cards = (ContactCard(name="د. منى", phones=("+201012345678", "+966501234567")),)

    await hand_to(bench.provider, OutgoingContacts(to=bench.address, opaque_id="o", contacts=cards))

    assert content_of(bench) == [
        {
            "name": {"formatted_name": "د. منى", "first_name": "د. منى"},
            "phones": [
                {"phone": "+201012345678", "wa_id": "201012345678"},
                {"phone": "+966501234567", "wa_id": "966501234567"},
            ],
        }
    ]


async def test_a_reaction_names_its_message_and_has_no_context(
    bench: CloudApiBench, heard: QuotedMessage
) -> None:
    for emoji in ("👍", ""):
        message = OutgoingReaction(to=bench.address, opaque_id="o", target=heard, emoji=emoji)
        await hand_to(bench.provider, message)
        assert content_of(bench) == {"message_id": WAMID, "emoji": emoji}
        assert "context" not in bench.far.accepted[-1].body


async def test_a_template_is_filled_in_order_or_by_name(bench: CloudApiBench) -> None:
    numbered = FilledTemplate(
        name="order_ready",
        language="ar",
        header=FilledHeader(type=HeaderType.DOCUMENT, link="https://f.example/a", filename="a.pdf"),
        body=("منى", "25"),
        buttons=(
            FilledButton(type=ButtonType.QUICK_REPLY, index=0, value="deliver"),
            FilledButton(type=ButtonType.URL, index=1, value="1001"),
            FilledButton(type=ButtonType.COPY_CODE, index=2, value="SAVE10"),
        ),
    )
    named = FilledTemplate(
        name="hello",
        language="en_US",
        header=FilledHeader(type=HeaderType.TEXT, text="Mona", name="who"),
        body={"customer": "Mona"},
    )

    await hand_to(
        bench.provider, OutgoingTemplate(to=bench.address, opaque_id="o", template=numbered)
    )
    assert content_of(bench) == {
        "name": "order_ready",
        "language": {"code": "ar"},
        "components": [
            {
                "type": "header",
                "parameters": [
                    {
                        "type": "document",
                        "document": {"link": "https://f.example/a", "filename": "a.pdf"},
                    }
                ],
            },
            {
                "type": "body",
                "parameters": [{"type": "text", "text": "منى"}, {"type": "text", "text": "25"}],
            },
            {
                "type": "button",
                "sub_type": "quick_reply",
                "index": "0",
                "parameters": [{"type": "payload", "payload": "deliver"}],
            },
            {
                "type": "button",
                "sub_type": "url",
                "index": "1",
                "parameters": [{"type": "text", "text": "1001"}],
            },
            {
                "type": "button",
                "sub_type": "copy_code",
                "index": "2",
                "parameters": [{"type": "coupon_code", "coupon_code": "SAVE10"}],
            },
        ],
    }
    await hand_to(bench.provider, OutgoingTemplate(to=bench.address, opaque_id="o", template=named))
    assert content_of(bench) == {
        "name": "hello",
        "language": {"code": "en_US"},
        "components": [
            {
                "type": "header",
                "parameters": [{"type": "text", "parameter_name": "who", "text": "Mona"}],
            },
            {
                "type": "body",
                "parameters": [{"type": "text", "parameter_name": "customer", "text": "Mona"}],
            },
        ],
    }


@pytest.mark.parametrize("kind", [HeaderType.IMAGE, HeaderType.VIDEO])
async def test_a_templates_picture_may_be_one_uploaded_before(
    bench: CloudApiBench, kind: HeaderType
) -> None:
    filled = FilledTemplate(name="t", language="ar", header=FilledHeader(type=kind, id="1234"))

    await hand_to(
        bench.provider, OutgoingTemplate(to=bench.address, opaque_id="o", template=filled)
    )

    parameter = {"type": kind.value, kind.value: {"id": "1234"}}
    assert content_of(bench) == {
        "name": "t",
        "language": {"code": "ar"},
        "components": [{"type": "header", "parameters": [parameter]}],
    }


async def test_a_templates_file_of_ours_is_uploaded_once_and_sent_by_its_id(
    bench: CloudApiBench,
) -> None:
    header = FilledHeader(type=HeaderType.DOCUMENT, media_id="ours", filename="نشرة.pdf")
    message = OutgoingTemplate(
        to=bench.address,
        opaque_id="o",
        template=FilledTemplate(name="t", language="ar", header=header),
        file=stored(LEAFLET, "application/pdf"),
    )

    for _ in range(2):
        await hand_to(bench.provider, message)

    [uploaded] = [one for one in bench.far.requests if one.path.endswith("/media")]
    assert uploaded
    match content_of(bench):
        case {"components": [{"parameters": [{"document": {"id": str(id_), **document}}]}]}:
            pass
    assert document == {"filename": "نشرة.pdf"}
    media = bench.far.world.media.find(id_)
    assert media
    assert (media.data, media.mime_type) == (LEAFLET, "application/pdf")


async def test_a_question_has_buttons_or_a_list(bench: CloudApiBench, heard: QuotedMessage) -> None:
    asked = Buttons(body="؟", header="h", footer="f", buttons=(Button(id="y", title="نعم"),))
    listed = ChoiceList(
        body="?",
        button="الفروع",
        sections=(
            Section(title="s", rows=(Row(id="1", title="a", description="d"),)),
            Section(title="t", rows=(Row(id="2", title="b"),)),
        ),
    )

    message = OutgoingInteractive(to=bench.address, opaque_id="o", interactive=asked, quoted=heard)
    await hand_to(bench.provider, message)
    assert content_of(bench) == {
        "type": "button",
        "header": {"type": "text", "text": "h"},
        "body": {"text": "؟"},
        "footer": {"text": "f"},
        "action": {"buttons": [{"type": "reply", "reply": {"id": "y", "title": "نعم"}}]},
    }
    assert bench.far.accepted[-1].context_id == WAMID
    await hand_to(
        bench.provider, OutgoingInteractive(to=bench.address, opaque_id="o", interactive=listed)
    )
    assert content_of(bench) == {
        "type": "list",
        "body": {"text": "?"},
        "action": {
            "button": "الفروع",
            "sections": [
                {"title": "s", "rows": [{"id": "1", "title": "a", "description": "d"}]},
                {"title": "t", "rows": [{"id": "2", "title": "b"}]},
            ],
        },
    }


async def test_reading_and_typing_name_the_customers_message(
    bench: CloudApiBench, heard: QuotedMessage
) -> None:
    receipts, typing = bench.provider.read_receipts, bench.provider.typing
    assert receipts
    assert typing

    await receipts.mark_read(heard)
    await typing.show_typing(heard)

    assert [(one.wamid, one.typing) for one in bench.far.reads] == [(WAMID, False), (WAMID, True)]


@pytest.mark.parametrize("code", sorted(errors._BY_CODE))
def test_every_code_of_metas_table_has_words_in_both_languages(code: int) -> None:
    refusal = errors.refusal({"code": code, "message": "Meta's own"}, status=400)

    assert refusal is not None
    assert refusal.code == str(code)
    assert str(refusal).endswith(f"({code})")
    assert refusal.words.arabic
    assert refusal.words.arabic.endswith(f"({code})")
    assert any("\u0600" <= letter <= "\u06ff" for letter in refusal.words.arabic)
    assert "Meta's own" not in f"{refusal.words}"
