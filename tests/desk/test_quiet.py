"""What the desk does while nothing happens, and what it shows where there is nothing yet."""

import re

from playwright.sync_api import Route, expect

from tests.desk.conftest import SitsDown
from tests.desk.gestures import ENGLISH, row_of
from tests.desk.shop import Shop

STYLED = "RecalcStyleCount"


def test_while_nobody_waits_one_sees_the_day_and_what_comes_has_its_shape_first(
    shop: Shop, agent: str, sits_down: SitsDown
) -> None:
    page = sits_down(agent, settings=ENGLISH)
    day = page.locator(".conv .mini")
    expect(page.get_by_role("heading", name="Nobody is waiting")).to_be_visible()
    expect(page.get_by_role("heading", name="Today so far")).to_be_visible()
    expect(day).to_have_text(re.compile("^Conversations0Average first reply—Late0$"))

    mona = shop.customer("Mona on a slow line")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(re.compile(r"/api/tickets/\d+/messages"), hold)
    mona.write("Hello")
    row_of(page, mona.name).click()
    expect(day).to_have_count(0)
    shape = page.locator(".msgs[aria-busy]")
    expect(shape.locator(".skm").first).to_be_visible()

    for one in held:
        one.continue_()
    expect(page.locator(".m.in .b > p")).to_have_text("Hello")
    expect(shape).to_have_count(0)


def test_the_desk_rests_while_a_customer_waits(shop: Shop, agent: str, sits_down: SitsDown) -> None:
    page = sits_down(agent)
    mona = shop.customer("Mona who waits")
    mona.write("Hello?")
    row = row_of(page, mona.name)
    row.click()
    expect(page.locator(".m.in")).to_be_visible()
    ring = row.locator(".ring.green .val")
    before = ring.get_attribute("stroke-dasharray")
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")

    def styled() -> float:
        metrics = devtools.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in metrics if one["name"] == STYLED))

    # What came with opening it has been drawn.
    page.wait_for_timeout(500)
    began = styled()
    page.wait_for_timeout(2_000)

    # Twice, or a little more often; with each frame it would be a hundred and twenty times.
    assert styled() - began < 20
    assert ring.get_attribute("stroke-dasharray") != before
