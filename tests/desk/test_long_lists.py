"""Long conversations, and many: what is in sight is in the page, and nothing jumps."""

import re

from playwright.sync_api import expect

from tests.desk.conftest import SitsDown
from tests.desk.gestures import bubbles, row_of
from tests.desk.shop import Shop


def test_older_messages_come_on_the_way_up_and_nothing_jumps(
    shop: Shop, agent: str, sits_down: SitsDown
) -> None:
    page = sits_down(agent)
    mona = shop.customer("منى")
    for n in range(120):
        mona.write(f"رسالة {n}.")
    row_of(page, "رسالة 119.").click()
    newest = page.locator(".m", has_text="رسالة 119.")
    expect(newest).to_be_in_viewport()

    messages = page.locator(".msgs")
    read = page.locator(".m", has_text="رسالة 90.")
    read.scroll_into_view_if_needed()
    before = read.bounding_box()
    messages.evaluate("box => box.dispatchEvent(new Event('scroll'))")
    expect(page.locator(".m", has_text="رسالة 60.")).to_be_attached()
    after = read.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) < 2

    for _ in range(12):
        messages.evaluate("box => { box.scrollTop = 0 }")
        page.wait_for_timeout(60)
    expect(page.locator(".m", has_text="رسالة 0.")).to_be_in_viewport()
    texts = bubbles(page)
    assert texts == [f"رسالة {n}." for n in range(len(texts))]

    mona.write("جديدة")
    page.locator(".jump b").wait_for()
    page.locator(".jump").click()
    expect(page.locator(".m", has_text="جديدة")).to_be_in_viewport()


def test_of_many_conversations_only_those_in_sight_are_in_the_page(
    shop: Shop, admin: str, sits_down: SitsDown
) -> None:
    page = sits_down(admin)
    for n in range(40):
        shop.customer(f"عميل {n}.").write("سؤال")
    page.get_by_role("button", name=re.compile("الكل")).click()
    expect(row_of(page, "عميل 0.")).to_be_visible()
    expect(page.locator(".tabs [aria-pressed=true]")).to_contain_text("40")
    assert page.locator(".row").count() <= 30

    page.locator(".rows").evaluate("list => { list.scrollTop = list.scrollHeight }")
    expect(row_of(page, "عميل 0.")).to_have_count(0)
    assert page.locator(".row").count() <= 30
