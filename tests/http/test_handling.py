"""How tickets are handled, over HTTP."""

from khalifa.domain.agents import Presence, Role
from tests.http.desk import Desk, listening


async def test_a_transfer_is_on_record_and_moves_the_ticket_between_two_desks(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    ticket = await desk.customer_writes("hello")
    omar, omar_id, _ = await desk.agent("Omar")

    blank = await sara.post(
        f"/api/tickets/{ticket}/transfer", json={"agent_id": omar_id, "reason": " "}
    )
    moved = await sara.post(
        f"/api/tickets/{ticket}/transfer", json={"agent_id": omar_id, "reason": "End of my shift"}
    )

    assert (blank.status_code, blank.json()["type"]) == (422, "/docs/errors#invalid-ticket")
    assert "500" in blank.json()["detail"]
    assert "500" in blank.json()["detail_ar"]
    assert moved.json()["agent"]["name"] == "Omar"
    assert (await sara.get(f"/api/tickets/{ticket}")).status_code == 403
    line = (await omar.get(f"/api/tickets/{ticket}/history")).json()["lines"][-1]
    assert (line["kind"], line["from_agent"]["name"], line["to_agent"]["name"]) == (
        "transferred",
        "Sara",
        "Omar",
    )
    assert (line["by"]["name"], line["reason"]) == ("Sara", "End of my shift")


async def test_an_agent_finds_what_waits_and_takes_it(desk: Desk) -> None:
    ticket = await desk.customer_writes("anybody?")
    sara, _, _ = await desk.agent("Sara", presence=Presence.OFFLINE)
    omar, _, _ = await desk.agent("Omar", presence=Presence.OFFLINE)

    waiting = (await sara.get("/api/tickets?agent=none")).json()["items"]
    unread = await sara.get(f"/api/tickets/{ticket}/messages")
    taken = await sara.post(f"/api/tickets/{ticket}/take")
    late = await omar.post(f"/api/tickets/{ticket}/take")

    assert [one["id"] for one in waiting] == [ticket]
    assert unread.status_code == 403
    assert taken.json()["agent"]["name"] == "Sara"
    assert (late.status_code, late.json()["detail"]) == (
        403,
        "Sara took this conversation first.",
    )
    assert "Sara" in late.json()["detail_ar"]


async def test_closing_can_be_undone(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    ticket = await desk.customer_writes("hello")

    closed = await sara.post(f"/api/tickets/{ticket}/close", json={"reason": "Sold"})
    opened = await sara.post(f"/api/tickets/{ticket}/reopen")
    twice = await sara.post(f"/api/tickets/{ticket}/reopen")

    assert closed.json()["close_reason"] == "Sold"
    assert (opened.json()["status"], opened.json()["agent"]["name"]) == ("open", "Sara")
    assert (twice.status_code, twice.json()["type"]) == (409, "/docs/errors#cannot-reopen")
    assert twice.json()["detail_ar"] == "المحادثة مفتوحة."


async def test_a_ticket_has_a_priority_a_category_and_tags(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    ticket = await desk.customer_writes("hello")
    address = f"/api/tickets/{ticket}"

    fresh = (await sara.get(address)).json()
    changed = await sara.patch(
        address, json={"priority": "high", "category": "orders", "tags": ["delivery"]}
    )
    less = await sara.patch(address, json={"category": None})
    wrong = await sara.patch(address, json={"priority": "extreme"})
    long = await sara.patch(address, json={"tags": ["x" * 51]})

    assert (fresh["priority"], fresh["category"], fresh["tags"]) == ("normal", None, [])
    assert changed.json()["category"] == "orders"
    assert (less.json()["priority"], less.json()["category"], less.json()["tags"]) == (
        "high",
        None,
        ["delivery"],
    )
    assert wrong.json()["errors"][0]["field"] == "priority"
    assert "50" in long.json()["detail"]
    assert (await sara.get("/api/tickets")).json()["items"][0] == less.json()


async def test_whoever_has_a_ticket_open_is_seen_by_the_others(desk: Desk) -> None:
    sara, sara_id, _ = await desk.agent("Sara")
    ticket = await desk.customer_writes("hello")
    boss, _, token = await desk.agent("Boss", role=Role.ADMIN, presence=Presence.OFFLINE)
    omar, _, _ = await desk.agent("Omar", presence=Presence.OFFLINE)
    socket = listening(desk, token)
    await socket.frame("hello")
    address = f"/api/tickets/{ticket}/here"

    said = await sara.post(address, json={"doing": "writes"})
    frame = await socket.frame("reader.changed")
    await socket.hang_up()

    assert (said.status_code, frame["id"]) == (204, str(ticket))
    entity = frame["entity"]
    assert isinstance(entity, dict)
    assert (entity["id"], entity["doing"]) == (ticket, "writes")
    assert entity["agent"] == {"id": sara_id, "name": "Sara"}
    assert (await boss.post(address, json={"doing": "left"})).status_code == 204
    assert (await omar.post(address, json={"doing": "reads"})).status_code == 403
    assert (await sara.post(address, json={"doing": "sleeps"})).status_code == 422


async def test_a_note_reaches_colleagues_at_once(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    ticket = await desk.customer_writes("hello")
    _, _, token = await desk.agent("Boss", role=Role.ADMIN, presence=Presence.OFFLINE)
    socket = listening(desk, token)
    await socket.frame("hello")

    written = await sara.post(f"/api/tickets/{ticket}/notes", json={"text": "Allergic."})
    frame = await socket.frame("note.added")
    await socket.hang_up()

    assert written.status_code == 201
    assert frame["entity"] == written.json()
    assert (await sara.get(f"/api/tickets/{ticket}/history")).json()["notes"] == [written.json()]
    assert len((await sara.get(f"/api/tickets/{ticket}/messages")).json()["items"]) == 1
