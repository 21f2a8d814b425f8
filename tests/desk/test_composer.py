"""What goes out besides words: files pasted and dropped, answers, hearts, templates."""

import re
from datetime import timedelta

from playwright.sync_api import expect

from tests.desk.conftest import SitsDown
from tests.desk.gestures import ENGLISH, row_of, say
from tests.desk.shop import Shop

_FILE = """
const files = new DataTransfer();
files.items.add(new File(['%PDF-1.4'], 'result.pdf', {type: 'application/pdf'}));
"""
PASTE = f"""field => {{ {_FILE}
  field.dispatchEvent(
    new ClipboardEvent('paste', {{clipboardData: files, bubbles: true, cancelable: true}}));
}}"""
DRAG = f"""(box, kind) => {{ {_FILE}
  box.dispatchEvent(
    new DragEvent(kind, {{dataTransfer: files, bubbles: true, cancelable: true}}));
}}"""


def test_a_file_is_pasted_or_dropped_and_seen_before_it_goes(
    shop: Shop, agent: str, sits_down: SitsDown
) -> None:
    page = sits_down(agent, settings=ENGLISH)
    mona = shop.customer("Mona of the files")
    mona.write("Is my result there?")
    row_of(page, mona.name).click()
    # What a conversation looks like while it comes takes no files, and goes.
    expect(page.locator(".m.in")).to_be_visible()
    dialog = page.get_by_role("dialog", name=f"Send to {mona.name}")

    page.locator(".composer textarea").evaluate(PASTE)
    expect(dialog).to_contain_text("result.pdf")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.locator(".msgs").evaluate(DRAG, "dragover")
    expect(page.get_by_text("Drop the file here")).to_be_visible()
    page.locator(".msgs").evaluate(DRAG, "drop")
    expect(dialog.get_by_label("Add a caption")).to_be_focused()
    page.keyboard.type("Here it is")
    page.keyboard.press("Enter")

    sent = page.locator(".m.out")
    expect(sent.locator(".docu")).to_contain_text("result")
    expect(sent.locator(".b > p")).to_have_text("Here it is")
    expect(sent.locator(".tick.delivered")).to_be_visible()


def test_one_message_is_answered_and_gets_a_heart(
    shop: Shop, agent: str, sits_down: SitsDown
) -> None:
    page = sits_down(agent, settings=ENGLISH)
    mona = shop.customer("Mona of the hearts")
    mona.write("First")
    mona.write("Second")
    row_of(page, mona.name).click()
    first = page.locator(".m.in", has_text="First")

    first.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Reply").click()
    expect(page.locator(".composer .ans")).to_contain_text("First")
    say(page, "To that one")
    expect(page.locator(".m.out .quote")).to_contain_text("First")
    first.get_by_role("button", name="More").click()
    page.get_by_role("menuitemcheckbox", name="React ❤️").click()
    expect(first.locator(".react")).to_have_text("❤️")

    expect(page.locator(".m.out .tick.delivered")).to_be_visible()
    screen = shop.ask("GET", f"/api/sandbox/phones/{mona.phone}/messages")["items"]
    assert [one["reactions"] for one in screen] == [["❤️"], [], []]
    assert screen[2]["reply_to"] == screen[0]["id"]


def test_the_time_left_is_shown_and_after_it_templates_take_the_place_of_words(
    shop: Shop, agent: str, sits_down: SitsDown
) -> None:
    page = sits_down(agent, settings=ENGLISH)
    mona = shop.customer("Mona of the window")
    mona.write("Is it ready?")
    row_of(page, mona.name).click()
    expect(page.locator(".composer")).to_be_visible()
    expect(page.get_by_text("Closes in")).to_have_count(0)

    shop.let_window_close(mona.name, within=timedelta(hours=1, minutes=40, seconds=30))
    page.reload()
    expect(page.locator(".ch .chip.amb")).to_have_text(re.compile(r"Closes in 1:(40|39)"))
    expect(row_of(page, mona.name)).to_contain_text("Closes in 1:")
    shop.let_window_close(mona.name, within=timedelta(minutes=-1))
    page.reload()

    expect(row_of(page, mona.name)).to_contain_text("Template only")
    expect(page.locator(".ch .chip")).to_have_text(["Template only"])
    expect(page.locator(".composer")).to_have_count(0)
    window = page.locator(".win")
    expect(window).to_contain_text("only an approved template")
    window.locator(".tpl", has_text="order ready").click()
    window.get_by_label("In the title").fill("20461")
    window.get_by_label("Field 2").fill("Talkha")
    window.get_by_role("button", name="Send template").click()
    expect(page.locator(".m.out .tick.delivered")).to_be_visible()
    # Once the customer writes, words go again.
    mona.write("Thanks")
    expect(page.locator(".composer")).to_be_visible()
