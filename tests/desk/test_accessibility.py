"""The desk for who sees little or nothing: axe finds no serious fault in any view."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.desk.conftest import SitsDown
from tests.desk.shop import Shop

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SERIOUS = {"serious", "critical"}


def faults(page: Page) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES
    )
    return [
        f"{fault['id']}: {node['html'][:160]}"
        for fault in found["violations"]
        if fault["impact"] in SERIOUS
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize(
    ("theme", "width"),
    [
        ("light", 1280),
        ("dark", 360),
        pytest.param("dark", 1280, marks=pytest.mark.long),
        pytest.param("light", 360, marks=pytest.mark.long),
    ],
)
def test_no_view_of_a_supervisor_has_a_serious_fault(
    shop: Shop, admin: str, sits_down: SitsDown, theme: str, width: int
) -> None:
    language = "ar" if theme == "light" else "en"
    settings = f'{{"theme": "{theme}", "language": "{language}"}}'
    page = sits_down(admin, settings=settings, width=width)
    mona = shop.customer("Mona")
    mona.write("هل Concor متوفر؟")
    page.locator(".row").first.wait_for()
    found = {"list": faults(page)}
    page.locator(".row").first.click()
    page.locator(".composer textarea").fill("/")
    page.locator(".pop").wait_for()
    found["ready replies"] = faults(page)
    page.locator(".composer textarea").fill("نعم")
    page.keyboard.press("Enter")
    page.locator(".m.out").wait_for()
    found["conversation"] = faults(page)
    for view, ready in {
        "settings": ".srow",
        "settings/replies": ".card",
        "settings/rules": ".rules",
        "settings/record": ".aud li",
        "board": ".chart",
        "figures": ".chart",
        "team": "tbody tr",
        "provider": ".stat",
    }.items():
        page.goto(f"{shop.url}/#/{view}")
        page.locator(ready).first.wait_for()
        found[view] = faults(page)

    assert {view: those for view, those in found.items() if those} == {}


def test_neither_signing_in_nor_the_sandbox_nor_a_dialog_has_a_serious_fault(
    shop: Shop, agent: str, sits_down: SitsDown, open_browser: Callable[..., BrowserContext]
) -> None:
    page = open_browser().new_page()
    page.goto(shop.url)
    page.locator("form").wait_for()
    found = {"login": faults(page)}
    page.goto(f"{shop.url}/sandbox")
    page.locator(".tools").wait_for()
    found["sandbox"] = faults(page)
    desk = sits_down(agent)
    desk.keyboard.press("?")
    desk.get_by_role("dialog").wait_for()
    found["keys"] = faults(desk)

    assert {view: those for view, those in found.items() if those} == {}
