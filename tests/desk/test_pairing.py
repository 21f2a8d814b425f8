"""The provider's page while the number is paired: the code, renewed, and what is proven then."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from playwright.sync_api import expect

from tests.desk.conftest import SitsDown
from tests.desk.gestures import ENGLISH
from tests.desk.shop import Shop, Watch

WITHIN = 60
SESSION = "shop1"


def state_of(shop: Shop, admin: str) -> str:
    items = shop.ask("GET", "/api/provider", by=admin)["items"]
    return next(str(one["state"]) for one in items if one["provider"] == "wppconnect")


@contextmanager
def unpaired(shop: Shop, admin: str) -> Iterator[Callable[..., object]]:
    """Let replies go by a number whose phone has just unlinked it."""
    with shop.wppconnect() as far_side:

        def unlinked() -> bool:
            # What the shop last heard may be of another test's far side.
            with suppress(AssertionError):
                far_side("unlink", session=SESSION)
                return True
            return False

        until = time.monotonic() + WITHIN
        while state_of(shop, admin) != "connected" or not unlinked():
            assert time.monotonic() < until
            time.sleep(0.5)
        body = {"active": "sandbox", "force": True}
        shop.ask("POST", "/api/provider/wppconnect/switch", body, by=admin)
        try:
            yield far_side
        finally:
            shop.ask("POST", "/api/provider/rollback", {"active": "wppconnect"}, by=admin)


# A session that was out of sight is looked at every ten seconds, and its state told every five.
@pytest.mark.long
def test_the_number_is_paired_with_a_code_that_is_renewed(
    shop: Shop, admin: str, sits_down: SitsDown, watch: Watch
) -> None:
    watch.allowed = lambda said: "404" in said
    page = sits_down(admin, settings=ENGLISH)
    until = time.monotonic() + WITHIN
    with unpaired(shop, admin) as far_side:
        page.goto(f"{shop.url}/#/provider")
        expect(page.get_by_role("heading", name="Not paired")).to_be_visible()
        code = page.locator("img.qr")
        expect(code).to_have_js_property("complete", value=True)
        expect(page.locator(".pair .steps li")).to_have_count(4)
        expect(page.locator(".pair")).to_contain_text("Do not pair a verified number.")
        words = page.locator(".pair [role=status]")
        expect(words).to_have_text(re.compile(r"New code in \d+ s"))
        first = shop.ask("GET", "/api/provider/qr.json", by=admin)["text"]

        far_side("next_qr", session=SESSION)
        while (second := shop.ask("GET", "/api/provider/qr.json", by=admin)["text"]) == first:
            assert time.monotonic() < until
            time.sleep(0.5)
        assert second
        with page.expect_response(re.compile("/api/provider/qr\\?until")) as drawn:
            pass
        assert drawn.value.status == 200

        far_side("scan", session=SESSION)
        expect(page.get_by_role("heading", name="Working")).to_be_visible()
        expect(page.locator(".pair")).to_have_count(0)
        expect(page.locator(".stat").first).to_contain_text("+20")

        pace = page.locator(".pace")
        expect(pace.locator(".chip")).to_have_text("Calm")
        expect(pace.locator(".pgl b")).to_have_text(re.compile(r"^0 / \d+$"))
        expect(pace).to_contain_text("Warm-up day")


@pytest.mark.long
def test_a_phone_whose_camera_is_broken_is_paired_by_a_code(
    shop: Shop, admin: str, sits_down: SitsDown, watch: Watch
) -> None:
    watch.allowed = lambda said: bool(re.search("404|422", said))
    page = sits_down(admin, settings=ENGLISH)
    with unpaired(shop, admin) as far_side:
        page.goto(f"{shop.url}/#/provider")
        expect(page.locator(".pair [role=status]")).to_have_text(re.compile("New code in"))
        page.get_by_role("button", name="Use an 8-character code").click()
        number = page.get_by_label("The pharmacy phone’s number")
        expect(number).to_be_focused()
        number.fill("12")
        page.get_by_role("button", name="Ask for the code").click()
        expect(page.get_by_role("alert")).to_contain_text("This is not a phone number.")
        number.fill("010 1234 5678")
        number.press("Enter")
        expect(page.locator(".pair")).to_contain_text("The code is on its way.")
        expect(page.locator(".pair")).to_contain_text("+20 101 234 5678")

        far_side("autoclose", session=SESSION)
        code = page.locator(".tcode bdi[dir=ltr]")
        expect(code).to_have_text(re.compile(r"^[A-Z0-9]{4}-[A-Z0-9]{4}$"))
        page.reload()
        expect(code).to_have_text(re.compile(r"^[A-Z0-9]{4}-[A-Z0-9]{4}$"))
        expect(page.locator(".pair .steps li")).to_have_count(5)

        page.get_by_role("button", name="Back to the QR code").click()
        far_side("autoclose", session=SESSION)
        expect(page.locator("img.qr")).to_be_visible()

        shop.ask("POST", "/api/provider/pairing-code", {"phone": "01012345678"}, by=admin)
        far_side("autoclose", session=SESSION)
        page.reload()
        expect(code).to_be_visible()
        far_side("scan", session=SESSION)
        expect(page.get_by_role("status").filter(has_text="The number is paired.")).to_be_visible()
        expect(page.locator(".pair")).to_have_count(0)
