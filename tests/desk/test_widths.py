"""From the smallest phone with the largest letters to a wide screen: nothing runs out of it."""

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.desk.conftest import SitsDown
from tests.desk.gestures import row_of
from tests.desk.shop import Shop

# What one would have to scroll sideways for: the page itself, and what is cut off.
OUTSIDE = """() => {
  const wide = document.documentElement.clientWidth;
  const over = document.documentElement.scrollWidth - wide;
  const scrolls = (one) => one && (/(auto|scroll)/.test(getComputedStyle(one).overflowX)
    || scrolls(one.parentElement));
  const keys = [...document.querySelectorAll('button, a[href], input, select, textarea, h1, h2')];
  const out = keys.filter((one) => {
    const { left, right, width, height } = one.getBoundingClientRect();
    return width > 2 && height > 2 && (left < -1 || right > wide + 1) && !scrolls(one);
  });
  const page = over > 0 ? [`the page, by ${over}`] : [];
  return [...page, ...out.map((one) => one.outerHTML.slice(0, 160))];
}"""


def outside(page: Page) -> list[str]:
    found: list[str] = page.evaluate(OUTSIDE)
    return found


def look_around(shop: Shop, admin: str, page: Page, *, letters: str) -> dict[str, list[str]]:
    """Open every page with letters of that size; return what is outside each."""
    views = {
        "settings": ".srow",
        "settings/replies": ".card",
        "settings/security": ".card",
        "settings/rules": ".rules",
        "settings/record": ".card",
        "board": ".chart",
        "figures": ".chart",
        "team": "tbody tr",
        "provider": ".stat",
    }
    shop.ask("POST", "/api/branches", {"name": f"فرع المشاية {uuid4()}"}, by=admin)
    page.evaluate("size => { document.documentElement.style.fontSize = size }", letters)
    mona = shop.customer("الحاجة منى عبد الرحمن السيد إبراهيم")
    mona.write("هل Concor 5 متوفر؟ https://example.com/" + "x" * 80)
    row_of(page, "الحاجة منى").first.wait_for()
    found = {"list": outside(page)}
    row_of(page, "الحاجة منى").first.click()
    expect(page.locator(".composer")).to_be_visible()
    page.locator(".composer textarea").fill("نعم، متوفر في كل الفروع. " * 4)
    found["conversation"] = outside(page)
    page.keyboard.press("Enter")
    page.locator(".m.out").wait_for()
    found["answered"] = outside(page)
    for view, ready in views.items():
        page.goto(f"{shop.url}/#/{view}")
        page.locator(ready).first.wait_for()
        found[view] = outside(page)
    page.goto(f"{shop.url}/sandbox")
    page.locator(".tools").wait_for()
    found["sandbox"] = outside(page)
    return {view: those for view, those in found.items() if those}


@pytest.mark.parametrize("language", ["ar", "en"])
def test_large_letters_on_320_dots_need_no_scrolling_sideways(
    shop: Shop, admin: str, sits_down: SitsDown, language: str
) -> None:
    page = sits_down(admin, settings=f'{{"language": "{language}"}}', width=320, height=640)
    assert look_around(shop, admin, page, letters="200%") == {}


def test_a_wide_screen_shows_everything_side_by_side(
    shop: Shop, admin: str, sits_down: SitsDown
) -> None:
    page = sits_down(admin, width=1920, height=1080)
    assert look_around(shop, admin, page, letters="100%") == {}

    page.goto(f"{shop.url}/#/inbox")
    row_of(page, "الحاجة منى").first.click()
    for pane in (".rail", ".list", ".conv", ".cust"):
        expect(page.locator(pane)).to_be_visible()
    # A line that is longer is hard to read.
    text = page.locator(".m.out .b > p").bounding_box()
    assert text is not None
    assert text["width"] <= 33 * 16 + 1
