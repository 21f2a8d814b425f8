"""Ready replies at the desk: chosen by keyboard alone, filled in, never sent half filled."""

import re

from playwright.sync_api import expect

from tests.desk.conftest import SitsDown
from tests.desk.gestures import ENGLISH, row_of
from tests.desk.shop import Shop


def test_a_ready_reply_is_chosen_filled_in_and_sent_by_keyboard(
    shop: Shop, agent: str, sits_down: SitsDown
) -> None:
    for shortcut, text in {"hello": "Hello {name}!", "price": "That is {price}."}.items():
        reply = {"shortcut": shortcut, "title": shortcut.title(), "text": text}
        shop.ask("POST", "/api/ready-replies", reply, by=agent)
    page = sits_down(agent, settings=ENGLISH)
    mona = shop.customer("Mona")
    mona.write("How much?")
    row_of(page, "Mona").wait_for()
    page.keyboard.press("j")
    field = page.locator(".composer textarea")
    expect(field).to_be_focused()
    options = page.get_by_role("listbox").get_by_role("option")

    page.keyboard.type("/")
    expect(options).to_have_count(2)
    page.keyboard.type("hel")
    expect(options).to_have_text(re.compile("Hello Mona!"))
    page.keyboard.press("Enter")
    expect(field).to_have_value("Hello Mona!")
    page.keyboard.type(" /")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(field).to_have_value("Hello Mona! That is {price}.")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Fill {price} before sending.")
    # What is to be filled in is selected.
    page.keyboard.type("50")
    page.keyboard.press("Enter")

    expect(page.locator(".m.out .tick.delivered")).to_be_visible()
    assert mona.reads() == ["Hello Mona! That is 50."]


def test_ready_replies_are_kept_in_the_settings(
    shop: Shop, admin: str, agent: str, sits_down: SitsDown
) -> None:
    boss = sits_down(admin, settings=ENGLISH)
    boss.goto(f"{shop.url}/#/settings/replies")
    boss.get_by_role("button", name="New reply").click()
    boss.get_by_label("Shortcut").fill("/thanks")
    boss.get_by_label("Title").fill("Thanks")
    boss.get_by_label("Text").fill("Thank you, {name}.")
    boss.keyboard.press("Tab")
    boss.get_by_role("button", name="Save").click()
    expect(boss.locator(".rpl li")).to_have_text(re.compile("/thanks.*Shared"))

    sara = sits_down(agent, settings=ENGLISH)
    sara.goto(f"{shop.url}/#/settings/replies")
    expect(sara.locator(".rpl li")).to_have_count(1)
    expect(sara.get_by_role("button", name="Edit Thanks")).to_have_count(0)

    boss.get_by_role("button", name="Edit Thanks").click()
    boss.get_by_role("button", name="Delete").click()
    boss.get_by_role("button", name="Delete it for everybody").click()
    expect(boss.locator(".rpl li")).to_have_count(0)
