"""What the WPPConnect far side answers to sends and questions of every kind, as transcribed."""

import base64
import re
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.far_sides.test_wppconnect_far_side import DISCONNECTED, LIBRARY_THREW, far, hook, http
from tests.far_sides.wppconnect import WppconnectFarSide
from tests.far_sides.wppconnect_bench import SECRET, Caller, Hook, caller_of, until
from tests.far_sides.wppconnect_messages import MONA, PIXEL, JsonObject

__all__ = ["far", "hook", "http"]

OMAR = "201222222222"
LID = "14443111111111@lid"
HEARD = f"false_{MONA}@c.us_3AABCDEF"
IMAGE = f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}"
PDF = f"data:application/pdf;base64,{base64.b64encode(b'%PDF-1.4').decode()}"
VOICE = f"data:audio/ogg;base64,{base64.b64encode(b'OggS').decode()}"
NO_FILE = {**LIBRARY_THREW, "error": {"code": "empty_file", "level": "error"}, "session": "shop1"}


@pytest.fixture
async def shop1(far: WppconnectFarSide, http: aiohttp.ClientSession) -> Caller:
    caller = await caller_of(far, http, "shop1")
    await caller.connect()
    return caller


async def test_a_session_is_not_started_by_the_secret_alone(shop1: Caller) -> None:
    url = f"{shop1.far.base_url}/api/shop1/start-session"

    async with shop1.http.post(url, json={"secretkey": SECRET}) as answer:
        assert (answer.status, await answer.json()) == (
            401,
            {"message": "Token is not present. Check your header and try again"},
        )
    wrong = {"Authorization": "Bearer wrong"}
    async with shop1.http.post(url, json={}, headers=wrong) as answer:
        assert (answer.status, await answer.json()) == (
            401,
            {"error": "Check that the Session and Token are correct"},
        )


@pytest.mark.parametrize(
    ("route", "body", "kind", "caption"),
    [
        ("send-image", {"base64": IMAGE, "filename": "a.png", "caption": "cap"}, "image", "cap"),
        (
            "send-file",
            {"base64": PDF, "filename": "a.pdf", "message": "see", "caption": "not this"},
            "document",
            "see",
        ),
        ("send-voice-base64", {"base64Ptt": VOICE}, "ptt", None),
        ("send-sticker", {"path": IMAGE}, "sticker", None),
    ],
)
async def test_a_file_is_answered_by_its_ack_and_id_alone(
    shop1: Caller, route: str, body: JsonObject, kind: str, caption: str | None
) -> None:
    status, answer = await shop1.post(route, {"phone": MONA, **body})

    [sent] = shop1.far.accepted
    assert (status, answer) == (
        201,
        {
            "status": "success",
            "response": [{"ack": 1, "id": sent.id}],
            "mapper": "return",
            "session": "shop1",
        },
    )
    assert (sent.kind, sent.text) == (kind, caption)


async def test_a_file_to_two_is_answered_by_two(shop1: Caller) -> None:
    status, answer = await shop1.post(
        "send-file-base64", {"phone": [MONA, OMAR], "base64": PDF, "filename": "a.pdf"}
    )

    assert isinstance(answer, dict)
    assert status == 201
    assert [entry["id"] for entry in answer["response"]] == [one.id for one in shop1.far.accepted]
    assert len(shop1.far.accepted) == 2


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("send-file", {"base64": base64.b64encode(PIXEL).decode()}),
        ("send-file", {}),
        ("send-voice-base64", {}),
    ],
)
async def test_no_file_is_an_error_of_the_library(
    shop1: Caller, route: str, body: JsonObject
) -> None:
    assert await shop1.post(route, {"phone": MONA, **body}) == (500, NO_FILE)
    assert shop1.far.went_out() == []


@pytest.mark.parametrize("route", ["send-file", "send-voice"])
async def test_a_path_is_a_link_or_any_file_of_the_server_s_disk(
    shop1: Caller, route: str, tmp_path: Path
) -> None:
    (tmp_path / "px.png").write_bytes(PIXEL)
    files = web.Application()
    files.router.add_static("/", tmp_path)

    async with TestServer(files) as server:
        for path in (str(tmp_path / "px.png"), str(server.make_url("/px.png"))):
            status, answer = await shop1.post(route, {"phone": MONA, "path": path})
            assert isinstance(answer, dict)
            assert (status, answer["response"][0]["ack"]) == (201, 1)
    nowhere = await shop1.post(route, {"phone": MONA, "path": str(tmp_path / "none.png")})

    kind = "document" if route == "send-file" else "ptt"
    assert nowhere == (500, NO_FILE)
    assert [one.kind for one in shop1.far.went_out()] == [kind, kind]
    [_, kept] = shop1.far.sessions.account("shop1").chats[f"{MONA}@c.us"]
    assert kept.file == PIXEL


def form(**fields: str | bytes) -> aiohttp.FormData:
    made = aiohttp.FormData()
    for name, value in fields.items():
        filename = "px.png" if isinstance(value, bytes) else None
        made.add_field(name, value, filename=filename)
    return made


async def test_in_a_form_every_field_is_text_and_false_is_true(shop1: Caller) -> None:
    url = f"{shop1.far.base_url}/api/shop1:{shop1.token}/send-image"

    for more in ({"caption": "multipart"}, {"isGroup": "false"}):
        async with shop1.http.post(url, data=form(phone=MONA, file=PIXEL, **more)) as answer:
            assert (answer.status, list(await answer.json())) == (
                201,
                ["status", "response", "mapper"],
            )

    one, group = shop1.far.went_out()
    assert (one.to, one.kind, one.text) == (f"{MONA}@c.us", "document", "multipart")
    assert group.to == f"{MONA}@g.us"


async def test_a_form_without_a_file_is_refused(shop1: Caller) -> None:
    url = f"{shop1.far.base_url}/api/shop1:{shop1.token}/send-image"

    async with shop1.http.post(
        url, data=form(phone=MONA, caption="no file", padding=b"")
    ) as answer:
        assert (answer.status, await answer.json()) == (
            401,
            {"message": "Sending the file is mandatory"},
        )
    assert shop1.far.accepted == []


async def test_a_file_lost_by_the_library_is_a_null_and_was_sent(shop1: Caller) -> None:
    shop1.far.arrange("null_entry")

    status, answer = await shop1.post("send-file", {"phone": MONA, "base64": PDF})

    assert isinstance(answer, dict)
    assert (status, answer["response"]) == (201, [None])
    assert len(shop1.far.went_out()) == 1


async def test_a_body_of_some_megabytes_is_taken_and_one_of_fifty_is_a_page(
    shop1: Caller,
) -> None:
    url = f"{shop1.far.base_url}/api/shop1:{shop1.token}/send-image"
    json_type = {"Content-Type": "application/json"}
    head = b'{"phone":"201111111111","base64":"data:image/png;base64,'

    for size, status in ((3_840_000, 201), (53 * 1024 * 1024, 413)):
        whole = BytesIO(head + b"A" * size + b'"}')
        async with shop1.http.post(url, data=whole, headers=json_type) as answer:
            assert answer.status == status
            assert ("PayloadTooLargeError" in await answer.text()) is (status == 413)


async def test_a_place_is_answered_by_its_message_and_a_card_by_itself(shop1: Caller) -> None:
    place = {"lat": "30.04", "lng": "31.23", "title": "Shop", "address": "Cairo"}
    status, located = await shop1.post("send-location", {"phone": MONA, **place})
    card = {"contactsId": f"{OMAR}@c.us", "name": "Omar"}
    carded, answer = await shop1.post("contact-vcard", {"phone": MONA, **card})

    assert isinstance(located, dict)
    assert isinstance(answer, dict)
    [one] = located["response"]
    assert (status, one["type"], one["lat"], one["lng"]) == (201, "location", 30.04, 31.23)
    assert (carded, answer["status"]) == (200, "success")
    assert answer["response"]["id"] == shop1.far.accepted[-1].id


async def test_a_reaction_is_answered_without_an_id(shop1: Caller) -> None:
    heard = await shop1.far.customer_writes(MONA, "hello")

    assert await shop1.post("react-message", {"msgId": heard.body["id"], "reaction": "👍"}) == (
        200,
        {"status": "success", "response": {"message": "Reaction sended"}, "session": "shop1"},
    )


@pytest.mark.parametrize(
    ("phone", "quoted", "more"),
    [(MONA, HEARD, {}), (LID, f"false_{LID}_3AABCDEF", {"isLid": True})],
)
async def test_an_answer_to_a_message_is_a_text_that_quotes_it(
    shop1: Caller, phone: str, quoted: str, more: JsonObject
) -> None:
    status, answer = await shop1.post(
        "send-reply", {"phone": phone, "message": "r", "messageId": quoted, **more}
    )

    assert isinstance(answer, dict)
    assert (status, answer["response"][0]["body"]) == (201, "r")
    [sent] = shop1.far.accepted
    assert sent.to == (phone if "@" in phone else f"{phone}@c.us")


async def test_no_text_is_sent_all_the_same(shop1: Caller) -> None:
    status, answer = await shop1.post("send-message", {"phone": MONA})

    assert isinstance(answer, dict)
    assert (status, "body" in answer["response"][0]) == (201, False)


async def test_files_and_messages_that_are_not_there_are_told_in_three_ways(
    shop1: Caller,
) -> None:
    words = await shop1.far.customer_writes(MONA, "txt")
    nothing, text = f"false_{MONA}@c.us_NOPE", words.body["id"]
    refused: JsonObject = {"status": "error", "session": "shop1"}

    assert await shop1.post("download-media", {"messageId": text}) == (
        400,
        {**refused, "message": "Message does not contain media"},
    )
    assert await shop1.post("download-media", {"messageId": nothing}) == (
        400,
        {**refused, "message": "Message not found"},
    )
    assert await shop1.get(f"get-media-by-message/{nothing}") == (
        400,
        {"status": "error", "message": "Message not found"},
    )
    status, found = await shop1.get(f"message-by-id/{text}")
    assert isinstance(found, dict)
    assert (status, found["response"]["data"]["id"]) == (201, text)
    assert (await shop1.get(f"message-by-id/{nothing}"))[0] == 400


async def test_numbers_are_looked_up(shop1: Caller) -> None:
    status, known = await shop1.get(f"check-number-status/{MONA}")

    assert isinstance(known, dict)
    assert (status, known["response"]["numberExists"]) == (200, True)


async def test_what_needs_no_token(shop1: Caller) -> None:
    async with shop1.http.get(f"{shop1.far.base_url}/healthz") as answer:
        assert (answer.status, (await answer.json())["message"]) == (200, "OK")
    for secret, status, told in (
        (SECRET, 201, {"status": "success", "message": "Starting all sessions"}),
        ("WRONG", 400, {"response": "error", "message": "The token is incorrect"}),
    ):
        async with shop1.http.post(f"{shop1.far.base_url}/api/{secret}/start-all") as answer:
            assert (answer.status, await answer.json()) == (status, told)
    for secret, status, listed in (
        (SECRET, 200, {"response": ["shop1"]}),
        ("WRONG", 400, {"response": False, "message": "The token is incorrect"}),
    ):
        async with shop1.http.get(f"{shop1.far.base_url}/api/{secret}/show-all-sessions") as answer:
            assert (answer.status, await answer.json()) == (status, listed)


async def test_a_phone_without_a_network_says_connected_and_a_dead_page_does_not(
    shop1: Caller,
) -> None:
    connected: JsonObject = {"status": True, "message": "Connected"}
    assert await shop1.get("check-connection-session") == (200, connected)

    shop1.far.lose_whatsapp("shop1")
    assert await shop1.get("check-connection-session") == (200, connected)
    shop1.far.regain_whatsapp("shop1")

    shop1.far.kill_browser("shop1")
    assert await shop1.status() == "CONNECTED"
    assert await shop1.send("x") == (404, {**DISCONNECTED, "session": "shop1"})


async def test_pairing_by_a_code_is_told(
    far: WppconnectFarSide, http: aiohttp.ClientSession, hook: Hook
) -> None:
    shop = await caller_of(far, http, "shopph")
    far.set_mode("shopph", "needs_qr")

    status, answer = await shop.start(hook, waitQrCode=True, phone="201000000001")
    assert status == 200
    assert isinstance(answer, dict)
    assert answer == {
        "status": "phoneCode",
        "phone": "201000000001",
        "phoneCode": answer["phoneCode"],
        "session": "shopph",
    }
    assert re.fullmatch(r"[A-Z0-9]{4}-[A-Z0-9]{4}", str(answer["phoneCode"]))
    await far.settle()
    assert hook.events("phoneCode") == [
        {
            "event": "phoneCode",
            "session": "shopph",
            "phoneCode": answer["phoneCode"],
            "phone": "201000000001",
        }
    ]
    await until(shop.is_("PHONECODE"))
