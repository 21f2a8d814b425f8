"""What an agent may say over HTTP: what the provider declares, and nothing else."""

from typing import Any

import httpx
import pytest

from khalifa.application.ports.outgoing import OutgoingTemplate
from khalifa.domain.drafts import QUOTABLE_KINDS
from khalifa.domain.media import FileRule
from khalifa.domain.messages import MessageKind
from khalifa.infrastructure.messaging.wppconnect.driver import QUOTES_WITH
from tests.http.desk import Desk, running_desk
from tests.http.test_media import a_picture, upload
from tests.recordings import a_recording

PHONE = "+201112345678"
CARD = {"name": "Mona", "phones": [PHONE]}
BODIES: dict[str, dict[str, Any]] = {
    "text": {"text": "نعم"},
    "location": {"location": {"latitude": 31.0, "longitude": 31.4}},
    "contacts": {"contacts": [CARD]},
    "interactive": {
        "interactive": {"type": "buttons", "body": "؟", "buttons": [{"id": "y", "title": "نعم"}]}
    },
    **{kind: {} for kind in ("image", "video", "audio", "voice", "document", "sticker")},
}
SEVERAL = [[CARD, CARD], [{**CARD, "phones": [PHONE, "+201212345678"]}]]


async def said(desk: Desk, kind: str, **more: object) -> tuple[int, dict[str, Any]]:
    """Let Sara say something of *kind*; return status and answer."""
    sara, _, _ = await desk.agent("Sara")
    ticket = await desk.customer_writes("hello")
    return await says(sara, ticket, kind, **more)


async def says(
    sara: httpx.AsyncClient, ticket: int, kind: str, **more: object
) -> tuple[int, dict[str, Any]]:
    body = {"kind": kind, **BODIES[kind], **more}
    if not BODIES[kind]:
        body["media_id"] = (await upload(sara, b"%PDF-1.4")).json()["id"]
    answer = await sara.post(f"/api/tickets/{ticket}/messages", json=body)
    return answer.status_code, answer.json()


def stored(desk: Desk) -> int:
    return len(desk.container.memory_store().tables.messages)


@pytest.mark.parametrize("quotes_with", [QUOTABLE_KINDS, QUOTES_WITH, frozenset()], ids=len)
async def test_only_the_declared_kinds_may_answer_a_message(
    quotes_with: frozenset[MessageKind],
) -> None:
    async with running_desk(quotes_with=quotes_with) as desk:
        sara, _, _ = await desk.agent("Sara")
        ticket = await desk.customer_writes("hello")
        [heard] = (await sara.get(f"/api/tickets/{ticket}/messages")).json()["items"]
        for kind in BODIES:
            before = stored(desk)

            status, answer = await says(sara, ticket, kind, reply_to=heard["id"])

            if kind in quotes_with:
                assert (status, stored(desk)) == (202, before + 1), kind
                assert answer["reply_to_id"] == heard["id"]
            else:
                assert (status, stored(desk)) == (501, before), kind
                assert answer["type"] == "/docs/errors#cannot-send"
                assert "cannot quote" in answer["detail"]
                assert "بدون اقتباس" in answer["detail_ar"]


@pytest.mark.parametrize("cards", SEVERAL, ids=["cards", "phones"])
@pytest.mark.parametrize("able", [True, False])
async def test_several_cards_or_phones_go_where_that_is_declared(
    cards: list[Any], *, able: bool
) -> None:
    async with running_desk(several_contacts=able) as desk:
        status, answer = await said(desk, "contacts", contacts=cards)

    assert (status, stored(desk)) == ((202, 2) if able else (501, 1))
    if not able:
        assert "one contact card with one phone" in answer["detail"]
        assert "بطاقة اتصال واحدة" in answer["detail_ar"]


@pytest.mark.parametrize(
    ("kind", "ability"), [("location", "locations"), ("contacts", "contacts"), ("interactive",) * 2]
)
async def test_what_is_not_declared_is_answered_501_and_not_stored(kind: str, ability: str) -> None:
    async with running_desk(**{ability: None}) as desk:
        status, answer = await said(desk, kind)

    assert (status, stored(desk)) == (501, 1)
    assert answer["detail_ar"]


@pytest.mark.parametrize("kind", ["audio", "voice", "sticker"])
async def test_words_that_would_be_dropped_below_a_file_are_refused(desk: Desk, kind: str) -> None:
    status, answer = await said(desk, kind, text="هذه هي")

    assert (status, stored(desk)) == (422, 1)
    assert "message of their own" in answer["detail"]
    assert "رسالة منفصلة" in answer["detail_ar"]


async def test_a_templates_picture_is_an_upload_within_the_limits_of_pictures(desk: Desk) -> None:
    rules = {
        MessageKind.IMAGE: FileRule(most=5000, types=frozenset({"image/png"})),
        MessageKind.DOCUMENT: FileRule(most=20_000),
    }
    object.__setattr__(desk.provider.port, "file_rules", rules)
    sara, _, _ = await desk.agent("Sara")
    ticket = await desk.customer_writes("hello")
    picture = a_picture(size=(20, 20))
    fits, large, leaflet = [
        (await upload(sara, data, kind=kind)).json()["id"]
        for data, kind in (
            (picture, "image"),
            (picture + b"x" * 5000, "document"),
            (b"%PDF-1.4", "document"),
        )
    ]

    async def send(media_id: str, **more: str) -> tuple[int, dict[str, Any]]:
        header = {"type": "image", "media_id": media_id, **more}
        template = {"name": "new_photo", "language": "ar", "header": header}
        body = {"kind": "template", "template": template}
        answer = await sara.post(f"/api/tickets/{ticket}/messages", json=body)
        return answer.status_code, answer.json()

    status, too_large = await send(large)
    assert (status, "4.883 KB" in too_large["detail"]) == (413, True)
    status, wrong = await send(leaflet)
    assert (status, "image/png" in wrong["detail"]) == (415, True)
    assert (await send("nothing"))[0] == 404
    assert (await send(fits, link="https://shop.example/a.png"))[0] == 422
    assert not desk.provider.driver.given

    status, sent = await send(fits)

    assert (status, sent["media"]["id"]) == (202, fits)
    await desk.container.deliver_messages()()
    [template] = desk.provider.driver.gone
    assert isinstance(template, OutgoingTemplate)
    assert template.file
    async with template.file.open() as chunks:
        assert b"".join([chunk async for chunk in chunks]) == picture


async def test_a_voice_note_is_sent_with_its_waveform(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    ticket = await desk.customer_writes("hello")
    note = await upload(sara, a_recording("webm", fades=True), kind="voice")
    body = {"kind": "voice", "media_id": note.json()["id"]}

    sent = (await sara.post(f"/api/tickets/{ticket}/messages", json=body)).json()

    waveform = sent["media"]["waveform"]
    assert (len(waveform), waveform[0] > 80, waveform[-1] < 20) == (48, True, True)
