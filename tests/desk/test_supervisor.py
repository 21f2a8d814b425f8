"""What the supervisor does now and then: customers who are one, the ledger, another provider."""

import re

from playwright.sync_api import Page, Route, expect

from tests.desk.conftest import SitsDown
from tests.desk.gestures import ENGLISH, row_of
from tests.desk.shop import Shop, Watch


def test_two_customers_are_joined_and_parted_again(
    shop: Shop, admin: str, sits_down: SitsDown
) -> None:
    page = sits_down(admin, settings=ENGLISH)
    kept, other = shop.customer("Nadia at work"), shop.customer("Nadia at home")
    kept.write("from work")
    row_of(page, kept.name).wait_for()
    other.write("from home")
    row_of(page, other.name).wait_for()
    row_of(page, kept.name).click()

    page.get_by_role("button", name="Join with another customer").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Join", exact=True)).to_be_disabled()
    dialog.get_by_label("Search a name or number").fill("nadia at")
    dialog.locator("li", has_text=other.name).click()
    dialog.get_by_role("button", name="Join", exact=True).click()

    expect(row_of(page, other.name)).to_have_count(0)
    expect(page.locator(".m.in", has_text="from home")).to_be_visible()
    expect(page.locator(".mrg")).to_contain_text("Joined with another customer")
    page.get_by_role("button", name="Part them again").click()

    expect(row_of(page, other.name)).to_be_visible()
    expect(page.locator(".mrg")).to_have_count(0)


def test_the_ledger_s_balance_is_on_the_provider_s_page(
    shop: Shop, admin: str, sits_down: SitsDown
) -> None:
    page = sits_down(admin, settings=ENGLISH)
    shop.customer("Somebody of the ledger").write("hello")
    row_of(page, "Somebody of the ledger").wait_for()
    page.goto(f"{shop.url}/#/provider")

    ledger = page.locator(".ledger")
    expect(ledger.locator(".chip")).to_have_text("Balanced")
    expect(ledger.locator(".tot b")).not_to_have_text("0")
    ledger.get_by_role("button", name="Check again").click()
    expect(ledger).to_contain_text("0 waiting")


def test_a_switch_is_planned_and_taken_back_at_the_desk(
    shop: Shop, admin: str, sits_down: SitsDown, watch: Watch
) -> None:
    # While the one without a far side is active there is no QR code of its.
    watch.allowed = lambda said: "404" in said
    page = sits_down(admin, settings=ENGLISH)
    page.goto(f"{shop.url}/#/provider")
    page.get_by_role("link", name="Switch to WPPConnect").click()

    expect(page.locator(".stepper .now")).to_contain_text("Plan")
    expect(page.locator(".plan h2")).to_contain_text("If we switched now")
    # Nobody plays its far side here.
    expect(page.get_by_role("alert")).to_contain_text("WPPConnect is not connected.")
    expect(page.get_by_role("button", name="Start the switch")).to_be_disabled()

    body = {"active": "sandbox", "force": True}
    shop.ask("POST", "/api/provider/wppconnect/switch", body, by=admin)
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("heading", name="Last switch")).to_be_visible()
    go_back_to(page, "Sandbox")

    assert shop.ask("GET", "/api/me", by=admin)["provider"] == "sandbox"


def go_back_to(page: Page, name: str) -> None:
    page.get_by_role("button", name=f"Back to {name}").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("All that came and was sent since the switch stays as it is.")
    dialog.get_by_role("button", name=f"Back to {name}").click()
    expect(page.get_by_text("Replies go the way they went before")).to_be_visible()


def test_where_a_switch_stands_is_shown_until_it_is_proven_also_after_a_reload(
    shop: Shop, admin: str, sits_down: SitsDown, watch: Watch
) -> None:
    # The page may still ask for the QR code of a provider that has just been left.
    watch.allowed = lambda said: "404" in said or "501" in said
    page = sits_down(admin, settings=ENGLISH)
    step = page.locator(".stepper [aria-current=step]")
    shop.ask(
        "POST",
        "/api/provider/wppconnect/switch",
        {"active": "sandbox", "force": True},
        by=admin,
    )
    try:
        # Nobody plays its far side here: it is never proven.
        page.goto(f"{shop.url}/#/provider/wppconnect")
        expect(step).to_contain_text("Verify")
        expect(page.locator(".plan")).to_contain_text("Replies go by WPPConnect since")
        expect(page.locator(".plan")).to_contain_text("WPPConnect is not connected.")

        page.goto(f"{shop.url}/#/provider/sandbox")
        expect(step).to_contain_text("Plan")
        held: list[Route] = []
        page.route("**/api/provider/sandbox/switch", lambda one: held.append(one))  # noqa: PLW0108 - Playwright marks it
        page.get_by_role("button", name="Start the switch").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("WPPConnect still takes in what customers write.")
        dialog.get_by_role("button", name="Start the switch").click()
        expect(step).to_contain_text("Switch")
        expect(page.locator(".plan [role=status]")).to_contain_text("You may close this page")
        held[0].continue_()
        expect(page.locator(".plan [role=status]")).to_contain_text("Done.")
        for _ in range(2):
            expect(page.locator(".stepper .dn")).to_have_count(5)
            expect(page.locator(".plan")).to_contain_text(re.compile(r"Proven (now|\d+ second)"))
            expect(page.locator(".plan")).to_contain_text("No replies wait to be sent")
            expect(page.locator(".plan")).to_contain_text("No message missed")
            page.reload()

        go_back_to(page, "WPPConnect")
    finally:
        shop.ask("POST", "/api/provider/rollback", {"active": "wppconnect"}, by=admin)
