"""Two-step sign-in over HTTP: switched on and off, asked for, and never told again."""

from datetime import UTC, datetime

import httpx
import pyotp
import pytest

from khalifa.domain.agents import Role
from khalifa.entrypoints.http.guards import SESSION_COOKIE
from tests.http.desk import ORIGIN, PASSWORD, Desk
from tests.http.test_auth import signed_in

OWN = {"Origin": ORIGIN}


def code_of(secret: str, *, later: int = 0) -> str:
    """Return the app's code now, or the one *later* than that: each is accepted once."""
    return pyotp.TOTP(secret).at(datetime.now(UTC), counter_offset=later)


async def log_in(desk: Desk, **more: str) -> tuple[httpx.AsyncClient, httpx.Response]:
    browser = desk.caller()
    body = {"name": "admin", "password": PASSWORD, **more}
    return browser, await browser.post("/api/auth/login", json=body)


async def switched_on(browser: httpx.AsyncClient) -> tuple[str, list[str]]:
    """Switch it on; return the secret and the recovery codes."""
    begun = await browser.post("/api/me/two-step", json={"password": PASSWORD}, headers=OWN)
    secret: str = begun.json()["secret"]
    done = await browser.post("/api/me/two-step/on", json={"code": code_of(secret)}, headers=OWN)
    recovery_codes: list[str] = done.json()["recovery_codes"]
    return secret, recovery_codes


def kind_of(answer: httpx.Response) -> tuple[int, str]:
    assert answer.json()["detail_ar"]
    return answer.status_code, answer.json()["type"].removeprefix("/docs/errors#")


async def test_it_is_told_once_and_on_after_a_first_code(desk: Desk) -> None:
    browser = await signed_in(desk)
    address = "/api/me/two-step"

    wrong = await browser.post(address, json={"password": "a guess"}, headers=OWN)
    begun = await browser.post(address, json={"password": PASSWORD}, headers=OWN)
    not_yet = (await browser.get(address)).json()
    secret = begun.json()["secret"]
    typo = await browser.post(f"{address}/on", json={"code": "12345"}, headers=OWN)
    done = await browser.post(f"{address}/on", json={"code": code_of(secret)}, headers=OWN)
    again = await browser.post(f"{address}/on", json={"code": code_of(secret)}, headers=OWN)
    anew = await browser.post(address, json={"password": PASSWORD}, headers=OWN)

    assert kind_of(wrong) == (422, "wrong-password")
    assert not_yet == {"is_on": False, "recovery_codes_left": 0}
    assert kind_of(typo) == (422, "wrong-code")
    assert len(done.json()["recovery_codes"]) == 8
    assert done.headers["cache-control"] == begun.headers["cache-control"] == "no-store"
    assert kind_of(again) == kind_of(anew) == (409, "two-step-on")
    now = await browser.get(address)
    assert now.json() == {"is_on": True, "recovery_codes_left": 8}
    assert secret not in now.text


async def test_the_qr_code_is_drawn_here(desk: Desk) -> None:
    browser = await signed_in(desk)

    begun = (
        await browser.post("/api/me/two-step", json={"password": PASSWORD}, headers=OWN)
    ).json()

    assert begun["address"].startswith("otpauth://totp/khalifa:admin?secret=")
    assert {len(line) for line in begun["qr"]} == {len(begun["qr"])}
    assert set("".join(begun["qr"])) == {"0", "1"}
    # Where three corners of every QR code are.
    assert begun["qr"][0].startswith("1111111")
    assert begun["qr"][0].endswith("1111111")
    assert begun["qr"][-1].startswith("1111111")


async def test_signing_in_asks_for_a_code_and_makes_no_session_without(desk: Desk) -> None:
    secret, _ = await switched_on(await signed_in(desk))

    browser, wanted = await log_in(desk)
    _, refused = await log_in(desk, code="000 000")
    _, used = await log_in(desk, code=code_of(secret))

    assert kind_of(wanted) == (401, "code-wanted")
    assert kind_of(refused) == kind_of(used) == (401, "code-refused")
    for answer in (wanted, refused, used):
        assert "set-cookie" not in answer.headers
    assert (await browser.get("/api/me")).status_code == 401
    browser, done = await log_in(desk, code=code_of(secret, later=1))
    assert (done.status_code, SESSION_COOKIE in browser.cookies) == (200, True)
    assert (await browser.get("/api/me")).json()["name"] == "admin"


async def test_a_wrong_password_is_refused_as_if_there_were_no_second_step(desk: Desk) -> None:
    secret, _ = await switched_on(await signed_in(desk))
    await desk.container.add_agent()(name="Sara", password=PASSWORD)
    guess = {"password": "a guess"}

    with_it = [
        await desk.caller().post("/api/auth/login", json={"name": "admin", **guess, **more})
        for more in ({}, {"code": code_of(secret, later=1)}, {"code": "000000"})
    ]
    without = await desk.caller().post("/api/auth/login", json={"name": "Sara", **guess})

    def told(answer: httpx.Response) -> dict[str, object]:
        return {name: said for name, said in answer.json().items() if name != "request_id"}

    for answer in with_it:
        assert (answer.status_code, told(answer)) == (401, told(without))


async def test_a_recovery_code_signs_in_once(desk: Desk) -> None:
    _, recovery_codes = await switched_on(await signed_in(desk))

    browser, done = await log_in(desk, code=recovery_codes[0])
    _, again = await log_in(desk, code=recovery_codes[0])

    assert done.status_code == 200
    assert kind_of(again) == (401, "code-refused")
    assert (await browser.get("/api/me/two-step")).json()["recovery_codes_left"] == 7


async def test_wrong_codes_are_held_back(desk: Desk) -> None:
    secret, _ = await switched_on(await signed_in(desk))

    for _ in range(5):
        await log_in(desk, code="000000")
    _, held = await log_in(desk, code=code_of(secret, later=1))

    assert (kind_of(held), held.headers["retry-after"]) == ((429, "sign-in-locked"), "900")


async def test_one_switches_ones_own_off_with_password_and_code(desk: Desk) -> None:
    browser = await signed_in(desk)
    _, recovery_codes = await switched_on(browser)
    address = "/api/me/two-step/off"
    code = recovery_codes[0]

    for password, given, kind in (
        ("a guess", code, "wrong-password"),
        (PASSWORD, "000000", "wrong-code"),
        (PASSWORD, "", "wrong-code"),
    ):
        body = {"password": password, "code": given}
        assert kind_of(await browser.post(address, json=body, headers=OWN)) == (422, kind)
    done = await browser.post(address, json={"password": PASSWORD, "code": code}, headers=OWN)
    again = await browser.post(address, json={"password": PASSWORD, "code": code}, headers=OWN)

    assert done.status_code == 204
    assert kind_of(again) == (409, "two-step-off")
    _, alone = await log_in(desk)
    assert alone.status_code == 200


async def test_an_administrator_helps_who_lost_the_telephone_and_not_oneself(desk: Desk) -> None:
    browser = await signed_in(desk)
    await switched_on(browser)
    boss, _, _ = await desk.agent("boss", role=Role.ADMIN)
    listed = (await boss.get("/api/agents")).json()["items"]
    ids = {one["name"]: one["id"] for one in listed}

    own = await browser.delete(f"/api/agents/{ids['admin']}/two-step", headers=OWN)
    off = await boss.delete(f"/api/agents/{ids['boss']}/two-step")
    nobody = await boss.delete("/api/agents/987654/two-step")
    done = await boss.delete(f"/api/agents/{ids['admin']}/two-step")
    desk.container.who_is.reset()

    assert {one["name"]: one["two_step"] for one in listed} == {"admin": True, "boss": False}
    assert kind_of(own) == kind_of(off) == (403, "not-allowed")
    assert kind_of(nobody) == (404, "not-found")
    assert done.status_code == 204
    assert (await browser.get("/api/me")).status_code == 401
    _, alone = await log_in(desk)
    assert alone.status_code == 200
    acts = (await boss.get("/api/audit")).json()["items"]
    off_, on = [one for one in acts if "two_step" in one["act"]]
    assert (off_["act"], off_["by"]["name"]) == ("agent.two_step_off", "boss")
    assert (on["act"], on["by"]["name"]) == ("agent.two_step_on", "admin")
    assert off_["subject"] == on["subject"] == f"agent {ids['admin']}"


async def test_a_programs_token_asks_for_no_code(desk: Desk) -> None:
    await switched_on(await signed_in(desk))

    program = desk.caller(await desk.container.issue_token()("admin"))

    assert (await program.get("/api/me")).status_code == 200


async def test_no_secret_and_no_code_reaches_the_log(
    desk: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    secret, recovery_codes = await switched_on(await signed_in(desk))
    await log_in(desk, code=recovery_codes[0])
    await log_in(desk, code=recovery_codes[1] + "1" * 100)

    said = "".join(capfd.readouterr())

    for one in (secret, *recovery_codes):
        assert one not in said
