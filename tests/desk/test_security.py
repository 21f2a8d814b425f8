"""One's own password and the second step, changed where one sits."""

from collections.abc import Callable
from datetime import UTC, datetime

import pyotp
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.desk.conftest import SitsDown
from tests.desk.gestures import ENGLISH
from tests.desk.shop import PASSWORD, Shop, Watch


def test_an_agent_changes_the_password_and_the_old_one_is_good_no_more(
    shop: Shop,
    agent: str,
    sits_down: SitsDown,
    open_browser: Callable[..., BrowserContext],
    watch: Watch,
) -> None:
    watch.allowed = lambda said: "401" in said or "422" in said or "403" in said
    page = sits_down(agent, settings=ENGLISH)
    page.goto(f"{shop.url}/#/settings/security")

    def change(current: str) -> None:
        page.get_by_label("Current password").fill(current)
        page.get_by_label("New one, at least").fill("a better horse battery")
        page.get_by_role("button", name="Change the password").click()

    change("not mine")
    expect(page.get_by_role("alert")).to_have_text("The password you have now is not right.")
    change(PASSWORD)
    expect(page.locator(".toast")).to_contain_text("The password is changed")
    expect(page.get_by_label("Current password")).to_have_value("")
    # Who changed it stays signed in.
    page.reload()
    expect(page.get_by_role("heading", name="Password")).to_be_visible()

    other = open_browser(settings=ENGLISH).new_page()
    other.goto(shop.url)
    other.locator("input[autocomplete=username]").fill(agent)
    other.locator("input[type=password]").fill(PASSWORD)
    other.keyboard.press("Enter")
    expect(other.get_by_role("alert")).to_contain_text("wrong")
    other.locator("input[type=password]").fill("a better horse battery")
    other.keyboard.press("Enter")
    expect(other.get_by_role("heading", name="Inbox")).to_be_visible()


ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def code_of(secret: str, *, later: int = 0) -> str:
    """Return the app's code now, or the one *later* than that: each is accepted once."""
    return pyotp.TOTP(secret).at(datetime.now(UTC), counter_offset=later)


def knock(door: Page, name: str) -> Locator:
    """Give name and password; return the field where a code is asked for."""
    door.locator("input[autocomplete=username]").fill(name)
    door.locator("input[type=password]").fill(PASSWORD)
    door.keyboard.press("Enter")
    return door.locator("input[autocomplete=one-time-code]")


def test_an_agent_switches_the_second_step_on_and_signs_in_with_a_code(
    shop: Shop,
    agent: str,
    sits_down: SitsDown,
    open_browser: Callable[..., BrowserContext],
    watch: Watch,
) -> None:
    watch.allowed = lambda said: "401" in said or "422" in said
    page = sits_down(agent, settings=ENGLISH)
    page.goto(f"{shop.url}/#/settings/security")

    page.get_by_role("button", name="Switch two-step sign-in on").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("img", name="QR code")).to_be_visible()
    secret = dialog.locator("[data-secret]").inner_text()
    dialog.get_by_label("6-digit code").fill("12345")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("The code is not right")
    dialog.get_by_label("6-digit code").fill(code_of(secret))
    page.keyboard.press("Enter")
    expect(dialog.locator("[data-secret]")).to_have_count(8)
    recovery_code = dialog.locator("[data-secret]").first.inner_text()
    dialog.get_by_role("button", name="I have them").click()
    expect(page.get_by_text("8 recovery codes are left.")).to_be_visible()

    door = open_browser(settings=ENGLISH).new_page()
    door.goto(shop.url)
    code = knock(door, agent)
    expect(code).to_be_focused()
    code.fill("12345")
    door.keyboard.press("Enter")
    expect(door.get_by_role("alert")).to_contain_text("The code is not right")
    code.fill(code_of(secret, later=1).translate(ARABIC))
    door.keyboard.press("Enter")
    expect(door.get_by_role("heading", name="Inbox")).to_be_visible()

    door.goto(f"{shop.url}/#/settings")
    door.locator("main").get_by_role("button", name="Sign out").click()
    knock(door, agent).wait_for()
    door.get_by_role("button", name="No phone at hand").click()
    door.get_by_label("recovery codes").fill(recovery_code)
    door.keyboard.press("Enter")
    expect(door.get_by_role("heading", name="Settings")).to_be_visible()


def test_an_administrator_switches_the_second_step_off_for_who_lost_the_telephone(
    shop: Shop, admin: str, sits_down: SitsDown
) -> None:
    # Of no fixture: the tokens end with it.
    laila = f"laila-{admin[-40:]}"
    shop.add_agent(laila)
    told = shop.ask("POST", "/api/me/two-step", {"password": PASSWORD}, by=laila)
    shop.ask("POST", "/api/me/two-step/on", {"code": code_of(told["secret"])}, by=laila)
    page = sits_down(admin, settings=ENGLISH)
    page.goto(f"{shop.url}/#/team")
    line = page.locator("tbody tr", has_text=laila)
    expect(line.locator(".okk")).to_have_text("On")

    line.get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name="Switch two-step sign-in off").click()
    page.get_by_role("dialog").get_by_role("button", name="Switch off").click()

    expect(line.locator(".okk")).to_have_count(0)
    alone = shop.ask("POST", "/api/auth/login", {"name": laila, "password": PASSWORD})
    assert alone["name"] == laila
    page.goto(f"{shop.url}/#/settings/record")
    expect(page.locator(".aud li", has_text=f"Two-step sign-in off: {laila}")).to_contain_text(
        admin
    )
