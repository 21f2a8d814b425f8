"""Tickets over HTTP: what an agent's desk reads and does."""

from typing import Any

from khalifa.application.ports.messaging import MessageRejected, OutcomeUnknown
from khalifa.domain.agents import Presence, Role
from khalifa.infrastructure.memory.messaging import NAME, MemoryProvider
from tests.http.desk import Desk, listening

UNSENDABLE = [
    (b'{"text":""}', "A message needs some text."),
    (b'{"text":" \\n "}', "A message needs some text."),
    (b'{"text":"' + b"x" * 4097 + b'"}', "4,096"),
    (b'{"text":"\\ud800"}', "surrogate"),
    (b'{"text":"\xed\xa0\x80"}', "UTF-8"),
    (b'{"text":5}', "text: Expected `str`"),
    (b'{"text":"x","to":"y"}', "unknown field `to`"),
    (b"{", "JSON"),
    (b"", "A JSON object is needed"),
    (b"null", "Expected `object`"),
    (b"[" * 20_000, "JSON"),
]
WRONG_QUESTIONS = [
    ("limit=0", "limit"),
    ("limit=501", "limit"),
    ("limit=x", "limit"),
    ("status=lost", "status"),
    ("agent=somebody", "agent"),
    ("agent=-1", "agent"),
    ("cursor=" + "x" * 501, "cursor"),
]
PHONES = ("201012345678", "201112345678", "201212345678")


async def test_a_list_is_a_page_with_both_cursors(desk: Desk) -> None:
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)
    for phone in PHONES:
        await desk.customer_writes("مرحبا", phone)

    first = (await admin.get("/api/tickets", params={"limit": 2})).json()
    rest = (await admin.get("/api/tickets", params={"cursor": first["next_cursor"]})).json()

    assert [len(first["items"]), len(rest["items"])] == [2, 1]
    assert rest["next_cursor"] is None
    assert first["live_cursor"]
    assert {ticket["customer"]["phone"] for ticket in first["items"] + rest["items"]} == set(PHONES)


async def test_lists_answer_while_live_events_are_away(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    desk.container.event_stream.override(desk.container.settings)  # has no cursor

    answer = await sara.get("/api/tickets")

    assert (answer.status_code, answer.json()["live_cursor"]) == (200, None)


async def test_agents_see_their_own_tickets_whatever_they_ask_for(desk: Desk) -> None:
    sara, sara_id, _ = await desk.agent("Sara")
    mine = await desk.customer_writes("one", PHONES[0])
    omar, _, _ = await desk.agent("Omar")
    other = await desk.customer_writes("two", PHONES[1])

    for whose in ("", str(sara_id), "me"):
        items = (await omar.get("/api/tickets", params={"agent": whose})).json()["items"]
        assert [ticket["id"] for ticket in items] == [other]
    assert (await omar.get(f"/api/tickets/{mine}")).status_code == 403
    assert (await sara.get(f"/api/tickets/{mine}")).json()["agent"]["name"] == "Sara"


async def test_agents_see_all_tickets_when_the_business_says_so(desk: Desk) -> None:
    await desk.agent("Sara")
    hers = await desk.customer_writes("one", PHONES[0])
    boss, _, _ = await desk.agent("Boss", role=Role.ADMIN, presence=Presence.OFFLINE)
    await boss.patch("/api/settings", json={"agents_see_all": True})
    omar, _, token = await desk.agent("Omar")
    socket = listening(desk, token)
    await socket.frame("hello")

    await desk.customer_writes("two", PHONES[0])

    assert (await omar.get("/api/me")).json()["sees_all"] is True
    assert [one["id"] for one in (await omar.get("/api/tickets")).json()["items"]] == [hers]
    assert (await omar.get(f"/api/tickets/{hers}")).json()["agent"]["name"] == "Sara"
    told = await socket.frame("message.changed")
    assert told["entity"] == (await omar.get(f"/api/tickets/{hers}/messages")).json()["items"][-1]
    answer = await omar.post(f"/api/tickets/{hers}/messages", json={"text": "I can help"})
    assert answer.status_code == 202
    # What is an administrator's alone stays so.
    assert (await omar.get("/api/agents")).status_code == 403
    assert (await omar.patch("/api/settings", json={})).status_code == 403
    await socket.hang_up()


async def test_an_administrator_finds_tickets_that_wait(desk: Desk) -> None:
    waiting = await desk.customer_writes("anybody?")
    admin, admin_id, _ = await desk.agent("admin", role=Role.ADMIN, presence=Presence.OFFLINE)

    items = (await admin.get("/api/tickets?agent=none")).json()["items"]
    given = await admin.post(f"/api/tickets/{waiting}/assign", json={"agent_id": admin_id})

    assert [ticket["id"] for ticket in items] == [waiting]
    assert given.json()["agent"]["id"] == admin_id
    assert (await admin.get("/api/tickets?agent=none")).json()["items"] == []


async def test_a_reply_is_stored_and_queued_once_per_key(desk: Desk) -> None:
    sara, sara_id, _ = await desk.agent("Sara")
    ticket = await desk.customer_writes("هل الدواء متوفر؟")
    address, key = f"/api/tickets/{ticket}/messages", {"Idempotency-Key": "press-1"}

    first = await sara.post(address, json={"text": "نعم"}, headers=key)
    again = await sara.post(address, json={"text": "نعم"}, headers=key)
    other = await sara.post(address, json={"text": "لا"}, headers=key)

    assert (first.status_code, first.json()["status"]) == (202, "queued")
    assert (first.json()["direction"], first.json()["agent_id"]) == ("out", sara_id)
    assert again.json() == first.json()
    assert other.status_code == 409
    assert other.json()["type"] == "/docs/errors#idempotency-key-reused"
    listed = (await sara.get(address)).json()["items"]
    assert [message["text"] for message in listed] == ["هل الدواء متوفر؟", "نعم"]
    assert desk.jobs.take_deliver()


SAYABLE: dict[str, dict[str, Any]] = {
    "location": {"location": {"latitude": 31.0364, "longitude": 31.3807, "name": "المنصورة"}},
    "contacts": {"contacts": [{"name": "Mona", "phones": ["+201012345678"]}]},
    "template": {"template": {"name": "order", "language": "ar", "body": {"customer": "منى"}}},
    "interactive": {
        "interactive": {"type": "buttons", "body": "?", "buttons": [{"id": "1", "title": "نعم"}]}
    },
}
NOT_SAYABLE: list[tuple[dict[str, object], str]] = [
    ({"kind": "location"}, "needs `location`"),
    ({"kind": "location", "location": {"latitude": 91, "longitude": 0}}, "-90 to 90"),
    ({"kind": "location", **SAYABLE["location"], "text": "x"}, "`text` does not belong"),
    ({"kind": "contacts", "contacts": [{"name": "Mona", "phones": ["1"]}]}, "phone"),
    ({"kind": "reaction", "reaction": {"message_id": 0, "emoji": "x"}}, ">= 1"),
    ({"kind": "template", "template": {"name": "x", "language": "ar", "body": [""]}}, "empty"),
    ({"kind": "interactive", "interactive": {"type": "list", "body": "?"}}, "needs `button`"),
    ({"kind": "image"}, "needs `media_id`"),
    ({"kind": "poll"}, "poll"),
    ({"text": "x", "reply_to": None}, "Expected `int"),
]


async def test_every_kind_is_stored_as_it_was_said(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    ticket = await desk.customer_writes("hello")
    address = f"/api/tickets/{ticket}/messages"

    for kind, said in SAYABLE.items():
        answer = await sara.post(address, json={"kind": kind, **said})

        assert answer.status_code == 202, answer.text
        assert answer.json()["kind"] == kind
        content = answer.json()["content"]
        [wanted] = said.values()
        wanted = {"contacts": wanted} if kind == "contacts" else wanted
        assert {**content, **wanted} == content


async def test_an_answer_and_a_reaction_say_what_they_are_about(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    ticket = await desk.customer_writes("hello")
    address = f"/api/tickets/{ticket}/messages"
    [heard] = (await sara.get(address)).json()["items"]

    answer = await sara.post(address, json={"text": "yes", "reply_to": heard["id"]})
    reaction = {"kind": "reaction", "reaction": {"message_id": heard["id"], "emoji": "👍"}}
    reacted = await sara.post(address, json=reaction)
    await desk.container.deliver_messages()()

    assert answer.json()["reply_to_id"] == heard["id"]
    assert answer.json()["reply_to"] == heard["whatsapp_message_id"]
    assert reacted.status_code == 202
    [shown] = (await sara.get(address)).json()["items"][0]["reactions"]
    assert (shown["emoji"], shown["from_us"]) == ("👍", True)


async def test_what_is_missing_or_above_a_limit_is_refused_by_name_in_both_languages(
    desk: Desk,
) -> None:
    sara, _, _ = await desk.agent("Sara")
    ticket = await desk.customer_writes("hello")

    for body, words in NOT_SAYABLE:
        answer = await sara.post(f"/api/tickets/{ticket}/messages", json=body)

        assert answer.status_code == 422, (body, answer.text)
        assert words in answer.json()["detail"], (body, answer.text)
        assert answer.json()["detail_ar"]


async def test_what_the_provider_cannot_do_is_a_501_with_words(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    ticket = await desk.customer_writes("hello")
    desk.provider.port = MemoryProvider(NAME, abilities=False).port
    for part in ("configured_providers", "reply_to_ticket", "tell_customer"):
        getattr(desk.container, part).reset()

    for kind, said in SAYABLE.items():
        answer = await sara.post(f"/api/tickets/{ticket}/messages", json={"kind": kind, **said})
        assert answer.status_code == 501, answer.text
        assert answer.json()["type"] == "/docs/errors#cannot-send"
        assert "memory" in answer.json()["detail"]
        assert "memory" in answer.json()["detail_ar"]
    typing = await sara.post(f"/api/tickets/{ticket}/typing")

    assert typing.status_code == 501
    assert len((await sara.get(f"/api/tickets/{ticket}/messages")).json()["items"]) == 1


async def test_a_reply_that_was_not_sent_is_deleted(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    ticket = await desk.customer_writes("hello")
    said = await sara.post(f"/api/tickets/{ticket}/messages", json={"text": "one"})
    early = await sara.delete(f"/api/messages/{said.json()['id']}")
    desk.provider.driver.will(MessageRejected("not on WhatsApp (131026)"))
    await desk.container.deliver_messages()()

    deleted = await sara.delete(f"/api/messages/{said.json()['id']}")

    assert (early.status_code, early.json()["type"]) == (409, "/docs/errors#was-sent")
    assert early.json()["detail_ar"]
    assert (deleted.status_code, deleted.json()["text"]) == (200, None)
    assert deleted.json()["revoked_at"]


async def test_a_reply_nobody_knows_the_fate_of_is_sent_again_or_vouched_for(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    ticket = await desk.customer_writes("hello")
    ids = []
    for text in ("one", "two"):
        desk.provider.driver.will(OutcomeUnknown("no answer"))
        said = await sara.post(f"/api/tickets/{ticket}/messages", json={"text": text})
        ids.append(said.json()["id"])
        await desk.container.deliver_messages()()
    one, two = ids

    again = await sara.post(f"/api/messages/{one}/resend")
    arrived = await sara.post(f"/api/messages/{two}/arrived")
    twice = await sara.post(f"/api/messages/{one}/resend")
    nothing = await sara.post("/api/messages/999999/resend")

    assert (again.status_code, again.json()["resend_of"], again.json()["text"]) == (202, one, "one")
    assert (arrived.status_code, arrived.json()["status"]) == (200, "sent")
    assert (twice.status_code, twice.json()["type"]) == (409, "/docs/errors#fate-known")
    assert twice.json()["detail_ar"]
    assert nothing.status_code == 404


async def test_typing_is_shown_and_reading_is_told(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    ticket = await desk.customer_writes("hello")

    typing = await sara.post(f"/api/tickets/{ticket}/typing")
    await sara.post(f"/api/tickets/{ticket}/read")
    await desk.container.tell_customer().finish()

    assert (typing.status_code, typing.content) == (204, b"")
    assert len(desk.provider.driver.typed) == len(desk.provider.driver.seen) == 1


async def test_who_am_i_says_what_can_be_sent(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")

    me = (await sara.get("/api/me")).json()

    assert me["provider"] == "memory"
    assert {"locations", "contacts", "reactions", "templates"} <= set(me["capabilities"])


async def test_a_ticket_is_read_then_closed_then_silent(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    ticket = await desk.customer_writes("hello")

    read = await sara.post(f"/api/tickets/{ticket}/read")
    closed = await sara.post(f"/api/tickets/{ticket}/close", json={"reason": "Done"})
    again = await sara.post(f"/api/tickets/{ticket}/close")
    late = await sara.post(f"/api/tickets/{ticket}/messages", json={"text": "one more"})

    assert read.json()["unread"] == 0
    assert (closed.status_code, closed.json()["status"]) == (200, "closed")
    assert again.json()["type"] == "/docs/errors#ticket-already-closed"
    assert late.status_code == 409


async def test_a_ticket_is_kept_for_later(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    ticket = await desk.customer_writes("hello")
    await sara.post(f"/api/tickets/{ticket}/read")

    unread = await sara.post(f"/api/tickets/{ticket}/unread")
    again = await sara.post(f"/api/tickets/{ticket}/unread")
    await sara.post(f"/api/tickets/{ticket}/close")
    closed = await sara.post(f"/api/tickets/{ticket}/unread")

    assert (unread.status_code, unread.json()["unread"]) == (200, 1)
    assert again.json() == unread.json()
    assert (closed.status_code, closed.json()["title"]) == (409, "The ticket is closed")


async def test_a_ticket_tells_where_our_last_message_stands(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    ticket = await desk.customer_writes("hello")
    [heard] = (await sara.get("/api/tickets")).json()["items"]
    await sara.post(f"/api/tickets/{ticket}/messages", json={"text": "yes"})

    [listed] = (await sara.get("/api/tickets")).json()["items"]
    one = (await sara.get(f"/api/tickets/{ticket}")).json()

    assert heard["last_message_status"] is None
    assert listed["last_message_status"] == one["last_message_status"] == "queued"


async def test_a_body_may_be_left_out_of_closing(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    ticket = await desk.customer_writes("hello")

    assert (await sara.post(f"/api/tickets/{ticket}/close")).json()["status"] == "closed"


async def test_what_cannot_be_sent_is_refused_by_name(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    ticket = await desk.customer_writes("hello")

    for body, words in UNSENDABLE:
        answer = await sara.post(f"/api/tickets/{ticket}/messages", content=body)

        assert answer.status_code == 422, body[:40]
        assert answer.headers["content-type"] == "application/problem+json"
        assert words in answer.json()["detail"]
    assert len((await sara.get(f"/api/tickets/{ticket}/messages")).json()["items"]) == 1


async def test_a_body_above_the_limit_is_refused_unread(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")

    answer = await sara.post("/api/tickets/1/messages", json={"text": "x" * 70_000})

    assert (answer.status_code, answer.json()["title"]) == (413, "The body is too large")


async def test_an_id_that_names_nothing_is_not_found(desk: Desk) -> None:
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)

    for name in ("0", "-1", "9" * 19, "9" * 40, "9" * 5000, "abc", "1.5", "%00"):
        for path in (f"/api/tickets/{name}", f"/api/tickets/{name}/messages"):
            answer = await admin.get(path)
            assert (answer.status_code, answer.json()["status"]) == (404, 404), name[:40]


async def test_a_wrong_question_names_its_field(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")

    for query, field in WRONG_QUESTIONS:
        answer = await sara.get(f"/api/tickets?{query}")

        assert answer.status_code == 422, query
        assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_cursor_of_nobodys_is_refused(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")

    answer = await sara.get("/api/tickets?cursor=%F0%9F%98%80nonsense")

    assert (answer.status_code, answer.json()["type"]) == (422, "/docs/errors#invalid-cursor")
