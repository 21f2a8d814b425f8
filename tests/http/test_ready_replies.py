"""Ready replies over HTTP: whose they are, and how they are filled in."""

import httpx

from khalifa.domain.agents import Role
from khalifa.domain.ready_replies import filled
from tests.http.desk import Desk

HELLO = {"shortcut": "/Hello", "title": "Greeting", "text": "أهلاً {name}، معك {agent}. {day}"}


async def shortcuts(caller: httpx.AsyncClient) -> list[tuple[str, bool]]:
    items = (await caller.get("/api/ready-replies")).json()["items"]
    return [(one["shortcut"], one["shared"]) for one in items]


async def test_a_ready_reply_is_filled_in_for_the_tickets_customer(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)
    await admin.post("/api/ready-replies", json={**HELLO, "text": "shared", "shared": True})
    await admin.post(
        "/api/ready-replies",
        json={"shortcut": "bye", "title": "B", "text": "{name}!", "shared": True},
    )
    await sara.post("/api/ready-replies", json=HELLO)
    ticket = await desk.customer_writes("hello")

    items = (await sara.get(f"/api/tickets/{ticket}/ready-replies")).json()["items"]

    assert [(one["shortcut"], one["text"], one["shared"]) for one in items] == [
        ("bye", "Mona!", True),
        ("hello", "أهلاً Mona، معك Sara. {day}", False),
    ]


async def test_everybody_has_own_ones_and_only_administrators_shared_ones(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    omar, _, _ = await desk.agent("Omar")
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)
    shared = (await admin.post("/api/ready-replies", json={**HELLO, "shared": True})).json()
    own = (await sara.post("/api/ready-replies", json={**HELLO, "shortcut": "hi"})).json()

    refused = await sara.post("/api/ready-replies", json={**HELLO, "shared": True})
    foreign = await sara.patch(f"/api/ready-replies/{shared['id']}", json={"title": "Mine"})
    hidden = await omar.delete(f"/api/ready-replies/{own['id']}")
    changed = await sara.patch(f"/api/ready-replies/{own['id']}", json={"title": "Hi there"})

    assert (refused.status_code, foreign.status_code, hidden.status_code) == (403, 403, 404)
    assert (await admin.get("/api/ready-replies")).json()["items"] == [shared]
    assert (changed.json()["title"], changed.json()["text"]) == ("Hi there", HELLO["text"])
    assert await shortcuts(sara) == [("hello", True), ("hi", False)]
    assert await shortcuts(omar) == [("hello", True)]
    assert (await sara.delete(f"/api/ready-replies/{own['id']}")).status_code == 204
    assert (await admin.delete(f"/api/ready-replies/{shared['id']}")).status_code == 204
    assert await shortcuts(sara) == []
    acts = [one["act"] for one in (await admin.get("/api/audit")).json()["items"]]
    assert acts[:2] == ["ready_reply.removed", "ready_reply.added"]
    assert acts.count("ready_reply.added") == 1


async def test_what_cannot_be_kept_is_refused_with_its_limit(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    await sara.post("/api/ready-replies", json=HELLO)

    for change, kind, limit in (
        ({"shortcut": "hello"}, "shortcut-taken", ""),
        ({"shortcut": "two words"}, "invalid-ready-reply", "30"),
        ({"shortcut": "/"}, "invalid-ready-reply", "30"),
        ({"title": " "}, "invalid-ready-reply", "100"),
        ({"text": " "}, "invalid-ready-reply", "4,096"),
        ({"text": "x" * 4097}, "invalid-ready-reply", "4,096"),
    ):
        answer = await sara.post("/api/ready-replies", json={**HELLO, "shortcut": "new", **change})

        assert answer.json()["type"] == f"/docs/errors#{kind}", change
        assert limit in answer.json()["detail"]
        assert limit in answer.json()["detail_ar"]
        assert answer.json()["detail_ar"]


def test_what_is_filled_in_is_not_looked_into() -> None:
    assert filled("{name} {agent} {", {"name": "{agent}", "agent": "Sara"}) == "{agent} Sara {"
    assert filled("{name}, {Name}", {"name": None}) == "{name}, {Name}"
