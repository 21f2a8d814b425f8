"""Who may do what: every route there is, walked as everybody who should not get in."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace

import httpx
import pytest
from litestar.routes import HTTPRoute

from khalifa.domain.agents import Role
from khalifa.domain.drafts import FILE_KINDS
from khalifa.domain.media import FileRule
from khalifa.entrypoints.http.guards import SAFE_METHODS, SESSION_COOKIE
from khalifa.infrastructure.memory.store import Tables
from tests.http.desk import ORIGIN, Desk, running_desk
from tests.http.operations import Operation, call, document_of, ids_around, operations_of
from tests.http.test_media import arrives
from tests.http.test_sandbox import MONA, PhonesInMemory
from tests.http.who_may import MAY, Who

METRICS_TOKEN = "metrics-token-of-the-tests"
NOT_SIGNED_IN = "/docs/errors#not-signed-in"
FOREIGN = "/docs/errors#foreign-origin"
ELSEWHERE = {"Origin": "https://elsewhere.example"}


@dataclass
class Shop:
    """Sara holds a conversation with a file in it; the others have nothing to do with it."""

    desk: Desk
    routes: list[Operation]
    sara: httpx.AsyncClient
    omar: httpx.AsyncClient
    admin: httpx.AsyncClient
    token: str
    ids: dict[str, object]

    def those(self, *whos: Who) -> Iterator[tuple[Operation, Who]]:
        """Yield every route that one of *whos* may call, closing conversations last."""
        for route in sorted(self.routes, key=lambda one: "close" in one.path):
            if MAY[route.key] in whos:
                yield route, MAY[route.key]

    async def call(
        self, caller: httpx.AsyncClient, route: Operation, **headers: str
    ) -> httpx.Response:
        # Who was let in or thrown out a moment ago is not to be remembered as they were.
        self.desk.container.who_is.reset()
        return await call(caller, route, self.ids, **headers)


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    rules = dict.fromkeys(FILE_KINDS, FileRule(most=1_000))
    async with running_desk(
        metrics_token=METRICS_TOKEN, phones=PhonesInMemory(), file_rules=rules
    ) as desk:
        sara, _, token = await desk.agent("Sara")
        ticket = await desk.customer_writes("for Sara")
        media = await arrives(desk, b"%PDF-1.4")
        omar, _, _ = await desk.agent("Omar")
        admin, _, _ = await desk.agent("admin", role=Role.ADMIN)
        reply = {"shortcut": "mine", "title": "Mine", "text": "Sara's own"}
        made = await sara.post("/api/ready-replies", json=reply)
        [session] = (await sara.get("/api/me/sessions")).json()["items"]
        ids = ids_around(
            ticket,
            media_id=media,
            reply=made.json()["id"],
            session=session["id"],
            phone=MONA,
            file_id="none",
            name="docs.css",
            path="nothing",
        )
        yield Shop(desk, await _routes(desk), sara, omar, admin, token, ids)


# To write the document takes longer than to walk all that is in it.
_described: dict[str, Operation] = {}


async def _routes(desk: Desk) -> list[Operation]:
    """Return every route: those of the document, and those that it leaves out."""
    if not _described:
        _described.update({one.key: one for one in operations_of(await document_of(desk))})
    served = {
        f"{method} {route.path_format}": Operation(method.lower(), route.path_format, {})
        for route in desk.app.routes
        if isinstance(route, HTTPRoute)
        for method in route.methods - {"OPTIONS"}
    }
    return list({**served, **_described}.values())


def kind_of(answer: httpx.Response) -> str:
    is_problem = answer.headers.get("content-type") == "application/problem+json"
    return str(answer.json()["type"]) if is_problem else ""


def is_refused(answer: httpx.Response) -> bool:
    return answer.status_code == 403 or kind_of(answer) == NOT_SIGNED_IN


async def test_every_route_has_a_line_that_says_who_may(shop: Shop) -> None:
    assert {route.key for route in shop.routes} == set(MAY)


async def test_nobody_gets_in_who_does_not_sign_in(shop: Shop) -> None:
    stranger, guesser = shop.desk.caller(), shop.desk.caller("no token of ours")

    for route, who in shop.those(*Who):
        for caller in (stranger, guesser):
            answer = await shop.call(caller, route)
            match who:
                case Who.ANYBODY:
                    assert not is_refused(answer), route.key
                case Who.PROVIDER:
                    assert answer.status_code in {401, 403}, route.key
                case _:
                    assert answer.status_code == 401, route.key
                    assert route.method == "head" or kind_of(answer) == NOT_SIGNED_IN, route.key


async def test_the_document_says_which_routes_are_open(shop: Shop) -> None:
    described = [route for route in shop.routes if route.said]

    said_to_be_open = {route.key for route in described if route.said.get("security") == [{}]}

    assert said_to_be_open == {
        route.key for route in described if MAY[route.key] in {Who.ANYBODY, Who.PROVIDER}
    }


async def test_a_colleague_is_kept_from_what_is_anothers(shop: Shop) -> None:
    for route, who in shop.those(*Who):
        _require(who, await shop.call(shop.omar, route), route, others={Who.HOLDER, Who.ADMIN})


async def test_an_administrator_may_everything_but_what_is_anothers_own(shop: Shop) -> None:
    for route, who in shop.those(*Who):
        _require(who, await shop.call(shop.admin, route), route, others=set())


def _require(who: Who, answer: httpx.Response, route: Operation, *, others: set[Who]) -> None:
    """Require what somebody is told who is signed in, and has nothing to do with *others*."""
    match who:
        case Who.OWNER:
            assert answer.status_code == 404, route.key
        case Who.WATCHER:
            assert answer.status_code == 401, route.key
        case Who.PROVIDER:
            assert answer.status_code in {401, 403}, route.key
        case Who.FIRST:
            assert answer.status_code == 403, route.key
        case _:
            assert is_refused(answer) is (who in others), (route.key, answer.status_code)


async def test_whoever_holds_the_conversation_is_kept_from_administration_alone(
    shop: Shop,
) -> None:
    for route, _ in shop.those(Who.ADMIN):
        assert (await shop.call(shop.sara, route)).status_code == 403, route.key
    for route, who in shop.those(Who.SIGNED_IN, Who.HERE, Who.FIRST, Who.HOLDER):
        answer = await shop.call(shop.sara, route)
        assert not is_refused(answer), (route.key, who)


async def test_whoever_owns_something_may_change_it_and_let_it_go(shop: Shop) -> None:
    # Another token of hers: the one that is her session goes, too.
    sara = shop.desk.caller(await shop.desk.container.issue_token()("Sara"))

    for route, _ in sorted(shop.those(Who.OWNER), key=lambda one: one[0].method, reverse=True):
        assert (await shop.call(sara, route)).status_code in {200, 204}, route.key


@pytest.mark.parametrize("ended", ["revoked", "disabled", "another password"])
async def test_a_programs_token_is_worth_nothing_once_it_is_taken_away(
    shop: Shop, ended: str
) -> None:
    [sara] = [
        one["id"]
        for one in (await shop.admin.get("/api/agents")).json()["items"]
        if one["name"] == "Sara"
    ]
    match ended:
        case "revoked":
            done = await shop.admin.delete(f"/api/agents/{sara}/sessions/{shop.ids['session']}")
        case "disabled":
            done = await shop.admin.patch(f"/api/agents/{sara}", json={"disabled": True})
        case _:
            done = await shop.admin.post(
                f"/api/agents/{sara}/password", json={"password": "another battery"}
            )
    assert done.status_code < 300

    for route, _ in shop.those(*set(Who) - {Who.ANYBODY, Who.PROVIDER}):
        assert (await shop.call(shop.sara, route)).status_code == 401, route.key


def _stored(desk: Desk) -> Tables:
    """Return all that is stored but events, which are forgotten a moment after they were told."""
    return replace(desk.container.memory_store().tables, events={})


async def test_no_other_sites_page_changes_anything_with_a_visitors_cookie(shop: Shop) -> None:
    browser = shop.desk.caller()
    browser.cookies.set(SESSION_COOKIE, shop.token, domain="desk.example")
    assert (await browser.get("/api/me")).status_code == 200
    before = _stored(shop.desk)

    for route, _ in shop.those(*set(Who) - {Who.ANYBODY, Who.PROVIDER, Who.WATCHER}):
        if route.method.upper() in SAFE_METHODS:
            continue
        for headers in ({}, ELSEWHERE, {"Sec-Fetch-Site": "same-site"}):
            answer = await shop.call(browser, route, **headers)
            assert (answer.status_code, kind_of(answer)) == (403, FOREIGN), (route.key, headers)

    assert _stored(shop.desk) == before


async def test_no_other_site_may_read_what_any_route_answers(shop: Shop) -> None:
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x"}

    for route, _ in shop.those(*Who):
        path = route.path.format(**shop.ids)
        for answer in (
            await shop.desk.caller().options(path, headers={**ELSEWHERE, **asks}),
            await shop.call(shop.admin, route, **ELSEWHERE),
        ):
            told = [name for name in answer.headers if name.startswith("access-control-")]
            assert told == [], route.key
            assert answer.headers["cross-origin-resource-policy"] == "same-origin", route.key


async def test_nothing_any_route_answers_is_framed_guessed_at_or_runs_what_is_within_it(
    shop: Shop,
) -> None:
    for route, _ in shop.those(*Who):
        headers = (await shop.call(shop.admin, route)).headers
        policy = headers["content-security-policy"]

        assert "unsafe" not in policy, route.key
        assert "*" not in policy, route.key
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";") if " " in rule)
        assert rules["default-src"] in {"'self'", "'none'"}, route.key
        assert rules["frame-ancestors"] == "'none'", route.key
        assert headers["x-frame-options"] == "DENY", route.key
        assert headers["x-content-type-options"] == "nosniff", route.key


async def test_a_session_that_somebody_planted_is_not_the_one_that_is_signed_in(
    shop: Shop,
) -> None:
    password = "correct horse battery"
    await shop.desk.container.add_agent()(name="Huda", password=password)
    browser = shop.desk.caller()
    browser.cookies.set(SESSION_COOKIE, "planted", domain="desk.example")

    await browser.post(
        "/api/auth/login", json={"name": "Huda", "password": password}, headers={"Origin": ORIGIN}
    )

    given = [one.value for one in browser.cookies.jar if one.value != "planted"]
    assert len(given) == 1
    assert (await shop.desk.caller("planted").get("/api/me")).status_code == 401
    assert (await shop.desk.caller(given[0]).get("/api/me")).json()["name"] == "Huda"
