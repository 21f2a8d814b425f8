"""The supervisor's team page, and agents who take what waits for somebody."""

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect

from tests.desk.conftest import SitsDown
from tests.desk.shop import Shop, Watch
from tests.desk.test_desk import ENGLISH, row_of


def test_the_supervisor_adds_an_agent_changes_and_disables_them(
    shop: Shop,
    admin: str,
    sits_down: SitsDown,
    open_browser: Callable[..., BrowserContext],
    watch: Watch,
) -> None:
    watch.allowed = lambda said: "401" in said
    page = sits_down(admin, settings=ENGLISH)
    page.goto(f"{shop.url}/#/team")
    page.get_by_role("button", name="Add an agent").click()
    page.get_by_label("Name, to sign in with").fill("Dr. Laila")
    page.get_by_label("Capacity").fill("7")
    page.get_by_role("button", name="Add", exact=True).click()
    password = page.locator("[data-secret]").inner_text()
    page.get_by_role("button", name="I have it").click()
    line = page.locator("tbody tr", has_text="Dr. Laila")
    expect(line).to_contain_text("0/7")

    desk = open_browser(settings=ENGLISH).new_page()
    desk.goto(shop.url)
    desk.locator("input[autocomplete=username]").fill("Dr. Laila")
    desk.locator("input[type=password]").fill(password)
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Inbox")).to_be_visible()
    expect(line).to_contain_text("Available")

    def choose(action: str) -> None:
        page.get_by_role("button", name="Actions for Dr. Laila").click()
        page.get_by_role("menuitem", name=action).click()

    choose("Edit")
    page.get_by_label("Capacity").fill("9")
    page.get_by_role("button", name="Save").click()
    expect(line).to_contain_text("0/9")
    choose("Signed-in devices")
    expect(page.locator(".ses li")).to_have_text(re.compile("Chrome.*Sign out"))
    page.keyboard.press("Escape")
    choose("Disable")
    page.get_by_role("dialog").get_by_role("button", name="Disable the account").click()
    expect(line).to_contain_text("Disabled")
    expect(desk.locator("input[type=password]")).to_be_visible()


def test_an_agent_takes_what_waits_and_it_is_gone_for_the_others(
    shop: Shop, agent: str, sits_down: SitsDown, watch: Watch
) -> None:
    watch.allowed = lambda said: "403" in said
    omar = f"omar-{agent[-40:]}"
    shop.add_agent(omar)
    pages = [sits_down(name, settings=ENGLISH) for name in (agent, omar)]
    mona = shop.customer("Mona")
    for page in pages:
        page.keyboard.press("b")
        expect(page.locator(".pres")).to_contain_text("On break")
    mona.write("Is anybody there?")
    for page in pages:
        page.get_by_role("button", name=re.compile("^Waiting")).click()
        row_of(page, "Mona").click()
        expect(page.locator(".emp")).to_contain_text("Is anybody there?")

    sara, other = pages
    sara.get_by_role("button", name="Take it").click()
    expect(sara.locator(".m.in .b > p")).to_have_text("Is anybody there?")
    other.get_by_role("button", name="Take it").click()

    expect(other.locator(".toast")).to_contain_text(f"{agent} took this conversation first")
    expect(row_of(other, "Mona")).to_have_count(0)
    shop.quiet(omar)
