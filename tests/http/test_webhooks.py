"""Where providers call: what is kept, what is refused, and how loudly."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from khalifa.application.ports.messaging import Provider
from khalifa.application.recover_messages import FIRST_PAUSE
from khalifa.entrypoints.http import webhooks
from khalifa.entrypoints.http.webhooks import LARGE, LARGE_AT_ONCE
from khalifa.infrastructure.memory.clock import ManualClock
from khalifa.infrastructure.memory.messaging import NAME, SECRET, SECRET_HEADER, MemoryProvider
from tests.http.desk import Desk

ADDRESS = "/api/webhook/memory"
SIGNED = {SECRET_HEADER: SECRET}


async def test_a_signed_body_is_kept_and_asked_to_be_filed(desk: Desk) -> None:
    body = b'{"anything": "\xff that cannot be read"}'

    answer = await desk.caller().post(ADDRESS, content=body, headers=SIGNED)

    assert (answer.status_code, answer.text) == (200, "ok")
    assert [kept.body for kept in desk.jobs.take_bodies()] == [body]
    assert (await desk.journal.depth()).bodies == 1


@pytest.mark.parametrize(
    ("headers", "status", "kind"),
    [({}, 401, "unsigned-webhook"), ({SECRET_HEADER: "guess"}, 403, "wrongly-signed-webhook")],
)
async def test_what_the_provider_did_not_send_is_not_kept(
    desk: Desk, headers: dict[str, str], status: int, kind: str
) -> None:
    answer = await desk.caller().post(ADDRESS, content=b"{}", headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (status, f"/docs/errors#{kind}")
    assert ("www-authenticate" in answer.headers) is (status == 401)
    assert (await desk.journal.depth()).bodies == 0


async def test_a_flood_of_forgeries_is_held_back_and_the_provider_is_not(desk: Desk) -> None:
    caller = desk.caller()

    answers = [await caller.post(ADDRESS, content=b"{}") for _ in range(60)]
    genuine = await caller.post(ADDRESS, content=b"{}", headers=SIGNED)

    assert answers[0].status_code == 401
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert genuine.status_code == 200


async def test_a_body_above_the_limit_is_refused_by_its_own_word(desk: Desk) -> None:
    desk.provider.port = _limited(desk.provider, 10)
    desk.container.configured_providers.reset()

    exactly = await desk.caller().post(ADDRESS, content=b"x" * 10, headers=SIGNED)
    above = await desk.caller().post(ADDRESS, content=b"x" * 11, headers=SIGNED)

    assert (exactly.status_code, above.status_code) == (200, 413)
    assert "10 bytes" in above.json()["detail"]


async def test_a_body_above_the_limit_is_refused_while_it_streams(desk: Desk) -> None:
    desk.provider.port = _limited(desk.provider, 10)
    desk.container.configured_providers.reset()
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b"xxxx"

    answer = await desk.caller().post(ADDRESS, content=endless(), headers=SIGNED)

    assert (answer.status_code, sent) == (413, 3)
    assert (await desk.journal.depth()).bodies == 0


async def test_nothing_is_read_of_a_call_whose_headers_prove_nothing(desk: Desk) -> None:
    sent = 0

    async def large() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b"x" * 10_000

    answer = await desk.caller().post(ADDRESS, content=large(), headers={SECRET_HEADER: "guess"})

    assert (answer.status_code, sent) == (403, 0)


async def test_large_bodies_take_turns_and_small_ones_pass_by(desk: Desk) -> None:
    desk.provider.port = _limited(desk.provider, 3 * LARGE)
    desk.container.configured_providers.reset()
    begun, full, go_on = 0, asyncio.Event(), asyncio.Event()

    async def large() -> AsyncIterator[bytes]:
        nonlocal begun
        yield b"x" * (LARGE + 1)
        # Whoever is asked for this has a place.
        begun += 1
        if begun == LARGE_AT_ONCE:
            full.set()
        await go_on.wait()
        yield b"x"

    caller = desk.caller()
    async with asyncio.TaskGroup() as posting:
        posts = [
            posting.create_task(caller.post(ADDRESS, content=large(), headers=SIGNED))
            for _ in range(2 * LARGE_AT_ONCE)
        ]
        await full.wait()
        small = await caller.post(ADDRESS, content=b"{}", headers=SIGNED)
        assert (small.status_code, begun) == (200, LARGE_AT_ONCE)
        go_on.set()

    assert [post.result().status_code for post in posts] == [200] * 2 * LARGE_AT_ONCE
    kept = [len(one.body) for one in desk.jobs.take_bodies()]
    assert sorted(kept) == [2, *[LARGE + 2] * 2 * LARGE_AT_ONCE]


async def test_a_large_body_that_does_not_come_gives_its_place_away(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "LARGE_WITHIN", 0.05)
    desk.provider.port = _limited(desk.provider, 3 * LARGE)
    desk.container.configured_providers.reset()

    async def stuck() -> AsyncIterator[bytes]:
        yield b"x" * (LARGE + 1)
        await asyncio.Event().wait()

    async def whole() -> AsyncIterator[bytes]:
        yield b"x" * (LARGE + 1)
        yield b"x"

    caller = desk.caller()
    late = await asyncio.gather(
        *(caller.post(ADDRESS, content=stuck(), headers=SIGNED) for _ in range(LARGE_AT_ONCE))
    )
    after = await caller.post(ADDRESS, content=whole(), headers=SIGNED)

    assert [one.status_code for one in late] == [408] * LARGE_AT_ONCE
    assert late[0].json()["type"] == "/docs/errors#body-too-slow"
    assert after.status_code == 200


async def test_a_journal_that_cannot_be_written_asks_for_the_call_again(desk: Desk) -> None:
    desk.journal.away = True

    answer = await desk.caller().post(ADDRESS, content=b"{}", headers=SIGNED)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert desk.jobs.take_bodies() == []


@pytest.mark.parametrize("is_full", [True, False], ids=["journal away", "body too large"])
async def test_a_refused_body_is_looked_for_in_the_providers_chats(
    desk: Desk, is_full: bool
) -> None:
    desk.provider.port = _limited(desk.provider, 10)
    desk.container.configured_providers.reset()
    recover = desk.container.recover_missed()
    recover.clock = clock = ManualClock()
    await desk.container.refresh_provider_status()()
    await recover()
    asked = len(desk.provider.history.asked)
    desk.journal.away = is_full

    answer = await desk.caller().post(
        ADDRESS, content=b"x" * (3 if is_full else 11), headers=SIGNED
    )
    clock.advance(FIRST_PAUSE)
    await recover()

    assert answer.status_code in {413, 503}
    assert len(desk.provider.history.asked) == asked + 1


async def test_the_provider_that_asks_is_answered_in_its_own_words(desk: Desk) -> None:
    right = await desk.caller().get(ADDRESS, params={"token": SECRET, "challenge": "<b>1</b>"})
    wrong = await desk.caller().get(ADDRESS, params={"token": "guess", "challenge": "1"})

    assert (right.status_code, right.text) == (200, "<b>1</b>")
    assert right.headers["content-type"] == "text/plain; charset=utf-8"
    assert wrong.status_code == 403


async def test_a_provider_that_asks_nothing_takes_no_question(desk: Desk) -> None:
    desk.provider.port = MemoryProvider(abilities=False).port
    desk.container.configured_providers.reset()

    answer = await desk.caller().get(ADDRESS)

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("path", ["/api/webhook/telegram", "/api/webhook/", "/api/webhook/a/b"])
async def test_an_unknown_provider_is_not_found(desk: Desk, path: str) -> None:
    answer = await desk.caller().post(path, content=b"{}", headers=SIGNED)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_caller_who_hangs_up_leaves_nothing(desk: Desk) -> None:
    sent: list[object] = []
    messages: list[dict[str, object]] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> dict[str, object]:
        return messages.pop(0)

    async def send(message: object) -> None:
        sent.append(message)

    request = httpx.Request("POST", f"http://desk.example{ADDRESS}")
    scope = {
        "type": "http",
        "method": "POST",
        "path": request.url.path,
        "query_string": b"",
        "headers": [(SECRET_HEADER.encode(), SECRET.encode())],
        "client": ("127.0.0.1", 1),
    }
    await desk.app(scope, receive, send)  # type: ignore[arg-type]

    assert sent == []
    assert (await desk.journal.depth()).bodies == 0


def _limited(provider: MemoryProvider, limit: int) -> Provider:
    return replace(provider.port, max_body=limit)


async def test_a_retired_provider_is_told_that_it_is_gone(desk: Desk) -> None:
    await desk.container.transact()(
        lambda uow: uow.switches.retire(NAME, at=desk.container.clock().now(), by=None)
    )
    desk.container.active_provider()._known = None
    await desk.container.active_provider()()

    answer = await desk.caller().post(ADDRESS, content=b"{}", headers=SIGNED)

    assert (answer.status_code, answer.json()["type"]) == (410, "/docs/errors#provider-retired")
    assert answer.json()["detail_ar"]
    assert (await desk.journal.depth()).bodies == 0
