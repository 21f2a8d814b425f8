"""Templates and the window over HTTP."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from khalifa.application.ports.messaging import ProviderUnreachable
from khalifa.application.ports.templates import TemplateCatalog
from khalifa.domain.filled_template import HeaderType
from khalifa.domain.templates import ButtonKind, Template, TemplateButton, TemplateHeader
from tests.http.desk import Desk, running_desk

READY = Template(
    name="order_ready",
    language="ar",
    category="UTILITY",
    header=TemplateHeader(type=HeaderType.TEXT, text="طلب {{1}}"),
    text="أهلاً {{1}}، طلبك جاهز.",
    buttons=(TemplateButton(kind=ButtonKind.URL, title="تتبع", url="https://x.example/{{1}}"),),
)
SHOWN = {
    "name": "order_ready",
    "language": "ar",
    "category": "UTILITY",
    "named": False,
    "header": {"type": "text", "text": "طلب {{1}}", "places": ["1"]},
    "text": "أهلاً {{1}}، طلبك جاهز.",
    "places": ["1"],
    "footer": None,
    "buttons": [
        {"kind": "url", "title": "تتبع", "url": "https://x.example/{{1}}", "needs_value": True}
    ],
}


class Account(TemplateCatalog):
    away = False

    async def list_templates(self) -> list[Template]:
        if self.away:
            raise ProviderUnreachable("away")
        return [READY]


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
async def shop(account: Account) -> AsyncIterator[Desk]:
    """A desk whose provider's window is over at once."""
    async with running_desk(window=timedelta(), template_catalog=account) as desk:
        yield desk


async def test_the_approved_templates_are_listed_with_what_they_leave_open(shop: Desk) -> None:
    sara, _, _ = await shop.agent("Sara")

    answer = await sara.get("/api/templates")

    listed = answer.json()
    assert (answer.status_code, listed["items"], listed["stale"]) == (200, [SHOWN], False)
    assert datetime.fromisoformat(listed["seen_at"]) <= datetime.now(UTC)


async def test_templates_are_for_whoever_is_signed_in(shop: Desk) -> None:
    assert (await shop.caller().get("/api/templates")).status_code == 401


async def test_a_provider_that_does_not_tell_its_templates_is_a_502(
    shop: Desk, account: Account
) -> None:
    sara, _, _ = await shop.agent("Sara")
    account.away = True

    assert (await sara.get("/api/templates")).status_code == 502


async def test_a_provider_without_templates_is_a_501_with_words(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")

    answer = await sara.get("/api/templates")

    assert (answer.status_code, answer.json()["detail"]) == (501, "memory has no templates.")


async def test_outside_the_window_the_answer_says_since_when_and_what_may_be_sent(
    shop: Desk,
) -> None:
    sara, _, _ = await shop.agent("Sara")
    ticket = await shop.customer_writes("مرحبا")
    shown = (await sara.get(f"/api/tickets/{ticket}")).json()

    answer = await sara.post(f"/api/tickets/{ticket}/messages", json={"text": "متأخر"})

    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (409, "/docs/errors#window-closed")
    assert problem["window_closed_at"] == shown["window_closes_at"]
    assert problem["templates"] == [SHOWN]
    assert problem["detail_ar"]
    messages = (await sara.get(f"/api/tickets/{ticket}/messages")).json()["items"]
    assert [message["text"] for message in messages] == ["مرحبا"]


async def test_a_template_must_be_filled_in_as_it_was_approved(shop: Desk) -> None:
    sara, _, _ = await shop.agent("Sara")
    ticket = await shop.customer_writes("مرحبا")
    path = f"/api/tickets/{ticket}/messages"
    filled = {
        "name": "order_ready",
        "language": "ar",
        "header": {"type": "text", "text": "7"},
        "body": ["منى"],
        "buttons": [{"type": "url", "index": 0, "value": "7"}],
    }

    refused = await sara.post(
        path, json={"kind": "template", "template": {**filled, "buttons": []}}
    )
    taken = await sara.post(path, json={"kind": "template", "template": filled})

    assert (refused.status_code, taken.status_code) == (422, 202)
    assert "button 0" in refused.json()["detail"]
    assert taken.json()["text"] == "أهلاً منى، طلبك جاهز."


async def test_without_a_window_none_is_shown(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    ticket = await desk.customer_writes("مرحبا")

    assert (await sara.get(f"/api/tickets/{ticket}")).json()["window_closes_at"] is None
