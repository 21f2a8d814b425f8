"""The team over HTTP: agents, branches and the record of who did what."""

from khalifa.domain.agents import Role
from tests.http.desk import PASSWORD, Desk


async def test_an_administrator_runs_the_team_and_all_of_it_is_on_record(desk: Desk) -> None:
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)

    branch = (await admin.post("/api/branches", json={"name": "فرع المشاية"})).json()
    added = await admin.post(
        "/api/agents", json={"name": "Sara", "branch_id": branch["id"], "password": PASSWORD}
    )
    address = f"/api/agents/{added.json()['id']}"
    changed = await admin.patch(address, json={"capacity": 20, "role": "admin"})
    token = (await admin.post(f"{address}/tokens")).json()["token"]
    sara = desk.caller(token)
    me = (await sara.get("/api/me")).json()
    disabled = await admin.patch(address, json={"disabled": True})
    desk.container.who_is.reset()

    assert (added.status_code, added.json()["branch_id"]) == (201, branch["id"])
    assert (changed.json()["capacity"], changed.json()["role"]) == (20, "admin")
    assert me["name"] == "Sara"
    assert disabled.json()["disabled"] is True
    assert (await sara.get("/api/me")).status_code == 401
    first = (await admin.get("/api/audit?limit=2")).json()
    rest = (await admin.get("/api/audit", params={"cursor": first["next_cursor"]})).json()
    items = [*first["items"], *rest["items"]]
    assert [one["act"] for one in items][:5] == [
        "agent.changed",
        "agent.token_issued",
        "agent.changed",
        "agent.added",
        "branch.added",
    ]
    assert {one["by"]["name"] for one in items[:5]} == {"admin"}
    assert items[0]["details"] == {"disabled": [False, True]}


async def test_a_new_password_signs_in_and_the_old_one_no_more(desk: Desk) -> None:
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)
    added = await admin.post("/api/agents", json={"name": "Sara", "password": PASSWORD})
    address = f"/api/agents/{added.json()['id']}/password"

    short = await admin.post(address, json={"password": "short"})
    done = await admin.post(address, json={"password": "another battery"})

    assert (short.status_code, short.json()["type"]) == (422, "/docs/errors#invalid-agent")
    assert "8" in short.json()["detail"]
    assert "8" in short.json()["detail_ar"]
    assert done.status_code == 204
    for password, status in ((PASSWORD, 401), ("another battery", 200)):
        answer = await desk.caller().post(
            "/api/auth/login", json={"name": "Sara", "password": password}
        )
        assert answer.status_code == status


async def test_administrators_see_when_somebody_last_signed_in(desk: Desk) -> None:
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)
    await admin.post("/api/agents", json={"name": "Sara", "password": PASSWORD})

    async def last() -> str | None:
        items = (await admin.get("/api/agents")).json()["items"]
        at: str | None = next(one["last_signed_in_at"] for one in items if one["name"] == "Sara")
        return at

    assert await last() is None
    login = {"name": "Sara", "password": PASSWORD}
    sara = desk.caller()
    assert (await sara.post("/api/auth/login", json=login)).status_code == 200
    signed_in = await last()
    assert signed_in is not None
    await sara.post("/api/auth/logout")
    # Who signed out was here all the same.
    assert await last() == signed_in


async def test_what_cannot_be_is_refused_by_name(desk: Desk) -> None:
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)
    me = (await admin.get("/api/me")).json()["id"]

    for method, address, body, kind in (
        ("POST", "/api/agents", {"name": "ADMIN"}, "name-taken"),
        ("POST", "/api/agents", {"name": " "}, "invalid-agent"),
        ("POST", "/api/agents", {"name": "Sara", "branch_id": 999}, "not-found"),
        ("PATCH", f"/api/agents/{me}", {"disabled": True}, "invalid-agent"),
        ("PATCH", f"/api/agents/{me}", {"capacity": 1001}, "invalid-agent"),
        ("POST", "/api/branches", {"name": ""}, "invalid-branch"),
        ("GET", "/api/audit?cursor=x", None, "invalid-cursor"),
    ):
        answer = await admin.request(method, address, json=body)

        assert answer.json()["type"] == f"/docs/errors#{kind}", (address, body)
        assert answer.json()["detail_ar"]


async def test_agents_see_who_they_can_hand_a_ticket_to(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    await desk.customer_writes("hello")
    await desk.agent("Omar")

    colleagues = (await sara.get("/api/colleagues")).json()["items"]

    assert [(one["name"], one["open_tickets"], one["presence"]) for one in colleagues] == [
        ("Omar", 0, "online"),
        ("Sara", 1, "online"),
    ]
