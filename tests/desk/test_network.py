"""Whatever the line does meanwhile: nothing is lost, doubled or out of its order."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from khalifa.entrypoints.http.guards import SESSION_COOKIE
from tests.desk.conftest import SitsDown, keep
from tests.desk.gestures import ENGLISH, bubbles, row_of, say
from tests.desk.shop import Shop, Watch

AWAY_SECONDS = 30


def test_nothing_is_lost_or_doubled_while_the_network_is_away(
    shop: Shop, agent: str, sits_down: SitsDown, watch: Watch
) -> None:
    watch.allowed = lambda said: "ERR_INTERNET_DISCONNECTED" in said or "WebSocket" in said
    page = sits_down(agent)
    mona = shop.customer("منى")
    mona.write("سؤال")
    row_of(page, "منى").click()
    expect(page.locator(".m.in")).to_have_count(1)

    page.context.set_offline(True)
    began = time.monotonic()
    came = [f"سؤال {n}" for n in range(20)]
    typed = [f"رد {n}" for n in range(3)]
    for n, text in enumerate(came):
        mona.write(text)
        if n % 8 == 0:
            say(page, typed[n // 8])
        # Spread over the time that it is away.
        page.wait_for_timeout(1000 * AWAY_SECONDS / len(came))
    expect(page.locator(".m.out .tick.queued")).to_have_count(3)
    expect(page.locator(".offline")).to_contain_text("3 ردود محفوظة")

    assert time.monotonic() - began >= AWAY_SECONDS
    page.context.set_offline(False)
    expect(page.locator(".m.out .tick.queued")).to_have_count(0)
    expect(page.locator(".m")).to_have_count(24)
    said = bubbles(page)
    assert [text for text in said if text.startswith("رد")] == typed
    assert [text for text in said if text.startswith("سؤال")] == ["سؤال", *came]
    assert mona.reads() == typed


def test_what_waits_is_sent_after_the_page_was_closed(
    shop: Shop, agent: str, sits_down: SitsDown, watch: Watch
) -> None:
    watch.allowed = lambda said: "ERR_FAILED" in said
    page = sits_down(agent)
    mona = shop.customer("منى")
    mona.write("سؤال")
    row_of(page, "منى").click()
    page.on("dialog", lambda dialog: dialog.accept())
    page.route("**/messages", lambda route: route.abort())
    say(page, "محفوظة")
    expect(page.locator(".m.out .tick.queued")).to_be_visible()
    page.locator(".composer textarea").fill("مسودة لم تكتمل")
    page.wait_for_timeout(400)

    page.unroute_all()
    page.reload()

    expect(page.locator(".m.out .tick.delivered")).to_be_visible()
    assert mona.reads() == ["محفوظة"]
    expect(page.locator(".composer textarea")).to_have_value("مسودة لم تكتمل")


def test_what_is_said_while_a_conversation_is_being_opened_is_there(
    shop: Shop, agent: str, sits_down: SitsDown
) -> None:
    page = sits_down(agent, settings=ENGLISH)
    mona = shop.customer("Mona")
    mona.write("Is it there?")
    row = row_of(page, "Mona")
    row.wait_for()
    [ticket] = shop.ask("GET", "/api/tickets?agent=me", by=agent)["items"]
    path = f"/api/tickets/{ticket['id']}/messages"

    def come_late(route: Route) -> None:
        before = route.fetch()
        shop.ask("POST", path, {"text": "It is."}, by=agent)
        while shop.ask("GET", path, by=agent)["items"][-1]["status"] != "delivered":
            time.sleep(0.05)
        # Events come in order: when this one is here, so was the other.
        mona.write("Thank you")
        expect(row).to_contain_text("Thank you")
        route.fulfill(response=before)

    page.route(re.compile(f"{path}\\?"), come_late, times=1)
    row.click()

    expect(page.locator(".m.in")).to_have_count(2)
    expect(page.locator(".m.out .tick.delivered")).to_be_visible()
    # It was told more than once: as queued, as sent, as delivered.
    expect(page.locator(".m.out")).to_have_count(1)


@pytest.mark.long
def test_the_desk_is_usable_within_three_seconds_on_a_slow_line(
    shop: Shop, agent: str, open_browser: Callable[..., BrowserContext]
) -> None:
    shop.ask("POST", "/api/agents/me/presence", {"presence": "online"}, by=agent)
    shop.customer("منى على خط بطيء").write("سؤال")
    context = open_browser(width=360, height=740, settings='{"sound": true}')
    context.add_cookies([{"name": SESSION_COOKIE, "value": shop.tokens[agent], "url": shop.url}])
    keep(context, "khalifa.signedIn", "true")
    page = context.new_page()
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    line.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": 150,
            "downloadThroughput": 1_600_000 / 8,
            "uploadThroughput": 750_000 / 8,
        },
    )

    began = time.monotonic()
    page.goto(shop.url, wait_until="commit")
    row_of(page, "منى").wait_for()

    assert time.monotonic() - began < 3
