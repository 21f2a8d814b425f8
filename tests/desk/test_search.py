"""Looking for what somebody said: found however it is typed, and opened at that message."""

from playwright.sync_api import expect

from tests.desk.conftest import SitsDown
from tests.desk.shop import Shop


def test_what_was_said_long_ago_is_found_and_opened_at_its_place(
    shop: Shop, agent: str, sits_down: SitsDown
) -> None:
    page = sits_down(agent)
    mona = shop.customer("أحلام فؤاد")
    mona.write("محتاجة الكونجستال ضروري")
    for n in range(90):
        mona.write(f"رسالة {n}.")
    page.locator(".row", has_text="رسالة 89.").wait_for()

    page.keyboard.press("/")
    page.keyboard.type("كُونجستال")
    hit = page.locator(".sres .row", has_text="الكونجستال")
    # What is filed is folded within a second or two.
    for _ in range(10):
        page.wait_for_timeout(500)
        if hit.count():
            break
        page.locator("#search").fill("كونجستا")
        page.locator("#search").fill("كونجستال")
    expect(hit.locator("mark")).to_have_text("الكونجستال")
    hit.click()
    expect(page.locator(".m", has_text="الكونجستال")).to_be_in_viewport()
    expect(page.locator(".jump")).to_be_visible()

    page.locator("#search").fill("احلام")
    expect(page.locator(".sres .row")).to_have_count(1)
    expect(page.locator(".sres .row")).to_contain_text("أحلام فؤاد")
    page.locator("#search").fill("لا شيء من هذا")
    expect(page.locator(".sres .emp")).to_contain_text("لا نتيجة")
    page.locator("#search").press("Escape")
    expect(page.locator(".sres")).to_have_count(0)
