"""The list of conversations: what a row tells, what is kept for later, and handing one over."""

import re

from playwright.sync_api import expect

from tests.desk.conftest import SitsDown
from tests.desk.gestures import ENGLISH, row_of, say
from tests.desk.shop import Shop


def test_a_row_shows_how_far_our_last_words_are_and_is_kept_for_later(
    shop: Shop, agent: str, sits_down: SitsDown
) -> None:
    page = sits_down(agent, settings=ENGLISH)
    mona = shop.customer("Mona")
    mona.write("Hello")
    row = row_of(page, "Mona")
    tick = row.locator(".pv .tick")
    row.click()
    expect(page.locator(".m.in")).to_have_count(1)
    expect(tick).to_have_count(0)

    say(page, "Yes")
    expect(tick).to_have_text("Delivered")
    mona.reads()
    expect(tick).to_have_text("Read")
    # The list says the same by itself.
    page.reload()
    expect(tick).to_have_text("Read")
    shop.ask("POST", "/api/sandbox/scenario", {"refuse_next": True})
    page.locator(".composer textarea").wait_for()
    say(page, "Refused")
    expect(row.locator(".pv")).to_contain_text("1 message not sent")

    mona.write("Thanks")
    expect(row.locator(".pv")).to_have_text("Thanks")
    expect(page).to_have_title("khalifa")
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    expect(row.locator(".bdg")).to_contain_text("1 unread message")
    expect(page).to_have_title(re.compile(r"^\(1\)"))
    page.keyboard.press("z")
    expect(row.locator(".bdg")).to_have_count(0)
    row.click()
    page.locator(".ch").get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Mark unread").click()
    expect(page.locator(".conv.none")).to_be_visible()
    expect(row.locator(".bdg")).to_have_count(1)
    row.click()
    expect(row.locator(".bdg")).to_have_count(0)


def test_a_colleague_is_found_by_branch_and_asked_about_when_they_have_enough(
    shop: Shop, agent: str, colleague: str, admin: str, sits_down: SitsDown
) -> None:
    page = sits_down(agent)
    mona, ali = shop.customer("منى"), shop.customer("علي")
    ali.write("سؤال")
    row_of(page, "علي").wait_for()
    mona.write("هل الدواء متوفر؟")
    row_of(page, "منى").click()
    expect(page.locator(".composer textarea")).to_be_focused()

    [one] = [a for a in shop.ask("GET", "/api/agents", by=admin)["items"] if a["name"] == colleague]
    branch = shop.ask("POST", "/api/branches", {"name": f"فرع طلخا {colleague}"}, by=admin)
    place = {"branch_id": branch["id"], "capacity": 1}
    shop.ask("PATCH", f"/api/agents/{one['id']}", place, by=admin)
    # Who was never here has nothing for long.
    shop.ask("POST", "/api/agents/me/presence", {"presence": "break"}, by=colleague)
    [ticket] = [
        t
        for t in shop.ask("GET", "/api/tickets", by=agent)["items"]
        if t["customer"]["name"] == "علي"
    ]
    shop.ask("POST", f"/api/tickets/{ticket['id']}/assign", {"agent_id": one["id"]}, by=admin)

    page.keyboard.press("Escape")
    page.keyboard.press("t")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    page.keyboard.type(f"طلخا {colleague}")
    line = dialog.locator(".pick li")
    expect(line).to_have_count(1)
    expect(line).to_contain_text(f"فرع طلخا {colleague} · في استراحة")
    expect(line).to_contain_text("1/1")
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("radio", name=colleague)).to_be_checked()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text(
        f"وصل {colleague} إلى سعته (1). تُنقل إليه مع ذلك؟"
    )
    expect(row_of(page, "منى")).to_have_count(1)
    dialog.get_by_role("button", name="انقل مع ذلك").click()
    expect(dialog).to_be_hidden()
    expect(row_of(page, "منى")).to_have_count(0)
