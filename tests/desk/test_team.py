"""The supervisor's team page, and agents who take what waits for somebody."""

import re
import time
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Route, expect

from tests.desk.conftest import SitsDown
from tests.desk.gestures import ENGLISH, row_of
from tests.desk.shop import Shop, Watch


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
    expect(line).to_contain_text("Today")

    def choose(action: str) -> None:
        page.get_by_role("button", name="Actions for Dr. Laila").click()
        page.get_by_role("menuitem", name=action).click()

    names = page.locator("tbody tr .pc b")
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("Name")
    first = names.first.inner_text()
    page.get_by_role("columnheader", name="Name").get_by_role("button").click()
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Name")
    expect(names.last).to_have_text(first)
    page.get_by_role("columnheader", name="Last sign-in").get_by_role("button").click()
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Last sign-in")
    expect(names.first).to_have_text("Dr. Laila")

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

    page.goto(f"{shop.url}/#/settings/record")
    line = page.locator(".aud li", has_text="Changed: Dr. Laila")
    expect(line.filter(has_text="Capacity 7 → 9")).to_contain_text(admin)


def test_a_refusal_while_a_dialog_is_open_is_told_in_it(
    shop: Shop, admin: str, sits_down: SitsDown, watch: Watch
) -> None:
    watch.allowed = lambda said: "409" in said
    names = [f"{place} {admin[-30:]}" for place in ("Talkha", "Toriel")]
    for name in names:
        shop.ask("POST", "/api/branches", {"name": name}, by=admin)
    page = sits_down(admin, settings=ENGLISH)
    page.goto(f"{shop.url}/#/team")
    page.get_by_role("button", name="Branches").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name=f"Rename {names[0]}").click()
    dialog.get_by_role("textbox", name=names[0]).fill(names[1])
    page.keyboard.press("Enter")

    told = dialog.get_by_role("status")
    expect(told).to_contain_text(re.compile("\\w"))
    expect(told.locator("use")).to_have_attribute("href", re.compile("#warn$"))
    page.keyboard.press("Escape")
    expect(page.locator(".toast")).to_have_count(1)


def test_an_agent_takes_what_waits_and_it_is_gone_for_the_others(
    shop: Shop, agent: str, colleague: str, sits_down: SitsDown, watch: Watch
) -> None:
    watch.allowed = lambda said: "403" in said
    pages = [sits_down(name, settings=ENGLISH) for name in (agent, colleague)]
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

    def be_first(route: Route) -> None:
        sara.get_by_role("button", name="Take it").click()
        expect(sara.locator(".m.in .b > p")).to_have_text("Is anybody there?")
        expect(row_of(other, "Mona")).to_have_count(0)
        expect(other.locator(".toast")).to_contain_text("Somebody else has this conversation now")
        route.continue_()

    other.route("**/take", be_first)
    other.get_by_role("button", name="Take it").click()

    expect(other.locator(".toast")).to_contain_text(f"{agent} took this conversation first")
    expect(row_of(other, "Mona")).to_have_count(0)


def test_agents_see_each_other_s_conversations_when_the_rules_say_so(
    shop: Shop, admin: str, agent: str, sits_down: SitsDown, watch: Watch
) -> None:
    # The page still asks for the conversation that is not this agent's any more.
    watch.allowed = lambda said: "403" in said

    def say(*, all_: bool) -> None:
        shop.ask("PATCH", "/api/settings", {"agents_see_all": all_}, by=admin)
        # It is in force everywhere within three seconds.
        until = time.monotonic() + 10
        while shop.ask("GET", "/api/me", by=agent)["sees_all"] is not all_:
            assert time.monotonic() < until
            time.sleep(0.1)

    sits_down(admin)
    mona = shop.customer("Mona of somebody else")
    mona.write("hello")
    say(all_=True)
    try:
        page = sits_down(agent, settings=ENGLISH)
        page.get_by_role("button", name=re.compile("^All")).click()
        row_of(page, mona.name).click()
        expect(page.locator(".conv")).to_contain_text(admin)
        mona.write("and one more thing")
        expect(page.locator(".m.in").last).to_contain_text("and one more thing")
    finally:
        say(all_=False)

    page.reload()
    expect(page.locator(".tabs button")).to_have_count(4)


def test_a_second_agent_in_a_conversation_is_seen_and_no_two_answer_at_once(
    shop: Shop, admin: str, agent: str, sits_down: SitsDown
) -> None:
    sara = sits_down(agent, settings=ENGLISH)
    mona = shop.customer("Mona with two")
    mona.write("Is anybody there?")
    row_of(sara, mona.name).click()
    boss = sits_down(admin, settings=ENGLISH)
    boss.get_by_role("button", name=re.compile("^All")).click()
    row_of(boss, mona.name).click()
    expect(boss.locator(".pee")).to_have_text(re.compile(f"{agent} is reading this now"))
    expect(sara.locator(".pee")).to_have_text(re.compile(f"{admin} is reading this now"))

    sara.locator(".composer textarea").fill("Yes")
    expect(boss.locator(".pee")).to_have_text(re.compile(f"{agent} is writing a reply"))
    boss.locator(".composer textarea").fill("Yes, here I am.")
    boss.keyboard.press("Enter")
    expect(boss.get_by_role("alert")).to_contain_text(f"{agent} is writing. Send yours anyway?")
    expect(boss.locator(".m.out")).to_have_count(0)
    boss.keyboard.press("Enter")
    expect(boss.locator(".m.out .tick.delivered")).to_be_visible()

    boss.goto(f"{shop.url}/#/settings")
    expect(sara.locator(".pee")).to_have_count(0)
