"""The rules of the business, over HTTP."""

from datetime import timedelta

from khalifa.application.ports.unit_of_work import UnitOfWork
from khalifa.domain.agents import Role
from khalifa.domain.tickets import TicketId
from tests.http.desk import Desk, listening

OPEN_TILL_ONE = [{"opens": "16:00", "closes": "01:00"}, {"opens": "09:00", "closes": "14:00"}]
DAYS = ("monday", "tuesday", "wednesday", "thursday", "saturday", "sunday")
WEEK = {**dict.fromkeys(DAYS, OPEN_TILL_ONE), "friday": []}


async def test_an_administrator_changes_the_rules_and_everybody_reads_them(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    boss, boss_id, _ = await desk.agent("Boss", role=Role.ADMIN)

    before = (await sara.get("/api/settings")).json()
    refused = await sara.patch("/api/settings", json={"delay_minutes": 5})
    changed = await boss.patch(
        "/api/settings",
        json={
            "delay_minutes": 5,
            "week": WEEK,
            "holidays": ["2026-10-06"],
            "away_reply": {"enabled": True, "text": "نرد غدًا"},
            "rating_request": {"enabled": True, "text": "من 1 إلى 5؟"},
            "reopen_hours": 48,
            "agents_see_all": True,
        },
    )
    after = (await sara.get("/api/settings")).json()

    assert (before["delay_minutes"], before["version"], before["changed_by"]) == (3, 0, None)
    assert (before["time_zone"], before["open_now"]) == ("Africa/Cairo", True)
    assert refused.status_code == 403
    assert changed.json() == after
    assert (after["delay_minutes"], after["grace_minutes"], after["changed_by"]) == (5, 5, boss_id)
    assert after["week"]["monday"] == OPEN_TILL_ONE[::-1]
    assert after["week"]["friday"] == []
    assert after["holidays"] == ["2026-10-06"]
    assert after["away_reply"] == {"enabled": True, "text": "نرد غدًا"}
    assert after["rating_request"] == {"enabled": True, "text": "من 1 إلى 5؟"}
    assert (before["agents_see_all"], after["agents_see_all"]) == (False, True)
    assert (before["reopen_hours"], after["reopen_hours"]) == (24, 48)


async def test_rules_that_cannot_be_are_refused_whole_in_both_languages(desk: Desk) -> None:
    boss, _, _ = await desk.agent("Boss", role=Role.ADMIN)
    overlapping = [{"opens": "09:00", "closes": "14:00"}, {"opens": "13:00", "closes": "17:00"}]

    refusals = [
        await boss.patch("/api/settings", json={"delay_minutes": 9, **wrong})
        for wrong in (
            {"week": {**WEEK, "monday": overlapping}},
            {"time_zone": "Mars/Olympus"},
            {"welcome": {"enabled": True, "text": " "}},
        )
    ]
    malformed = await boss.patch(
        "/api/settings", json={"week": {**WEEK, "monday": [{"opens": "9", "closes": "25:00"}]}}
    )

    for refused in refusals:
        assert (refused.status_code, refused.json()["type"]) == (
            422,
            "/docs/errors#invalid-settings",
        )
        assert refused.json()["detail_ar"]
    assert malformed.status_code == 422
    assert (await boss.get("/api/settings")).json()["delay_minutes"] == 3


async def test_a_late_ticket_is_listed_told_and_on_record_until_it_is_answered(
    desk: Desk,
) -> None:
    sara, sara_id, token = await desk.agent("Sara")
    ticket = await desk.customer_writes("hello")
    shown = (await sara.get(f"/api/tickets/{ticket}")).json()
    await wait_already(desk, ticket, timedelta(minutes=4))
    socket = listening(desk, token)
    await socket.frame("hello")

    await desk.container.housekeeping().sweeps["delays"].run()

    told = await socket.frame("ticket.changed")
    listed = (await sara.get("/api/tickets?status=delayed")).json()["items"]
    (lasting,) = (await sara.get(f"/api/tickets/{ticket}/delays")).json()["items"]
    history = (await sara.get(f"/api/tickets/{ticket}/history")).json()
    await sara.post(f"/api/tickets/{ticket}/messages", json={"text": "sorry"})
    (over,) = (await sara.get(f"/api/tickets/{ticket}/delays")).json()["items"]
    await socket.hang_up()

    assert shown["due_at"] > shown["waiting_since"]
    assert history["lines"][-1]["kind"] == "delayed"
    assert told["entity"] == listed[0]
    assert (listed[0]["status"], listed[0]["due_at"]) == ("delayed", lasting["started_at"])
    assert (lasting["agent_id"], lasting["ended_at"]) == (sara_id, None)
    assert over["ended_by"] == sara_id
    assert (await sara.get("/api/tickets?status=delayed")).json()["items"] == []


async def wait_already(desk: Desk, ticket: TicketId, length: timedelta) -> None:
    """Let the customer of *ticket* have waited for so long already."""

    async def work(uow: UnitOfWork) -> None:
        found = await uow.tickets.get(ticket)
        assert found.waiting_since is not None
        found.waiting_since -= length
        await uow.tickets.save([found])

    await desk.container.transact()(work)
