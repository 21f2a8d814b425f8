"""What is shown where there is nothing, or nothing yet."""

import re

from playwright.sync_api import Route, expect

from tests.desk.conftest import SitsDown
from tests.desk.gestures import ENGLISH, row_of
from tests.desk.shop import Shop


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
