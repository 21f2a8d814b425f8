"""The WPPConnect far side answers and calls as the real server's transcripts say."""

import asyncio
import base64
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.far_sides import wppconnect_bodies as bodies
from tests.far_sides import wppconnect_transcripts as transcripts
from tests.far_sides.wppconnect import WppconnectFarSide
from tests.far_sides.wppconnect_bench import (
    SECRET,
    Caller,
    Hook,
    abridged,
    caller_of,
    listening,
    shape,
    until,
    when,
)
from tests.far_sides.wppconnect_control import WppconnectRemote
from tests.far_sides.wppconnect_messages import (
    JPEG_PREVIEW,
    MONA,
    PIXEL,
    JsonObject,
    media_content,
)

OMAR = "201222222222"
LID = "14443111111111@lid"
PNG = b"\x89PNG\r\n\x1a\n"
DISCONNECTED: JsonObject = {
    "response": None,
    "status": "Disconnected",
    "message": "A sessão do WhatsApp não está ativa.",
}
NO_SUCH_ROUTE = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    "<title>Error</title>\n</head>\n<body>\n<pre>Cannot GET /api/shop1/no-such-route"
    "</pre>\n</body>\n</html>\n"
)
DOES_NOT_EXIST: JsonObject = {
    "response": None,
    "status": "Connected",
    "message": "O número 201999999999 não existe.",
    "session": "shop1",
}
LIBRARY_THREW = {"status": "Error", "message": "Erro ao enviar a mensagem."}


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def far() -> AsyncIterator[WppconnectFarSide]:
    async with WppconnectFarSide(secret_key=SECRET) as server:
        server.adjust(logout_seconds=0.01)
        yield server


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    async with listening() as taken:
        yield taken


@pytest.fixture
async def shop1(far: WppconnectFarSide, http: aiohttp.ClientSession) -> Caller:
    return await caller_of(far, http, "shop1")


# Authentication: transcript T1


async def test_a_token_is_made_from_the_secret_in_the_path_and_looks_like_bcrypt(
    shop1: Caller,
) -> None:
    assert await shop1.post("WRONG/generate-token") == (
        400,
        {"response": False, "message": "The SECRET_KEY is incorrect"},
    )

    status, made = await shop1.post(f"{SECRET}/generate-token")

    assert isinstance(made, dict)
    assert status == 201
    assert made == {
        "status": "success",
        "session": "shop1",
        "token": made["token"],
        "full": f"shop1:{made['token']}",
    }
    assert str(made["token"]).startswith("$2b$10$")
    assert len(str(made["token"])) == 60
    assert made["token"] != shop1.token
    assert (await shop1.get("status-session"))[0] == 200


@pytest.mark.parametrize(
    ("header", "session", "status", "answer"),
    [
        (None, "shop1", 401, "absent"),
        ("{token}", "shop1", 401, "absent"),
        ("Bearer wrong", "shop1", 401, "wrong"),
        ("Bearer {token}", "other", 401, "wrong"),
        ("Bearer shop1:{token}", "shop1", 401, "wrong"),
        ("Token {token}", "shop1", 200, "closed"),
        (None, "shop1:{token}", 200, "closed"),
    ],
)
async def test_a_token_is_taken_from_the_path_or_from_any_header_of_two_words(
    shop1: Caller, header: str | None, session: str, status: int, answer: str
) -> None:
    answers: dict[str, JsonObject] = {
        "absent": {"message": "Token is not present. Check your header and try again"},
        "wrong": {"error": "Check that the Session and Token are correct"},
        "closed": {"status": "CLOSED", "qrcode": None},
    }
    url = f"{shop1.far.base_url}/api/{session.format(token=shop1.token)}/status-session"
    headers = {"Authorization": header.format(token=shop1.token)} if header else {}

    async with shop1.http.get(url, headers=headers) as response:
        assert (response.status, await response.json()) == (status, answers[answer])


async def test_revoked_tokens_are_refused_and_new_ones_taken(shop1: Caller) -> None:
    shop1.far.revoke_tokens()

    assert (await shop1.get("status-session"))[0] == 401
    renewed = await caller_of(shop1.far, shop1.http, "shop1")
    assert (await renewed.get("status-session"))[0] == 200


async def test_what_express_cannot_route_or_parse_is_answered_with_a_page(shop1: Caller) -> None:
    url = f"{shop1.far.base_url}/api/shop1"
    json_type = {"Content-Type": "application/json"}

    async with shop1.http.get(f"{url}/no-such-route") as response:
        assert (response.status, await response.text()) == (
            404,
            NO_SUCH_ROUTE,
        )
    async with shop1.http.post(
        f"{url}/send-message", data=b"{bad json", headers=json_type
    ) as response:
        assert response.status == 400
        assert "in JSON at position 1<br> &nbsp; &nbsp;at JSON.parse" in await response.text()


# The life of a session: transcripts T2, T3, T10, T13


async def test_a_paired_session_answers_its_state_before_the_start_and_then_connects(
    shop1: Caller, hook: Hook
) -> None:
    assert await shop1.get("check-connection-session") == (
        200,
        {"status": False, "message": "Disconnected"},
    )
    assert await shop1.send("x") == (404, {**DISCONNECTED, "session": ""})
    assert await shop1.post("close-session") == (
        500,
        {"status": False, "message": "Error closing session", "error": {"level": "error"}},
    )

    assert await shop1.start(hook, waitQrCode=False) == (
        200,
        {"status": "CLOSED", "qrcode": None, "session": ""},
    )
    await until(shop1.is_("CONNECTED"))
    await shop1.far.settle()

    connected: JsonObject = {"status": "CONNECTED", "qrcode": None, "version": "2.10.4"}
    assert await shop1.get("status-session") == (200, connected)
    assert await shop1.get("qrcode-session") == (
        200,
        {"status": "CONNECTED", "message": "QRCode is not available..."},
    )
    assert await shop1.get("get-phone-number") == (
        200,
        {"status": "success", "response": "201000000001@c.us", "mapper": "device"},
    )
    assert await shop1.get("host-device") == (200, transcripts.HOST_DEVICE)
    assert sorted(map(str, hook.found())) == ["inChat", "isLogged"]
    assert {post["session"] for post in hook.posts} == {"shop1"}


async def test_close_keeps_the_stored_webhook_and_later_events_come_without_a_session(
    shop1: Caller, hook: Hook
) -> None:
    await shop1.connect(hook)
    assert await shop1.start(webhook="http://127.0.0.1:9/changed") == (
        200,
        {"status": "CONNECTED", "qrcode": None, "version": "2.10.4", "session": "shop1"},
    )

    closed = (200, {"status": True, "message": "Session successfully closed"})
    assert await shop1.post("close-session") == closed
    await shop1.far.settle()
    assert hook.events("closesession") == [
        {
            "event": "closesession",
            "session": "shop1",
            "message": "Session: shop1 disconnected",
            "connected": False,
        }
    ]
    assert hook.found().count("browserClose") == 1
    assert await shop1.post("close-session") == closed
    assert await shop1.send("x") == (404, DISCONNECTED)
    assert await shop1.post("logout-session", {}) == (404, DISCONNECTED)

    hook.posts.clear()
    assert await shop1.post("start-session", {}) == (200, {"status": "CLOSED", "qrcode": None})
    await until(shop1.is_("CONNECTED"))
    await shop1.far.customer_writes(MONA, "after restart")
    await shop1.far.settle()

    assert {"event": "status-find", "status": "isLogged"} in hook.posts
    assert [post["session"] for post in hook.events("onmessage")] == ["shop1"]


async def test_a_qr_is_posted_shown_and_still_shown_after_the_scan(
    shop1: Caller, hook: Hook
) -> None:
    shop1.far.set_mode("shop1", "needs_qr")
    status, first = await shop1.start(hook, waitQrCode=True)

    assert isinstance(first, dict)
    assert (status, first["status"], first["session"]) == (200, "qrcode", "shop1")
    assert base64.b64decode(first["qrcode"]).startswith(PNG)
    _, state = await shop1.get("status-session")
    assert isinstance(state, dict)
    assert list(state) == ["status", "qrcode", "urlcode", "version"]
    assert (state["status"], state["urlcode"]) == ("QRCODE", first["urlcode"])
    assert state["qrcode"].startswith("data:image/png;base64,")
    assert await shop1.send("x") == (404, {**DISCONNECTED, "session": "shop1"})

    shop1.far.next_qr("shop1")
    await until(when(lambda: len(hook.events("qrcode")) == 2))
    shop1.far.scan("shop1")
    await until(shop1.is_("CONNECTED"))
    await shop1.far.settle()

    _, stale = await shop1.get("status-session")
    assert isinstance(stale, dict)
    assert stale["urlcode"] == hook.events("qrcode")[1]["urlcode"] != first["urlcode"]
    picture = f"{shop1.far.base_url}/api/shop1:{shop1.token}/qrcode-session"
    async with shop1.http.get(picture) as response:
        assert response.content_type == "image/png"
        assert (await response.read()).startswith(PNG)
    assert set(hook.found()) == {"notLogged", "qrReadSuccess", "inChat"}


async def test_autoclose_tells_nobody_and_leaves_the_old_qr(shop1: Caller, hook: Hook) -> None:
    shop1.far.set_mode("shop1", "needs_qr")
    shop1.far.adjust(autoclose_seconds=0.05)
    await shop1.start(hook)
    await until(shop1.is_("CLOSED"))
    await shop1.far.settle()

    assert hook.found() == ["notLogged"]
    shop1.far.adjust(autoclose_seconds=60)
    status, state = await shop1.start(hook)
    assert isinstance(state, dict)
    assert (status, state["status"], state["session"]) == (200, "CLOSED", "shop1")
    assert state["urlcode"] == hook.events("qrcode")[0]["urlcode"]
    await until(shop1.is_("QRCODE"))


async def test_wait_qr_code_never_answers_a_paired_phone_and_does_not_wait_after_close(
    shop1: Caller,
) -> None:
    waiting = asyncio.create_task(shop1.start(waitQrCode=True))
    await until(shop1.is_("CONNECTED"))
    assert not waiting.done()
    waiting.cancel()

    await shop1.post("close-session")

    assert await shop1.start(waitQrCode=True) == (
        200,
        {"status": None, "qrcode": None, "version": "2.10.4"},
    )


async def test_a_browser_that_cannot_launch_stays_initializing_until_closed(
    shop1: Caller,
) -> None:
    shop1.far.set_mode("shop1", "stuck")
    await shop1.start()
    initializing: JsonObject = {"status": "INITIALIZING", "qrcode": None, "version": "2.10.4"}
    assert await shop1.start() == (200, {**initializing, "session": "shop1"})

    assert (await shop1.post("close-session"))[0] == 500

    assert await shop1.get("status-session") == (200, {"status": "CLOSED", "qrcode": None})
    shop1.far.set_mode("shop1", "paired")
    await shop1.connect()


async def test_a_dead_browser_still_says_connected_and_only_close_then_start_helps(
    shop1: Caller, hook: Hook
) -> None:
    await shop1.connect(hook)
    hook.posts.clear()
    shop1.far.kill_browser("shop1")
    await shop1.far.settle()

    assert hook.posts == [{"event": "status-find", "session": "shop1", "status": "browserClose"}]
    assert await shop1.status() == "CONNECTED"
    assert await shop1.get("check-connection-session") == (
        200,
        {"status": False, "message": "Disconnected"},
    )
    assert await shop1.send("x") == (404, {**DISCONNECTED, "session": "shop1"})
    assert (await shop1.start())[1] == {
        "status": "CONNECTED",
        "qrcode": None,
        "version": "2.10.4",
        "session": "shop1",
    }
    assert (await shop1.post("close-session"))[0] == 200
    await shop1.connect()
    assert (await shop1.send("x"))[0] == 201


@pytest.mark.parametrize("how", ["unlinked on the phone", "logged out"])
async def test_an_unpaired_session_is_closed_and_needs_a_qr_again(
    shop1: Caller, hook: Hook, how: str
) -> None:
    await shop1.connect(hook)
    hook.posts.clear()
    if how == "logged out":
        assert await shop1.post("logout-session") == (
            200,
            {"status": True, "message": "Session successfully closed"},
        )
    else:
        shop1.far.unlink("shop1")
    await shop1.far.settle()

    assert hook.found() == ["disconnectedMobile", "browserClose"]
    assert len(hook.events("logoutsession")) == (how == "logged out")
    assert await shop1.get("status-session") == (200, {"status": "CLOSED", "qrcode": None})
    async with shop1.http.get(f"{shop1.far.base_url}/api/{SECRET}/show-all-sessions") as listed:
        assert await listed.json() == {"response": ["shop1"]}
    await shop1.start(hook)
    await until(shop1.is_("QRCODE"))


async def test_a_restart_keeps_tokens_webhooks_and_chats_and_loses_what_was_under_way(
    shop1: Caller, hook: Hook
) -> None:
    await shop1.connect(hook)
    await shop1.far.customer_writes(MONA, "before")
    shop1.far.arrange("hang")
    lost = asyncio.create_task(shop1.send("lost"))
    await until(when(lambda: shop1.far.hanging == 1))
    hook.posts.clear()

    await shop1.far.go_down()
    with pytest.raises(aiohttp.ClientConnectionError):
        await lost
    with pytest.raises(aiohttp.ClientConnectionError):
        await shop1.status()
    await shop1.far.come_up()
    await until(shop1.is_("CONNECTED"))
    await shop1.far.settle()

    assert sorted(map(str, hook.found())) == ["inChat", "isLogged"]
    assert shop1.far.accepted == []
    _, answer = await shop1.get(f"get-messages/{MONA}@c.us")
    assert isinstance(answer, dict)
    assert [message["body"] for message in answer["response"]] == ["before"]


# Sends: transcript T4


async def test_a_sent_text_is_answered_as_a_list_and_followed_by_raw_acks(
    shop1: Caller, hook: Hook
) -> None:
    await shop1.connect(hook)
    status, answer = await shop1.send("hello")
    await shop1.far.settle()

    assert status == 201
    assert isinstance(answer, dict)
    assert shape(answer) == shape(transcripts.SEND_ANSWER)
    [sent] = shop1.far.accepted
    assert answer["response"][0]["id"] == sent.id == f"true_{MONA}@c.us_{sent.key}"
    acks = hook.events("onack")
    assert [ack["ack"] for ack in acks] == [1, 2]
    assert shape(abridged(acks[0])) == shape(transcripts.ACK)
    assert acks[0]["id"] == {
        "fromMe": True,
        "remote": f"{MONA}@c.us",
        "id": sent.key,
        "_serialized": sent.id,
    }


@pytest.mark.parametrize(
    ("phone", "more", "reached"),
    [
        (MONA, {}, [f"{MONA}@c.us"]),
        ([MONA, f"{OMAR}@c.us"], {}, [f"{MONA}@c.us", f"{OMAR}@c.us"]),
        (f"{MONA}, {OMAR};", {}, [f"{MONA}@c.us", f"{OMAR}@c.us"]),
        ("+20 111 111 1111", {}, ["20 111 111 1111@lid"]),
        ("144431111111111", {}, ["144431111111111@lid"]),
        ("14443111111111", {"isLid": True}, [LID]),
        ("120363000000000001", {"isGroup": True}, ["120363000000000001@g.us"]),
        ("", {}, []),
        (None, {}, []),
    ],
)
async def test_a_phone_is_read_as_contact_to_array_reads_it(
    shop1: Caller, phone: object, more: JsonObject, reached: list[str]
) -> None:
    await shop1.connect()

    status, answer = await shop1.send("hello", phone, **more)

    assert status == 201
    assert isinstance(answer, dict)
    assert [entry["to"] for entry in answer["response"]] == reached
    assert [sent.to for sent in shop1.far.accepted] == reached


async def test_client_mistakes_are_answered_as_the_real_server_mixes_them_up(
    shop1: Caller,
) -> None:
    await shop1.connect()
    url = f"{shop1.far.base_url}/api/shop1:{shop1.token}/send-message"
    spelled = {"Content-Type": "application/json; charset=utf-8"}

    assert await shop1.send("x", 201111111111) == (404, {**DISCONNECTED, "session": "shop1"})
    async with shop1.http.post(url, data=b'{"phone":""}', headers=spelled) as response:
        assert (response.status, await response.json()) == (400, "Error sending message")
    body = b'{"phone":"201111111111","message":"x"}'
    async with shop1.http.post(url, data=body, headers=spelled) as response:
        assert "session" not in await response.json()


async def test_a_number_not_on_whatsapp_is_refused_and_sent_to_all_the_same(
    shop1: Caller, hook: Hook
) -> None:
    await shop1.connect(hook)
    shop1.far.not_on_whatsapp("201999999999")

    assert await shop1.send("one bad of two", [MONA, "201999999999"]) == (400, DOES_NOT_EXIST)
    await until(when(lambda: len(shop1.far.accepted) == 2))
    await shop1.far.settle()

    assert [sent.to for sent in shop1.far.went_out()] == [
        f"{MONA}@c.us",
        "201999999999@c.us",
    ]
    assert len(hook.events("onack")) == 4
    _, checked = await shop1.get("check-number-status/201999999999")
    assert isinstance(checked, dict)
    assert checked["response"] == {
        "id": "201999999999@c.us",
        "isBusiness": False,
        "canReceiveMessage": False,
        "numberExists": False,
        "status": 404,
    }


async def test_a_migrated_number_moves_the_message_its_id_and_its_acks_to_the_lid(
    shop1: Caller, hook: Hook
) -> None:
    await shop1.connect(hook)
    shop1.far.migrate(MONA, LID)
    chosen = f"true_{LID}_3EB0CHOSEN"

    _, answer = await shop1.send("migrated", options={"messageId": chosen})
    refused, _ = await shop1.send("x", options={"messageId": f"true_{MONA}@c.us_3EB0X"})
    await shop1.far.settle()

    assert isinstance(answer, dict)
    assert answer["response"][0]["id"] == chosen
    assert {str(ack["to"]) for ack in hook.events("onack")} == {LID}
    assert refused == 500
    [sent] = shop1.far.accepted
    assert (sent.asked, sent.to, sent.key) == (f"{MONA}@c.us", LID, "3EB0CHOSEN")


@pytest.mark.parametrize(
    ("scenario", "status", "answer", "went_out"),
    [
        ("empty_list", 201, {"status": "success", "response": [], "mapper": "return"}, 0),
        ("false_entry", 201, {"status": "success", "response": [False], "mapper": "return"}, 1),
        ("null_entry", 201, {"status": "success", "response": [None], "mapper": "return"}, 1),
        ("error_500", 500, {**LIBRARY_THREW, "error": {"level": "error"}}, 0),
        (
            "error_500_object",
            500,
            {
                **LIBRARY_THREW,
                "error": {
                    "erro": True,
                    "to": "",
                    "text": "The number does not exist",
                    "status": 404,
                },
            },
            0,
        ),
    ],
)
async def test_an_arranged_answer_comes_for_that_recipient_that_many_times(
    shop1: Caller, scenario: str, status: int, answer: JsonObject, went_out: int
) -> None:
    await shop1.connect()
    shop1.far.arrange(scenario, to=MONA, times=1)

    other, _ = await shop1.send("to another", OMAR)
    arranged = await shop1.send("arranged")
    later, _ = await shop1.send("later")

    assert (other, later) == (201, 201)
    assert arranged == (status, {**answer, "session": "shop1"})
    assert len(shop1.far.went_out("arranged")) == went_out


async def test_a_refused_message_is_a_201_with_a_negative_ack(shop1: Caller, hook: Hook) -> None:
    await shop1.connect(hook)
    shop1.far.arrange("ack_failure")

    status, answer = await shop1.send("f")
    await shop1.far.settle()

    assert status == 201
    assert isinstance(answer, dict)
    [entry] = answer["response"]
    assert (entry["ack"], entry["isSendFailure"], "self" in entry) == (-1, True, False)
    assert [ack["ack"] for ack in hook.events("onack")] == [-1]
    assert shop1.far.went_out() == []


async def test_a_hung_send_goes_out_when_released_though_its_caller_gave_up(
    shop1: Caller,
) -> None:
    await shop1.connect()
    shop1.far.arrange("hang", times=1)
    late = asyncio.create_task(shop1.send("late"))
    await until(when(lambda: shop1.far.hanging == 1))
    assert shop1.far.accepted == []
    late.cancel()

    shop1.far.release()

    await until(when(lambda: len(shop1.far.went_out("late")) == 1))


@pytest.mark.parametrize(("scenario", "went_out"), [("drop_before", 0), ("drop_after_acting", 1)])
async def test_a_dropped_connection_hides_whether_the_message_went_out(
    shop1: Caller, scenario: str, went_out: int
) -> None:
    await shop1.connect()
    shop1.far.arrange(scenario, times=1)

    with pytest.raises(aiohttp.ClientConnectionError):
        await shop1.send("dropped")

    assert len(shop1.far.went_out("dropped")) == went_out


async def test_slow_html_and_early_ack_answers(shop1: Caller, hook: Hook) -> None:
    await shop1.connect(hook)
    shop1.far.arrange("slow", to=MONA, seconds=0.1, times=1)
    shop1.far.arrange("acks_first", to=OMAR)
    shop1.far.arrange("html_500", to=LID)

    assert (await shop1.send("slow"))[0] == 201
    assert time.time() - shop1.far.went_out("slow")[0].at >= 0.1
    await shop1.far.settle()
    hook.posts.clear()
    assert (await shop1.send("acked", OMAR))[0] == 201
    assert [ack["ack"] for ack in hook.events("onack")] == [1, 2]
    with pytest.raises(aiohttp.ContentTypeError):
        await shop1.send("page", LID, isLid=True)
    assert shop1.far.went_out("page") == []


# What the phone knows: transcript T6


async def test_get_messages_shows_the_tail_and_an_unknown_chat_is_a_401(
    shop1: Caller,
) -> None:
    await shop1.connect()
    for text in ("one", "two"):
        await shop1.far.customer_writes(MONA, text)
    await shop1.send("three")
    await shop1.far.settle()

    _, answer = await shop1.get(f"get-messages/{MONA}@c.us?count=2")

    assert isinstance(answer, dict)
    assert [(m["body"], m["ack"]) for m in answer["response"]] == [("two", 1), ("three", 2)]
    assert await shop1.get(f"get-messages/{OMAR}@c.us") == (
        401,
        {"status": "error", "response": "Error on open list", "error": {"level": "error"}},
    )
    _, unread = await shop1.get("unread-messages")
    assert isinstance(unread, dict)
    assert [m["body"] for m in unread["response"][0]["messages"]] == ["two", "one"]
    assert await shop1.get("unread-messages") == (200, {"status": "success", "response": []})


async def test_a_lid_resolves_both_ways_and_an_unknown_one_has_no_phone(shop1: Caller) -> None:
    await shop1.connect()
    shop1.far.knows_lid(MONA, LID)
    await shop1.far.customer_writes(LID, "from lid")
    both: JsonObject = {
        "lid": {"id": "14443111111111", "server": "lid", "_serialized": LID},
        "phoneNumber": {"id": MONA, "server": "c.us", "_serialized": f"{MONA}@c.us"},
        "contact": {"pushname": "Mona Ali", "type": "in"},
    }

    assert await shop1.get(f"contact/pn-lid/{LID}") == (200, both)
    assert await shop1.get(f"contact/pn-lid/{MONA}@c.us") == (200, both)
    assert await shop1.get("contact/pn-lid/99999999999999@lid") == (
        200,
        {"lid": {"id": "99999999999999", "server": "lid", "_serialized": "99999999999999@lid"}},
    )


async def test_seen_and_typing_answer_as_transcribed(shop1: Caller) -> None:
    await shop1.connect()

    assert await shop1.post("send-seen", {"phone": MONA}) == (
        201,
        {
            "status": "Success",
            "response": {
                "message": "Information retrieved successfully.",
                "contact": [f"{MONA}@c.us"],
                "session": "shop1",
                "data": [{"id": f"{MONA}@c.us", "unreadCount": 0}],
            },
            "session": "shop1",
        },
    )
    assert await shop1.post("typing", {"phone": MONA, "value": False}) == (
        200,
        {"status": "success", "response": True, "session": "shop1"},
    )
    assert shop1.far.seen == {"shop1": [f"{MONA}@c.us"]}
    assert shop1.far.typed == {"shop1": [(f"{MONA}@c.us", False)]}


async def test_seen_and_typing_fail_as_transcribed(shop1: Caller) -> None:
    await shop1.connect()
    shop1.far.refuse_gestures("shop1")

    assert await shop1.post("send-seen", {"phone": MONA}) == (
        400,
        {
            "status": "Error",
            "response": {
                "message": "Error retrieving information",
                "session": "shop1",
                "log": {"level": "error"},
            },
            "session": "shop1",
        },
    )
    assert await shop1.post("typing", {"phone": MONA}) == (
        500,
        {
            "status": "error",
            "message": "Error on set typing",
            "error": {"level": "error"},
            "session": "shop1",
        },
    )


async def test_the_list_of_chats_is_bare_and_the_newest_come_first(shop1: Caller) -> None:
    await shop1.connect()
    await shop1.far.customer_writes(OMAR, "first", at=1000.0)
    await shop1.far.customer_writes(MONA, "second", at=2000.0)
    await shop1.far.customer_writes(MONA, "hi all", group="120363000000000001")

    _, everybody = await shop1.post("list-chats", {})
    _, users = await shop1.post("list-chats", {"onlyUsers": True, "count": 1})

    assert isinstance(everybody, list)
    assert isinstance(users, list)
    assert len(everybody) == 3
    assert [(chat["id"]["_serialized"], chat["t"]) for chat in users] == [(f"{MONA}@c.us", 2000)]


async def test_the_other_questions_are_answered_as_transcribed(shop1: Caller) -> None:
    await shop1.connect()
    posted = await shop1.far.customer_sends_media(MONA, "image")
    gone = await shop1.far.customer_sends_media(MONA, "image", download_fails=True)

    _, contact = await shop1.get(f"contact/{MONA}")
    assert isinstance(contact, dict)
    assert contact["response"]["id"]["_serialized"] == f"{MONA}@c.us"
    assert await shop1.get(f"profile-pic/{MONA}") == (
        200,
        {"status": "success", "response": None},
    )
    for route, body, answer in (
        ("recording", {"value": True}, {"status": "success", "response": True}),
        ("chat-state", {"chatstate": "0"}, {"status": "success"}),
    ):
        assert await shop1.post(route, {"phone": MONA, **body}) == (
            200,
            {**answer, "session": "shop1"},
        )
    status, file = await shop1.get(f"get-media-by-message/{posted.body['id']}")
    assert isinstance(file, dict)
    assert (status, file["mimetype"]) == (200, "image/jpeg")
    status, refused = await shop1.get(f"get-media-by-message/{gone.body['id']}")
    assert isinstance(refused, dict)
    assert (status, refused["message"]) == (500, "The session is not active")


async def test_anybody_who_reaches_the_port_can_unpair_the_phone(shop1: Caller) -> None:
    await shop1.connect()

    status, answer = await shop1.post("WRONG/clear-session-data")

    assert (status, answer) == (
        400,
        {"response": "error", "message": "The token is incorrect"},
    )
    await shop1.post("close-session")
    await shop1.start()
    await until(shop1.is_("QRCODE"))


async def test_anybody_who_reaches_the_port_can_kill_it(shop1: Caller) -> None:
    await shop1.connect()

    async with shop1.http.get(f"{shop1.far.base_url}/unhealthy") as answer:
        assert (answer.status, await answer.read()) == (503, b"")

    async def is_gone() -> bool:
        try:
            await shop1.status()
        except aiohttp.ClientError:
            return True
        return False

    await until(is_gone)
    await shop1.far.come_up()
    await until(shop1.is_("CONNECTED"))


# Webhooks: transcripts T7, T8, T9, T11


async def test_a_text_is_posted_once_with_axios_headers_and_then_marked_as_read(
    shop1: Caller, hook: Hook
) -> None:
    await shop1.connect(hook)

    delivery = await shop1.far.customer_writes(MONA, "hello there")

    assert delivery.status == 200
    [post] = hook.events("onmessage")
    assert post == delivery.body
    assert shape(post) == shape(transcripts.TEXT)
    assert {name for name, value in post.items() if value != transcripts.TEXT[name]} == {
        "id",
        "t",
        "clientReceivedTsMillis",
        "timestamp",
    }
    headers = hook.headers[-1]
    for name in ("accept", "content-type", "user-agent", "accept-encoding", "connection"):
        assert headers[name] == transcripts.DELIVERY_HEADERS[name]
    assert "authorization" not in headers
    assert shop1.far.seen == {"shop1": [f"{MONA}@c.us"]}


async def test_a_failed_delivery_is_lost_and_not_marked_as_read(shop1: Caller, hook: Hook) -> None:
    await shop1.connect(hook)
    hook.status = 500

    delivery = await shop1.far.customer_writes(MONA, "lost")
    hook.status = 200
    await shop1.far.customer_writes(OMAR, "kept")

    assert delivery.status == 500
    assert [post["body"] for post in hook.events("onmessage")] == ["lost", "kept"]
    assert shop1.far.seen == {"shop1": [f"{OMAR}@c.us"]}


async def test_a_message_the_library_reports_twice_is_posted_twice_with_one_id(
    shop1: Caller, hook: Hook
) -> None:
    await shop1.connect(hook)

    await shop1.far.customer_writes(MONA, "twice", times=2)

    ids = [post["id"] for post in hook.events("onmessage")]
    assert len(ids) == 2
    assert len(set(ids)) == 1


async def test_credentials_in_the_webhook_url_become_basic_auth_and_the_path_stays(
    shop1: Caller, hook: Hook
) -> None:
    url = hook.url.replace("http://", "http://khalifa:s3%20cret@")
    await shop1.start(webhook=f"{url}/api/webhook/wppconnect?session=shop1")
    await until(shop1.is_("CONNECTED"))
    await shop1.far.settle()

    assert hook.headers[0]["authorization"] == bodies.basic_auth("s3 cret")
    assert bodies.basic_auth("s3cret", "bot") == "Basic Ym90OnMzY3JldA=="
    assert set(hook.paths) == {"/wh/api/webhook/wppconnect?session=shop1"}


async def test_deliveries_run_beside_each_other_and_a_text_overtakes_a_file(
    shop1: Caller, hook: Hook
) -> None:
    await shop1.connect(hook)
    shop1.far.adjust(download_seconds=3600)
    hook.holds = asyncio.Event()

    file = asyncio.create_task(shop1.far.customer_sends_media(MONA, "image", caption="look"))
    texts = [asyncio.create_task(shop1.far.customer_writes(MONA, t)) for t in ("a", "b")]
    await until(when(lambda: hook.under_way == 2))
    hook.holds.set()
    await asyncio.gather(*texts)

    assert [post["type"] for post in hook.events("onmessage")] == ["chat", "chat"]
    assert not file.done()
    file.cancel()


async def test_a_file_comes_as_base64_in_the_body_or_only_its_preview_when_it_is_lost(
    shop1: Caller, hook: Hook
) -> None:
    await shop1.connect(hook)
    whole = await shop1.far.customer_sends_media(MONA, "image", caption="look")
    lost = await shop1.far.customer_sends_media(MONA, "image", download_fails=True)
    sound = await shop1.far.customer_sends_media(MONA, "ptt", download_fails=True)

    assert abridged(whole.body).keys() == transcripts.IMAGE.keys()
    assert whole.body["body"] == base64.b64encode(PIXEL).decode()
    assert lost.body["body"] == JPEG_PREVIEW
    assert "body" not in sound.body
    assert await shop1.post("download-media", {"messageId": whole.body["id"]}) == (
        200,
        {
            "base64": base64.b64encode(PIXEL).decode(),
            "mimetype": "image/jpeg",
            "session": "shop1",
        },
    )
    refused: JsonObject = {"status": "error", "message": "Decrypt file error"}
    assert await shop1.post("download-media", {"messageId": lost.body["id"]}) == (
        400,
        {**refused, "error": {"level": "error"}, "session": "shop1"},
    )


async def test_every_ack_of_a_sent_image_repeats_the_whole_file(shop1: Caller, hook: Hook) -> None:
    await shop1.connect(hook)
    encoded = base64.b64encode(PIXEL).decode()

    status, answer = await shop1.post(
        "send-image",
        {"phone": MONA, "base64": f"data:image/png;base64,{encoded}", "caption": "c"},
    )
    await shop1.far.settle()
    await shop1.far.report_ack(shop1.far.accepted[0].key, 3)

    assert status == 201
    assert isinstance(answer, dict)
    assert answer["response"] == [{"ack": 1, "id": shop1.far.accepted[0].id}]
    acks = hook.events("onack")
    assert [(ack["ack"], ack["body"]) for ack in acks] == [(n, encoded) for n in (1, 2, 3)]
    assert shape(abridged(acks[0])) == shape(transcripts.IMAGE_ACK)


async def test_own_messages_are_echoed_only_where_the_server_is_configured_so(
    shop1: Caller, hook: Hook
) -> None:
    await shop1.connect(hook)
    assert await shop1.far.shop_types(MONA, "untold") is None
    shop1.far.adjust(on_self_message=True)
    await shop1.far.shop_types(MONA, "typed on phone")
    await shop1.send("sent by API")
    await shop1.far.settle()

    echoes = hook.events("onselfmessage")
    assert [echo["body"] for echo in echoes] == ["typed on phone", "sent by API"]
    assert shape(abridged(echoes[1])) == shape(transcripts.SELF_MESSAGE)


@pytest.mark.parametrize(
    ("body", "transcript"),
    [
        (bodies.text_message_body("hello"), transcripts.TEXT),
        (bodies.text_message_body("x", who=LID, chat_id_object=True), transcripts.LID_TEXT),
        (bodies.text_message_body("x", group="120363000000000001"), transcripts.GROUP_TEXT),
        (
            bodies.text_message_body("yes", quoted=f"true_{MONA}@c.us_3EB0AAAA"),
            transcripts.QUOTED_REPLY,
        ),
        (bodies.media_message_body("image", caption="look"), transcripts.IMAGE),
        (bodies.media_message_body("ptt"), transcripts.PTT),
        (bodies.own_message_body("x"), transcripts.SELF_MESSAGE),
        (bodies.ack_body(1, key="3EB0"), transcripts.ACK),
        (
            bodies.media_ack_body(2, key="3EB0", caption="c", filename="file"),
            transcripts.IMAGE_ACK,
        ),
        (
            bodies.reaction_body("👍", msg_id=f"true_{MONA}@c.us_3EB0"),
            transcripts.REACTION,
        ),
        (bodies.revoked_body(f"false_{MONA}@c.us_3AD0"), transcripts.REVOKED),
        (bodies.presence_body("composing"), transcripts.PRESENCE),
        (bodies.call_body(), transcripts.CALL),
        (bodies.participants_body(), transcripts.PARTICIPANTS),
        (bodies.label_body(), transcripts.LABEL),
        (bodies.live_location_body(), transcripts.LIVE_LOCATION),
        (
            bodies.poll_response_body(msg_id=f"true_{MONA}@c.us_3EB0"),
            transcripts.POLL_RESPONSE,
        ),
    ],
    ids=lambda value: str(value.get("event")) if isinstance(value, dict) else "",
)
def test_a_built_body_has_the_names_order_and_types_of_the_transcript(
    body: JsonObject, transcript: JsonObject
) -> None:
    assert shape(abridged(body)) == shape(abridged(transcript))


async def test_any_event_can_be_emitted_but_not_stories(shop1: Caller, hook: Hook) -> None:
    await shop1.connect(hook)
    hook.posts.clear()
    reaction = bodies.reaction_body("👍", msg_id=f"true_{MONA}@c.us_3EB0")

    await shop1.far.emit(reaction)
    story = await shop1.far.emit(bodies.text_message_body("story", who="status@broadcast"))

    assert hook.posts == [reaction]
    assert (story.status, story.error) == (None, "ignored by configuration")


async def test_many_bodies_are_posted_each_so_often_over_so_many_connections(
    shop1: Caller, hook: Hook
) -> None:
    await shop1.connect(hook)
    ready = [bodies.text_message_body(str(number)) for number in range(40)]
    hook.posts.clear()
    hook.most_under_way = 0

    done = await shop1.far.send_bodies(ready, connections=4, each_times=2, shuffle_seed=7)

    assert [delivery.status for delivery in done] == [200] * 80
    assert sorted(str(post["body"]) for post in hook.posts) == sorted(
        2 * [str(number) for number in range(40)]
    )
    assert hook.most_under_way <= 4
    assert [post["body"] for post in hook.posts[:40]] != [str(n) for n in range(40)]


async def test_it_runs_as_a_process_steered_and_read_over_http(
    http: aiohttp.ClientSession, hook: Hook
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.far_sides.wppconnect",
        "--secret-key",
        "another-secret",
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout
    try:
        base_url = (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()
        remote = WppconnectRemote(base_url, http)
        made = await http.post(f"{base_url}/api/shop1/another-secret/generate-token")
        token = (await made.json())["token"]
        api = f"{base_url}/api/shop1:{token}"
        async with http.post(f"{api}/start-session", json={"webhook": hook.url}) as started:
            await started.read()
        await until(when(lambda: "inChat" in hook.found()))

        await remote.act("arrange", scenario="error_500", to=MONA, times=1)
        async with http.post(
            f"{api}/send-message", json={"phone": MONA, "message": "x"}
        ) as refused:
            await refused.read()
        taken = await remote.act("customer_writes", who=MONA, text="أهلاً")
        await remote.act("restart", down_seconds=0.05)
        await until(when(lambda: hook.found().count("inChat") == 2))

        assert refused.status == 500
        assert isinstance(taken, dict)
        assert (taken["status"], taken["body"]["body"]) == (200, "أهلاً")
        accepted = await remote.read("accepted")
        assert isinstance(accepted, list)
        assert [(send["text"], send["went_out"]) for send in accepted] == [("x", False)]
        with pytest.raises(ValueError, match="no action boil"):
            await remote.act("boil")
    finally:
        process.terminate()
        await process.wait()


def test_a_document_keeps_its_own_name() -> None:
    content = media_content("document", data=b"%PDF", filename="فاتورة.pdf")

    body = bodies.content_message_body(content)

    assert (body["filename"], body["size"]) == ("فاتورة.pdf", 4)
    assert body["body"] == base64.b64encode(b"%PDF").decode()
