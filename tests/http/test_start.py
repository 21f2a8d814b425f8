"""Writing to somebody first, over HTTP."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from khalifa.domain.pace import PacePolicy
from tests.http.desk import Desk, running_desk
from tests.http.test_templates import SHOWN, Account

PHONE = "+20 101 234 5678"
FILLED = {
    "name": "order_ready",
    "language": "ar",
    "header": {"type": "text", "text": "7"},
    "body": ["منى"],
    "buttons": [{"type": "url", "index": 0, "value": "7"}],
}


@pytest.fixture
async def shop() -> AsyncIterator[Desk]:
    policy = PacePolicy(first_contacts=1)
    async with running_desk(
        window=timedelta(hours=24), template_catalog=Account(), pace=policy
    ) as desk:
        yield desk


async def test_a_conversation_is_started_and_answered_202_with_ticket_and_message(
    desk: Desk,
) -> None:
    sara, sara_id, _ = await desk.agent("Sara")
    headers = {"Idempotency-Key": "k"}

    answer = await sara.post("/api/tickets", json={"phone": PHONE, "text": "طلبك جاهز"})
    keyed = [
        await sara.post("/api/tickets", json={"phone": PHONE, "text": "مرحبا"}, headers=headers)
        for _ in range(2)
    ]

    started = answer.json()
    assert answer.status_code == 202
    assert started["ticket"]["agent"] == {"id": sara_id, "name": "Sara"}
    assert started["ticket"]["customer"]["phone"] == "201012345678"
    assert (started["message"]["text"], started["message"]["status"]) == ("طلبك جاهز", "queued")
    assert len({one.json()["message"]["id"] for one in keyed}) == 1
    assert desk.jobs.take_deliver()


async def test_where_there_is_a_window_a_template_is_asked_for_and_taken(shop: Desk) -> None:
    sara, _, _ = await shop.agent("Sara")

    refused = await sara.post("/api/tickets", json={"phone": PHONE, "text": "hi"})
    taken = await sara.post("/api/tickets", json={"phone": PHONE, "template": FILLED})

    assert (refused.status_code, taken.status_code) == (409, 202)
    assert refused.json()["templates"] == [SHOWN]
    assert refused.json()["window_closed_at"]
    assert taken.json()["message"]["kind"] == "template"


async def test_a_used_up_budget_is_a_429_that_says_when(shop: Desk) -> None:
    sara, _, _ = await shop.agent("Sara")
    await sara.post("/api/tickets", json={"phone": PHONE, "template": FILLED})

    answer = await sara.post("/api/tickets", json={"phone": "+20 111 234 5678", "template": FILLED})

    assert (answer.status_code, answer.json()["type"]) == (
        429,
        "/docs/errors#first-contacts-used-up",
    )
    assert 3500 < int(answer.headers["Retry-After"]) <= 3600
    assert answer.json()["detail_ar"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"phone": "hello", "text": "hi"}, "phone number"),
        ({"phone": PHONE}, "text"),
        ({"text": "hi"}, "phone"),
        ({"phone": PHONE, "text": "hi", "reply_to": 5}, "answers nothing"),
        ({"phone": "1" * 51, "text": "hi"}, "50"),
    ],
)
async def test_what_cannot_be_a_first_message_is_a_422_that_says_why(
    desk: Desk, body: dict[str, object], words: str
) -> None:
    sara, _, _ = await desk.agent("Sara")

    answer = await sara.post("/api/tickets", json=body)

    assert answer.status_code == 422
    assert words in answer.text


async def test_another_agents_customer_is_a_409(desk: Desk) -> None:
    await desk.agent("Sara")
    await desk.customer_writes("مرحبا")
    omar, _, _ = await desk.agent("Omar")

    answer = await omar.post("/api/tickets", json={"phone": PHONE, "text": "hi"})

    assert (answer.status_code, answer.json()["type"]) == (409, "/docs/errors#ticket-elsewhere")
    assert "Sara" not in answer.text
