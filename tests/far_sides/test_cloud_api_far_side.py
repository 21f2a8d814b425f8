"""The Cloud API's far side answers and calls as Meta's documents and bug reports say."""

import asyncio
import hashlib
import hmac
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web

from tests.far_sides import cloud_api_bodies as bodies
from tests.far_sides.cloud_api import CloudApiFarSide
from tests.far_sides.cloud_api_bodies import SHOP, Customer, JsonObject
from tests.far_sides.cloud_api_control import CloudApiRemote
from tests.far_sides.cloud_api_ids import bsuid_of, case_twin, new_wamid
from tests.far_sides.cloud_api_webhooks import send_bodies
from tests.far_sides.cloud_api_world import WEBHOOK_PATH, Settings

SECRET = "the-app-secret"
TOKEN = "the-access-token"
VERIFY_TOKEN = "the-verify-token"
MONA = "201111111111"
OMAR = "201222222222"
MONA_BSUID = bsuid_of(MONA)
HELLO: JsonObject = {
    "messaging_product": "whatsapp",
    "to": f"+{MONA}",
    "type": "text",
    "text": {"body": "أهلاً 😀"},
    "biz_opaque_callback_data": "reply-42",
}


@dataclass(slots=True)
class Hook:
    """Our webhook as Meta would call it; it answers `answers` in turn, then 200."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    posts: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    peers: set[object] = field(default_factory=set)

    async def take(self, request: web.Request) -> web.Response:
        self.posts.append(await request.read())
        self.headers.append(dict(request.headers))
        assert request.transport
        self.peers.add(request.transport.get_extra_info("peername"))
        return web.Response(status=self.answers.pop(0) if self.answers else 200)

    async def shake(self, request: web.Request) -> web.Response:
        if request.query["hub.verify_token"] != VERIFY_TOKEN:
            return web.Response(status=403)
        return web.Response(text=request.query["hub.challenge"])

    def statuses(self) -> list[tuple[str, str]]:
        found = (status for post in self.posts for status in value_in(post).get("statuses", []))
        return [(status["id"], status["status"]) for status in found]


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    hook = Hook()
    app = web.Application()
    app.router.add_post(WEBHOOK_PATH, hook.take)
    app.router.add_get(WEBHOOK_PATH, hook.shake, allow_head=False)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield hook
    await runner.cleanup()


@pytest.fixture
async def far(hook: Hook) -> AsyncIterator[CloudApiFarSide]:
    settings = Settings(
        webhook_url=hook.url,
        app_secret=SECRET,
        access_token=TOKEN,
        status_seconds=0.0,
        retry_seconds=(0.01, 0.02, 0.04),
    )
    async with CloudApiFarSide(settings) as far:
        yield far


@dataclass(frozen=True, slots=True)
class Caller:
    """A client of the Graph API, as a driver would be one."""

    http: aiohttp.ClientSession
    far: CloudApiFarSide

    async def send(self, **changes: object) -> tuple[int, JsonObject]:
        """Send HELLO with changes; None takes a field away."""
        body = {k: v for k, v in {**HELLO, **changes}.items() if v is not None}
        return await self.call("POST", f"{SHOP.phone_number_id}/messages", json=body)

    async def call(
        self, method: str, path: str, *, json: object = None, data: object = None
    ) -> tuple[int, JsonObject]:
        url = f"{self.far.graph_url}/{path}"
        async with self.http.request(method, url, json=json, data=data) as answer:
            found: JsonObject = await answer.json()
            return answer.status, found


@pytest.fixture
async def caller(far: CloudApiFarSide) -> AsyncIterator[Caller]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    timeout = aiohttp.ClientTimeout(total=10)
    async with aiohttp.ClientSession(headers=headers, timeout=timeout) as http:
        yield Caller(http, far)


def value_in(post: bytes) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(post)["entry"][0]["changes"][0]["value"]
    return value


def error_in(answer: JsonObject) -> dict[str, object]:
    error = answer["error"]
    assert isinstance(error, dict)
    return error


def wamid_in(answer: JsonObject) -> str:
    match answer:
        case {"messages": [{"id": str(wamid)}]}:
            return wamid
    raise AssertionError(answer)


async def test_a_customers_text_is_signed_over_the_raw_escaped_bytes(
    far: CloudApiFarSide, hook: Hook
) -> None:
    written = await far.customer_writes(MONA, "أهلاً a@b/c", name="منى")

    (post,), (headers,) = hook.posts, hook.headers
    digest = hmac.new(SECRET.encode(), post, hashlib.sha256).hexdigest()
    assert headers["X-Hub-Signature-256"] == f"sha256={digest}"
    assert post.isascii()
    assert b"\\u0623\\u0647\\u0644\\u0627\\u064b a\\u0040b\\/c" in post
    assert json.dumps(json.loads(post)).encode() != post
    value = value_in(post)
    assert value["metadata"] == {
        "display_phone_number": SHOP.display_phone_number,
        "phone_number_id": SHOP.phone_number_id,
    }
    assert value["contacts"] == [{"profile": {"name": "منى"}, "wa_id": MONA, "user_id": MONA_BSUID}]
    (message,) = value["messages"]
    assert message["id"] == written.wamid
    assert (message["from"], message["from_user_id"]) == (MONA, MONA_BSUID)
    assert written.delivery.is_taken


async def test_a_customer_with_a_hidden_phone_comes_as_a_bsuid_only(
    far: CloudApiFarSide, hook: Hook
) -> None:
    await far.customer_writes(MONA_BSUID, "hi", username="mona.ali")

    value = value_in(hook.posts[0])
    assert value["contacts"] == [
        {"profile": {"name": "Mona Ali", "username": "mona.ali"}, "user_id": MONA_BSUID}
    ]
    assert "from" not in value["messages"][0]


async def test_an_accepted_send_is_recorded_and_its_statuses_follow(
    far: CloudApiFarSide, hook: Hook, caller: Caller
) -> None:
    status, answer = await caller.send()
    await far.settle()

    wamid = wamid_in(answer)
    assert status == 200
    assert answer["contacts"] == [{"input": f"+{MONA}", "wa_id": MONA}]
    (accepted,) = far.accepted
    assert (accepted.to, accepted.who, accepted.text) == (f"+{MONA}", MONA, "أهلاً 😀")
    assert (accepted.opaque, accepted.wamid, accepted.went_out) == ("reply-42", wamid, True)
    assert hook.statuses() == [(wamid, "sent"), (wamid, "delivered")]
    (reported,) = value_in(hook.posts[0])["statuses"]
    assert reported["biz_opaque_callback_data"] == "reply-42"
    assert (reported["recipient_id"], reported["recipient_user_id"]) == (MONA, MONA_BSUID)


@pytest.mark.parametrize(
    ("scenario", "status", "code"),
    [
        ("throttled", 400, 130429),
        ("pair_rate_limited", 400, 131056),
        ("http_429", 429, 613),
        ("try_again", 503, 131016),
        ("service_down", 503, 2),
        ("recipient_unreachable", 400, 131026),
        ("window_closed", 400, 131047),
        ("token_expired", 401, 190),
        ("error_500", 500, 131000),
    ],
)
async def test_a_refusal_is_metas_envelope_and_nothing_goes_out(
    far: CloudApiFarSide, caller: Caller, scenario: str, status: int, code: int
) -> None:
    far.arrange(scenario, to=f"+{MONA}", times=1)

    answered, answer = await caller.send()

    assert (answered, error_in(answer)["code"]) == (status, code)
    assert error_in(answer)["type"] == "OAuthException"
    assert error_in(answer)["fbtrace_id"]
    assert not far.accepted
    assert (await caller.send())[0] == 200
    assert [(r.scenario, r.status) for r in far.requests] == [(scenario, status), ("accepts", 200)]


async def test_a_scenario_for_one_recipient_leaves_the_others_alone(
    far: CloudApiFarSide, caller: Caller
) -> None:
    far.arrange("window_closed", to=MONA)

    assert (await caller.send())[0] == 400
    assert (await caller.send(to=f"+{OMAR}"))[0] == 200
    assert (await caller.send())[0] == 400


async def test_a_5xx_can_hide_a_message_that_went_out(
    far: CloudApiFarSide, hook: Hook, caller: Caller
) -> None:
    far.arrange("error_500", goes_out=True)

    status, _ = await caller.send()
    await far.settle()

    assert status == 500
    assert [message.opaque for message in far.went_out()] == ["reply-42"]
    assert [status for _, status in hook.statuses()] == ["sent", "delivered"]


async def test_only_the_token_opens_and_only_our_number_answers(
    far: CloudApiFarSide, caller: Caller
) -> None:
    status, answer = await caller.call("POST", "999/messages", json=HELLO)
    assert (status, error_in(answer)["code"], error_in(answer)["error_subcode"]) == (400, 100, 33)

    far.settings.access_token = "another"
    status, answer = await caller.send()
    assert (status, error_in(answer)["code"]) == (401, 190)


@pytest.mark.parametrize(
    "changes",
    [
        {"messaging_product": None},
        {"to": None},
        {"to": "not a number"},
        {"text": None},
        {"text": {"body": ""}},
        {"text": {"body": "x" * 4097}},
        {"type": "telegram"},
        {"recipient_type": "business_scoped_user_id"},
        {"to": None, "recipient": f"+{MONA}"},
        {"biz_opaque_callback_data": "x" * 513},
    ],
)
async def test_a_wrong_parameter_is_refused_with_code_100(
    far: CloudApiFarSide, caller: Caller, changes: JsonObject
) -> None:
    status, answer = await caller.send(**changes)

    assert (status, error_in(answer)["code"]) == (400, 100)
    assert not far.accepted


async def test_the_longest_text_is_accepted(caller: Caller) -> None:
    assert (await caller.send(text={"body": "ط" * 4096}))[0] == 200


async def test_a_bsuid_in_to_is_accepted_and_reaches_nobody(
    far: CloudApiFarSide, hook: Hook, caller: Caller
) -> None:
    status, answer = await caller.send(to=MONA_BSUID)
    await far.settle()

    assert status == 200
    assert wamid_in(answer).startswith("wamid.")
    assert [message.went_out for message in far.accepted] == [False]
    assert not hook.posts


async def test_a_bsuid_in_recipient_is_reached_unless_to_is_given_too(
    far: CloudApiFarSide, caller: Caller
) -> None:
    _, answer = await caller.send(to=None, recipient=MONA_BSUID)
    await caller.send(to=f"+{OMAR}", recipient=MONA_BSUID)

    assert answer["contacts"] == [{"input": MONA_BSUID, "user_id": MONA_BSUID}]
    assert [message.who for message in far.went_out()] == [MONA_BSUID, OMAR]


async def test_a_number_without_plus_can_get_the_business_country_before_it(
    far: CloudApiFarSide, caller: Caller
) -> None:
    await caller.send(to=MONA)
    far.settings.prepend_country_code = "1"
    await caller.send(to=MONA)
    await caller.send(to=f"+{MONA}")

    assert [message.who for message in far.accepted] == [MONA, f"1{MONA}", MONA]


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        ("empty_object", {}),
        ("null_message", {"messages": [None]}),
        ("held", {"messages": [{"message_status": "held_for_quality_assessment"}]}),
        ("paused", {"messages": [{"message_status": "paused"}]}),
        ("contacts_user_id", {"contacts": [{"wa_id": MONA, "user_id": MONA_BSUID}]}),
    ],
)
async def test_a_200_comes_in_the_odd_shapes_that_were_seen(
    far: CloudApiFarSide, caller: Caller, scenario: str, expected: dict[str, Any]
) -> None:
    far.arrange(scenario)

    status, answer = await caller.send()

    assert status == 200
    assert len(far.went_out()) == 1
    assert bool(answer) is bool(expected)
    for key, (part,) in expected.items():
        (found,) = cast("list[dict[str, str] | None]", answer[key])
        assert (found or {}).items() >= (part or {}).items()
        assert (found is None) is (part is None)


async def test_contacts_can_be_missing(far: CloudApiFarSide, caller: Caller) -> None:
    far.arrange("contacts_missing")
    _, answer = await caller.send()
    assert "contacts" not in answer


@pytest.mark.parametrize(("scenario", "status", "out"), [("html_502", 502, 0), ("garbage", 200, 1)])
async def test_an_answer_may_not_be_json(
    far: CloudApiFarSide, caller: Caller, scenario: str, status: int, out: int
) -> None:
    far.arrange(scenario)
    url = f"{far.graph_url}/{SHOP.phone_number_id}/messages"

    async with caller.http.post(url, json=HELLO) as answer:
        text = await answer.text()

    assert answer.status == status
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        json.loads(text)
    assert len(far.went_out()) == out


@pytest.mark.parametrize(
    ("scenario", "out"), [("drop_before_reading", 0), ("drop_after_acting", 1)]
)
async def test_a_dropped_connection_does_not_tell_whether_the_message_went_out(
    far: CloudApiFarSide, caller: Caller, scenario: str, out: int
) -> None:
    far.arrange(scenario)

    with pytest.raises(aiohttp.ClientError):
        await caller.send()

    assert len(far.went_out()) == out
    assert [request.status for request in far.requests] == [None]


@pytest.mark.parametrize(("scenario", "before"), [("hang", 0), ("hang_after_acting", 1)])
async def test_a_hanging_send_is_answered_when_released(
    far: CloudApiFarSide, caller: Caller, scenario: str, before: int
) -> None:
    far.arrange(scenario, times=1)
    sending = asyncio.create_task(caller.send())
    await asyncio.wait_for(far.until_hanging(), 5)
    assert len(far.accepted) == before
    assert (await caller.send(to=f"+{OMAR}"))[0] == 200

    far.release()

    assert (await sending)[0] == 200
    assert len(far.accepted) == 2


async def test_a_slow_answer_comes_after_the_message_went_out(
    far: CloudApiFarSide, caller: Caller
) -> None:
    far.arrange("slow", seconds=0.2)
    started = asyncio.get_running_loop().time()

    assert (await caller.send())[0] == 200

    assert asyncio.get_running_loop().time() - started >= 0.2


@pytest.mark.parametrize("code", [131047, 131026])
async def test_an_accepted_message_can_fail_later(
    far: CloudApiFarSide, hook: Hook, caller: Caller, code: int
) -> None:
    far.arrange("accept_then_fail", code=code)

    _, answer = await caller.send()
    await far.settle()

    assert hook.statuses() == [(wamid_in(answer), "failed")]
    value = value_in(hook.posts[0])
    (failure,) = value["statuses"][0]["errors"]
    assert failure["code"] == code
    assert "contacts" not in value


async def test_statuses_come_before_the_answer_when_arranged(
    far: CloudApiFarSide, hook: Hook, caller: Caller
) -> None:
    far.arrange("status_before_answer", statuses=["sent", "delivered", "read"])

    _, answer = await caller.send()

    assert hook.statuses() == [(wamid_in(answer), s) for s in ("sent", "delivered", "read")]


async def test_statuses_come_in_the_wrong_order_or_twice_when_arranged(
    far: CloudApiFarSide, hook: Hook, caller: Caller
) -> None:
    far.arrange("delivered_before_sent", times=1)
    await caller.send()
    await far.settle()
    assert [status for _, status in hook.statuses()] == ["delivered", "sent"]
    delivered, sent = (value_in(post)["statuses"][0]["timestamp"] for post in hook.posts)
    assert int(sent) < int(delivered)

    hook.posts.clear()
    far.arrange("duplicate_statuses", times=1)
    await caller.send()
    await far.settle()
    assert [status for _, status in hook.statuses()] == ["sent", "sent", "delivered", "delivered"]


async def test_a_status_can_be_reported_by_hand(
    far: CloudApiFarSide, hook: Hook, caller: Caller
) -> None:
    far.arrange("no_statuses")
    _, answer = await caller.send()
    await far.settle()
    assert not hook.posts

    await far.report_statuses(wamid_in(answer), ["delivered", "read"])

    assert [status for _, status in hook.statuses()] == ["delivered", "read"]


async def test_a_webhook_is_called_again_until_it_answers_200(
    far: CloudApiFarSide, hook: Hook
) -> None:
    hook.answers += [503, 202]

    written = await far.customer_writes(MONA, "hi")

    assert (written.delivery.attempt, written.delivery.status) == (3, 200)
    assert len(set(hook.posts)) == 1
    assert [delivery.status for delivery in far.deliveries] == [503, 202, 200]


async def test_meta_gives_up_in_the_end(far: CloudApiFarSide, hook: Hook) -> None:
    hook.answers += [500] * 4

    written = await far.customer_writes(MONA, "hi")

    assert not written.delivery.is_taken
    assert len(hook.posts) == 4


async def test_each_body_comes_exactly_so_many_times_in_a_repeatable_disorder(
    far: CloudApiFarSide, hook: Hook
) -> None:
    texts = [bodies.text_message_body(f"text {n}", who=MONA) for n in range(50)]
    hook.answers += [500, 500]

    sent = await far.send_bodies(texts, connections=5, each_times=2, shuffle_seed=7)

    taken = Counter(hook.posts)
    failed = sum(delivery.attempt - 1 for delivery in sent)
    assert len(sent) == 100
    assert all(delivery.is_taken for delivery in sent)
    assert len(taken) == 50
    assert taken.total() == 100 + failed
    assert Counter(delivery.body for delivery in sent) == dict.fromkeys(
        map(bodies.encoded, texts), 2
    )
    assert len(hook.peers) <= 5

    orders: list[list[bytes]] = []
    for _ in range(2):
        hook.posts.clear()
        await send_bodies(f"{hook.url}{WEBHOOK_PATH}", SECRET, texts, connections=1, shuffle_seed=7)
        orders.append([*hook.posts])
    assert orders[0] == orders[1] != sorted(orders[0])


async def test_a_body_can_be_posted_with_a_wrong_signature_or_none(
    far: CloudApiFarSide, hook: Hook
) -> None:
    await far.post_raw(b"{}", signature="sha256=00")
    await far.post_raw(b"{}", unsigned=True)
    await far.post_raw(b"not json")

    forged, unsigned, right = hook.headers
    assert forged["X-Hub-Signature-256"] == "sha256=00"
    assert "X-Hub-Signature-256" not in unsigned
    assert right["X-Hub-Signature-256"].startswith("sha256=")
    assert hook.posts[2] == b"not json"


async def test_one_body_carries_several_entries_changes_messages_and_statuses() -> None:
    mona, omar = Customer.named(MONA), Customer.named(OMAR, "Omar")
    wamid = new_wamid(MONA, from_us=True)
    chat = bodies.value_of(
        messages=[bodies.text_message(text, customer=mona) for text in ("one", "two")],
        contacts=[bodies.contact_of(mona)],
    )
    ticks = bodies.value_of(
        statuses=[bodies.status_update(wamid, name, to=MONA) for name in ("delivered", "sent")]
    )
    other = bodies.value_of(
        messages=[bodies.text_message("three", customer=omar)],
        contacts=[bodies.contact_of(omar)],
        line=replace(SHOP, phone_number_id="222"),
    )

    body = json.loads(bodies.encoded(bodies.batch_body([[chat, ticks], [other]])))

    first, second = body["entry"]
    assert [change["field"] for change in first["changes"]] == ["messages", "messages"]
    assert [m["text"]["body"] for m in first["changes"][0]["value"]["messages"]] == ["one", "two"]
    assert len(first["changes"][1]["value"]["statuses"]) == 2
    assert second["changes"][0]["value"]["metadata"]["phone_number_id"] == "222"


def test_wamids_are_case_sensitive_base64_and_some_end_in_equals_signs() -> None:
    made = [new_wamid(MONA, from_us=from_us) for from_us in (True, False) for _ in range(50)]

    assert len(set(made)) == 100
    assert {wamid.endswith("=") for wamid in made} == {True, False}
    assert all(wamid.startswith("wamid.HBg") for wamid in made)
    twin = case_twin(made[0])
    assert twin != made[0]
    assert twin.lower() == made[0].lower()


async def test_the_handshake_passes_with_the_right_verify_token_only(far: CloudApiFarSide) -> None:
    assert (await far.verify_webhook(VERIFY_TOKEN)).is_passed
    refused = await far.verify_webhook("wrong")
    assert (refused.status, refused.is_passed) == (403, False)


async def test_a_message_is_marked_read_with_or_without_typing(
    far: CloudApiFarSide, caller: Caller
) -> None:
    mark: JsonObject = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.A"}
    path = f"{SHOP.phone_number_id}/messages"

    assert await caller.call("POST", path, json=mark) == (200, {"success": True})
    await caller.call("POST", path, json={**mark, "typing_indicator": {"type": "text"}})
    status, _ = await caller.call("POST", path, json={**mark, "message_id": "something"})

    assert [(read.wamid, read.typing) for read in far.reads] == [
        ("wamid.A", False),
        ("wamid.A", True),
    ]
    assert status == 400


async def test_the_number_tells_its_health_by_fields(
    far: CloudApiFarSide, hook: Hook, caller: Caller
) -> None:
    _, plain = await caller.call("GET", SHOP.phone_number_id)
    assert set(plain) == {
        "id",
        "display_phone_number",
        "verified_name",
        "quality_rating",
        "code_verification_status",
    }
    far.change_number(status="DISCONNECTED")
    asked = f"{SHOP.phone_number_id}?fields=status,platform_type,webhook_configuration"
    assert (await caller.call("GET", asked))[1] == {
        "status": "DISCONNECTED",
        "platform_type": "CLOUD_API",
        "webhook_configuration": {"application": f"{hook.url}{WEBHOOK_PATH}"},
        "id": SHOP.phone_number_id,
    }
    assert (await caller.call("GET", f"{SHOP.phone_number_id}?fields=horoscope"))[0] == 400
    far.arrange("token_expired", endpoint="phone_number")
    assert (await caller.call("GET", SHOP.phone_number_id))[0] == 401


async def test_nothing_is_called_while_the_app_is_not_subscribed(
    far: CloudApiFarSide, hook: Hook, caller: Caller
) -> None:
    path = f"{SHOP.waba_id}/subscribed_apps"
    await caller.call("DELETE", path)
    assert (await caller.call("GET", path))[1] == {"data": []}
    far.settings.retry_seconds = ()
    assert not (await far.customer_writes(MONA, "lost")).delivery.is_taken

    assert await caller.call("POST", path) == (200, {"success": True})

    assert (await far.customer_writes(MONA, "found")).delivery.is_taken
    assert len(hook.posts) == 1


async def test_media_is_uploaded_described_downloaded_and_deleted(
    far: CloudApiFarSide, caller: Caller
) -> None:
    media = await _upload(caller, "audio/ogg; codecs=opus")
    _, node = await caller.call("GET", f"{media}?phone_number_id={SHOP.phone_number_id}")
    url = str(node["url"])

    async with caller.http.get(url) as answer:
        assert (await answer.read(), answer.content_type) == (b"OggS", "audio/ogg")
    async with aiohttp.request("GET", url) as answer:
        assert answer.status == 401
    assert (node["file_size"], node["sha256"]) == (4, hashlib.sha256(b"OggS").hexdigest())
    assert await caller.call("DELETE", media) == (200, {"success": True})
    assert (await caller.call("GET", media))[0] == 400
    async with caller.http.get(url) as answer:
        assert answer.status == 404


async def test_media_of_a_type_meta_does_not_take_is_refused(caller: Caller) -> None:
    with pytest.raises(AssertionError, match="audio/webm"):
        await _upload(caller, "audio/webm")


async def test_a_customers_file_can_be_fetched_by_the_id_in_the_webhook(
    far: CloudApiFarSide, hook: Hook, caller: Caller
) -> None:
    far.settings.media_url_seconds = -1.0
    await far.customer_sends_media(MONA, "voice", b"OggS", "audio/ogg; codecs=opus")

    audio = value_in(hook.posts[0])["messages"][0]["audio"]
    assert audio["voice"] is True
    async with caller.http.get(audio["url"]) as answer:
        assert answer.status == 404
    far.settings.media_url_seconds = 300.0
    _, node = await caller.call("GET", audio["id"])
    async with caller.http.get(str(node["url"])) as answer:
        assert await answer.read() == b"OggS"


async def test_it_can_go_down_and_come_up_on_the_same_port(
    far: CloudApiFarSide, caller: Caller
) -> None:
    far.arrange("hang", times=1)
    sending = asyncio.create_task(caller.send())
    await asyncio.wait_for(far.until_hanging(), 5)

    await far.go_down()

    with pytest.raises(aiohttp.ClientError):
        await sending
    with pytest.raises(aiohttp.ClientConnectorError):
        await caller.send()
    assert not far.accepted
    await far.come_up()
    assert (await caller.send())[0] == 200


async def test_another_process_is_steered_and_read_over_http(hook: Hook) -> None:
    command = [sys.executable, "-m", "tests.far_sides.cloud_api", "--webhook", hook.url]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    try:
        assert process.stdout
        base_url = (await process.stdout.readline()).decode().strip()
        async with aiohttp.ClientSession() as http:
            await _steer(CloudApiRemote(base_url, http), http)
    finally:
        process.terminate()
        assert await process.wait() == 0
    kinds = [kind for post in hook.posts for kind in value_in(post)]
    assert {"messages", "statuses"} <= set(kinds)
    assert len(hook.posts) == 2


async def _steer(remote: CloudApiRemote, http: aiohttp.ClientSession) -> None:
    headers = {"Authorization": f"Bearer {Settings().access_token}"}
    url = f"{remote.base_url}/v25.0/{SHOP.phone_number_id}/messages"
    await remote.act("adjust", statuses=["sent"], line={"display_phone_number": "15550001111"})
    await remote.act("arrange", scenario="throttled", times=1)
    for expected in (400, 200):
        async with http.post(url, json=HELLO, headers=headers) as answer:
            assert answer.status == expected
    match await remote.act("accepted_for", opaque="reply-42"):
        case [{"who": str(who), "wamid": str()}]:
            assert who == MONA
        case other:
            raise AssertionError(other)
    match await remote.act("customer_writes", who=MONA, text="أهلاً"):
        case {"delivery": {"status": status}}:
            assert status == 200
    await remote.act("settle")
    assert isinstance(await remote.read("deliveries"), list)
    with pytest.raises(ValueError, match="no such"):
        await remote.act("arrange", scenario="no such")


async def _upload(caller: Caller, mime_type: str) -> str:
    form = aiohttp.FormData()
    form.add_field("messaging_product", "whatsapp")
    form.add_field("type", mime_type)
    form.add_field("file", b"OggS", filename="voice.ogg", content_type=mime_type)
    path = f"{SHOP.phone_number_id}/media"
    status, answer = await caller.call("POST", path, data=form)
    assert status == 200, answer
    return str(answer["id"])
