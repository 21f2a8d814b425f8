"""Figures and the live board over HTTP."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from khalifa.domain.agents import Role
from khalifa.domain.business_hours import DEFAULT_TIME_ZONE
from tests.http.desk import Desk


async def test_figures_are_counted_at_once_each_for_whom_they_are(desk: Desk) -> None:
    sara, sara_id, _ = await desk.agent("=Sara")
    ticket = await desk.customer_writes("hello")
    await sara.post(f"/api/tickets/{ticket}/messages", json={"text": "Hello!"})
    omar, _, _ = await desk.agent("Omar")
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)
    today = desk.container.clock().now()
    span = {
        "first": (today - timedelta(days=1)).date().isoformat(),
        "last": (today + timedelta(days=1)).date().isoformat(),
    }

    report = (await admin.get("/api/figures", params=span)).json()
    own = (await omar.get("/api/figures", params=span)).json()
    table = await sara.get("/api/figures.csv", params=span)

    assert report["total"]["tickets"] == 1
    assert report["total"]["messages"] == 1
    assert report["total"]["answered"] == 1
    assert report["total"]["first_response"] >= 0
    assert (report["total"]["rated"], report["total"]["satisfaction"]) == (0, None)
    assert report["target"] == 180
    assert len(report["days"]) == 3
    assert [one["agent"] for one in report["agents"]] == [{"id": sara_id, "name": "=Sara"}]
    assert (own["total"]["tickets"], own["agents"]) == (0, [])
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    head, line = table.text.removeprefix("\ufeff").splitlines()
    assert head.startswith("day,agent,branch,tickets,")
    assert line.split(",")[1:4] == ["'=Sara", "", "1"]


async def test_only_a_branch_s_figures(desk: Desk) -> None:
    await desk.agent("Sara")
    await desk.customer_writes("hello")
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)
    branch = (await admin.post("/api/branches", json={"name": "Main"})).json()["id"]
    # By the clocks of the business, where it may be tomorrow already.
    today = desk.container.clock().now().astimezone(ZoneInfo(DEFAULT_TIME_ZONE)).date()
    span = {"first": today.isoformat(), "last": today.isoformat()}

    everywhere = (await admin.get("/api/figures", params=span)).json()
    there = (await admin.get("/api/figures", params={**span, "branch": branch})).json()

    assert (everywhere["total"]["tickets"], there["total"]["tickets"]) == (1, 0)


async def test_too_many_days_are_refused_with_the_limit(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")

    long = await sara.get("/api/figures?first=2026-01-01&last=2026-12-31")
    none = await sara.get("/api/figures")

    assert (long.status_code, none.status_code) == (422, 422)
    assert "92 days" in long.json()["detail"]
    assert "92" in long.json()["detail_ar"]


async def test_the_board_says_how_things_stand(desk: Desk) -> None:
    await desk.customer_writes("hello")
    sara, _, _ = await desk.agent("Sara")
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)

    board = (await admin.get("/api/board")).json()

    assert (board["open"], board["waiting"], board["delayed"]) == (1, 1, 0)
    assert board["waiting_since"] is not None
    # Five minutes may begin between the message and the look.
    assert sum(one["received"] for one in board["traffic"][-2:]) == 1
    assert len(board["traffic"]) == 20
    assert sum(one["open_tickets"] for one in board["agents"]) == 1
    assert (await sara.get("/api/board")).status_code == 403
