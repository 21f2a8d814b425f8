"""Signing in, and who may ask: cookies, tokens, origins, throttles."""

import httpx
import pytest

from khalifa.domain.agents import Presence, Role
from khalifa.entrypoints.http.guards import SESSION_COOKIE, Site
from khalifa.entrypoints.http.throttle import Throttle
from tests.http.desk import ORIGIN, PASSWORD, Desk, running_desk

OWN = {"Origin": ORIGIN}
ORIGINS: list[tuple[dict[str, str], int]] = [
    ({}, 403),
    ({"Origin": "http://elsewhere.example"}, 403),
    ({"Origin": "null"}, 403),
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Sec-Fetch-Site": "same-site"}, 403),
    ({"Origin": "http://elsewhere.example", "Sec-Fetch-Site": "same-origin"}, 403),
    ({"Sec-Fetch-Site": "same-origin"}, 200),
    (OWN, 200),
]


async def signed_in(desk: Desk, name: str = "admin") -> httpx.AsyncClient:
    await desk.container.add_agent()(name=name, role=Role.ADMIN, password=PASSWORD)
    browser = desk.caller()
    answer = await browser.post("/api/auth/login", json={"name": name, "password": PASSWORD})
    assert answer.status_code == 200
    return browser


async def test_signing_in_sets_a_cookie_that_scripts_and_other_sites_never_get(desk: Desk) -> None:
    browser = await signed_in(desk)

    answer = await browser.post("/api/auth/login", json={"name": "admin", "password": PASSWORD})

    attributes = answer.headers["set-cookie"].split("; ")[1:]
    assert set(attributes) >= {"HttpOnly", "SameSite=strict", "Path=/"}
    assert "Secure" not in attributes
    assert answer.json()["role"] == "admin"
    me = (await browser.get("/api/me")).json()
    assert me["name"] == "admin"
    assert me["live_cursor"]


async def test_behind_https_the_cookie_never_travels_in_the_open() -> None:
    async with running_desk("https://desk.example") as desk:
        await desk.container.add_agent()(name="Sara", password=PASSWORD)

        answer = await desk.caller().post(
            "/api/auth/login", json={"name": "Sara", "password": PASSWORD}
        )

        assert "Secure" in answer.headers["set-cookie"]


async def test_signing_out_makes_the_session_worthless(desk: Desk) -> None:
    browser = await signed_in(desk)
    token = browser.cookies[SESSION_COOKIE]

    answer = await browser.post("/api/auth/logout", headers=OWN)

    assert (answer.status_code, answer.content) == (204, b"")
    assert SESSION_COOKIE not in browser.cookies
    desk.container.who_is.reset()
    assert (await desk.caller(token).get("/api/me")).status_code == 401


async def test_signing_out_leaves_a_programs_token_good(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")

    assert (await sara.post("/api/auth/logout")).status_code == 204
    assert (await sara.get("/api/me")).status_code == 200


async def test_a_refusal_does_not_say_what_was_wrong(desk: Desk) -> None:
    await signed_in(desk)

    for name, password in (("admin", "not the password"), ("nobody", PASSWORD), ("", "")):
        answer = await desk.caller().post(
            "/api/auth/login", json={"name": name, "password": password}
        )

        assert answer.status_code == 401
        assert answer.json()["detail"] == "The name or the password is not right."
        assert "set-cookie" not in answer.headers


async def test_five_wrong_passwords_lock_that_name_for_that_address_only(desk: Desk) -> None:
    await desk.container.add_agent()(name="Sara", password=PASSWORD)
    browser = desk.caller()
    wrong = {"name": "Sara", "password": "a wrong guess"}

    for _ in range(5):
        assert (await browser.post("/api/auth/login", json=wrong)).status_code == 401
    held = await browser.post("/api/auth/login", json={"name": "sara", "password": PASSWORD})

    assert (held.status_code, held.headers["retry-after"]) == (429, "900")
    assert held.json()["type"] == "/docs/errors#sign-in-locked"
    assert "15" in held.json()["detail"]
    assert "15" in held.json()["detail_ar"]
    other = {"name": "Omar", "password": "a wrong guess"}
    assert (await browser.post("/api/auth/login", json=other)).status_code == 401


async def test_with_a_cookie_only_our_own_pages_may_change_things(desk: Desk) -> None:
    browser = await signed_in(desk)

    for headers, status in ORIGINS:
        answer = await browser.post(
            "/api/agents/me/presence", json={"presence": "online"}, headers=headers
        )
        assert answer.status_code == status, headers


async def test_another_sites_page_cannot_sign_its_visitor_in(desk: Desk) -> None:
    await desk.container.add_agent()(name="Sara", password=PASSWORD)

    answer = await desk.caller().post(
        "/api/auth/login",
        json={"name": "Sara", "password": PASSWORD},
        headers={"Origin": "http://elsewhere.example"},
    )

    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


async def test_a_program_needs_no_origin(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")

    answer = await sara.post("/api/agents/me/presence", json={"presence": "break"})

    assert (answer.status_code, answer.json()["presence"]) == (200, Presence.BREAK)
    # Who it was is remembered for a second; what they are now is asked for.
    assert (await sara.get("/api/me")).json()["presence"] == Presence.BREAK


async def test_a_wrong_token_signs_nobody_in(desk: Desk) -> None:
    for value in ("Bearer", "Bearer  ", "Bearer nonsense", "Basic YTpi", "Bearer é"):
        headers = httpx.Headers({"Authorization": value}, encoding="utf-8")
        answer = await desk.caller().get("/api/me", headers=headers)

        assert answer.status_code == 401, value
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("public_url", "origin", "host", "own"),
    [
        (None, "http://desk.example:8000", "desk.example:8000", True),
        (None, "https://DESK.example", "desk.example", True),
        (None, "http://desk.example", "desk.example:8000", False),
        (None, "file://", "desk.example", False),
        (None, "http://desk.example", None, False),
        ("https://desk.example", "https://desk.example", "10.0.0.7:8000", True),
        ("https://desk.example", "http://desk.example", "10.0.0.7:8000", False),
    ],
)
def test_a_site_knows_its_own_pages(
    public_url: str | None, origin: str, host: str | None, own: bool
) -> None:
    assert Site(public_url=public_url).is_own(origin, host) is own


def test_a_bucket_lets_a_burst_through_and_fills_again() -> None:
    now = [0.0]
    throttle = Throttle(burst=2, every=10, clock=lambda: now[0])

    assert [throttle.take("a"), throttle.take("a"), throttle.take("a")] == [0, 0, 10]
    assert throttle.take("b") == 0
    now[0] = 9.5
    assert throttle.take("a") == 1
    now[0] = 10.0
    assert throttle.take("a") == 0
    throttle.forgive("a")
    assert throttle.take("a") == 0


async def test_signing_in_again_makes_the_session_before_worthless(desk: Desk) -> None:
    browser = await signed_in(desk)
    before = browser.cookies[SESSION_COOKIE]

    await browser.post("/api/auth/login", json={"name": "admin", "password": PASSWORD})

    assert browser.cookies[SESSION_COOKIE] != before
    desk.container.who_is.reset()
    assert (await desk.caller(before).get("/api/me")).status_code == 401
    assert (await browser.get("/api/me")).status_code == 200


async def test_sessions_are_listed_and_ended_one_by_one(desk: Desk) -> None:
    browser = await signed_in(desk)
    phone = desk.caller()
    await phone.post(
        "/api/auth/login",
        json={"name": "admin", "password": PASSWORD},
        headers={"User-Agent": "a phone"},
    )

    listed = (await browser.get("/api/me/sessions")).json()["items"]
    [other] = [one for one in listed if not one["current"]]
    ended = await browser.delete(f"/api/me/sessions/{other['id']}", headers=OWN)
    again = await browser.delete(f"/api/me/sessions/{other['id']}", headers=OWN)
    desk.container.who_is.reset()

    assert listed[0]["device"] == other["device"] == "a phone"
    assert phone.cookies[SESSION_COOKIE] not in str(listed)
    assert (ended.status_code, again.status_code) == (204, 404)
    assert (await phone.get("/api/me")).status_code == 401
    assert (await browser.get("/api/me")).status_code == 200


async def test_an_administrator_ends_an_agents_session_and_it_is_on_record(desk: Desk) -> None:
    sara, sara_id, token = await desk.agent("Sara")
    admin, admin_id, _ = await desk.agent("admin", role=Role.ADMIN)
    address = f"/api/agents/{sara_id}/sessions"

    [session] = (await admin.get(address)).json()["items"]
    foreign = await sara.get(f"/api/agents/{admin_id}/sessions")
    ended = await admin.delete(f"{address}/{session['id']}")
    desk.container.who_is.reset()

    assert (session["kind"], session["expires_at"], session["current"]) == ("api", None, False)
    assert foreign.status_code == 403
    assert ended.status_code == 204
    assert (await desk.caller(token).get("/api/me")).status_code == 401
    newest = (await admin.get("/api/audit?limit=1")).json()["items"][0]
    assert (newest["act"], newest["subject"]) == ("agent.session_revoked", f"agent {sara_id}")


async def test_ones_own_password_is_changed_by_who_knows_it(desk: Desk) -> None:
    browser = await signed_in(desk)
    elsewhere = desk.caller()
    await elsewhere.post("/api/auth/login", json={"name": "admin", "password": PASSWORD})

    wrong = await browser.post(
        "/api/me/password", json={"current": "a guess", "new": "another battery"}, headers=OWN
    )
    short = await browser.post(
        "/api/me/password", json={"current": PASSWORD, "new": "short"}, headers=OWN
    )
    done = await browser.post(
        "/api/me/password", json={"current": PASSWORD, "new": "another battery"}, headers=OWN
    )
    desk.container.who_is.reset()

    assert (wrong.status_code, wrong.json()["type"]) == (422, "/docs/errors#wrong-password")
    assert wrong.json()["detail_ar"]
    assert short.json()["type"] == "/docs/errors#invalid-agent"
    assert done.status_code == 204
    assert (await browser.get("/api/me")).status_code == 200
    assert (await elsewhere.get("/api/me")).status_code == 401
