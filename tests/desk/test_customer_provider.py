"""The desk in a real browser: by which provider a customer is answered."""

from playwright.sync_api import expect

from tests.desk.conftest import SitsDown
from tests.desk.shop import Shop


def test_an_agent_chooses_a_provider_for_one_customer_and_screens_follow(
    shop: Shop, agent: str, sits_down: SitsDown
) -> None:
    page = sits_down(agent, settings='{"language": "en"}')
    shop.customer("Mona").write("Hello")
    page.locator(".row", has_text="Mona").click()
    choice = page.get_by_label("Answered through")
    expect(choice).to_have_value("")
    expect(choice.locator("option")).to_have_text(
        ["Automatic (Sandbox now)", "Sandbox", "WPPConnect"]
    )

    choice.select_option("wppconnect")
    expect(choice.locator("option").first).to_have_text("Automatic")
    [ticket] = shop.ask("GET", "/api/tickets", by=agent)["items"]
    assert ticket["customer"]["pinned_provider"] == "wppconnect"

    # A colleague takes the choice back.
    shop.ask("DELETE", f"/api/customers/{ticket['customer']['id']}/provider", by=agent)
    expect(choice).to_have_value("")
    expect(choice.locator("option").first).to_have_text("Automatic (Sandbox now)")
