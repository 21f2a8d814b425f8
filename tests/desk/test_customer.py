"""Beside the messages: what a conversation is about, who the customer is, and what was closed."""

import re

from playwright.sync_api import expect

from tests.desk.conftest import SitsDown
from tests.desk.gestures import ENGLISH, row_of, say
from tests.desk.shop import Shop


def test_a_conversation_is_sorted_closed_with_a_reason_and_opened_again(
    shop: Shop, agent: str, sits_down: SitsDown
) -> None:
    page = sits_down(agent, settings=ENGLISH)
    mona = shop.customer("Mona of the tags")
    mona.write("Is it ready?")
    row_of(page, mona.name).click()
    about = page.locator(".tkf")

    about.get_by_label("Priority").select_option("urgent")
    expect(row_of(page, mona.name)).to_contain_text("Urgent")
    about.get_by_label("Category").fill("orders")
    page.keyboard.press("Enter")
    about.get_by_role("button", name="Add a tag").click()
    expect(about.get_by_role("textbox", name="Add a tag")).to_be_focused()
    page.keyboard.type("delivery")
    page.keyboard.press("Enter")
    expect(about.get_by_role("button", name="Remove the tag delivery")).to_be_visible()
    page.locator(".ids summary").click()
    expect(page.locator(".ids li")).to_contain_text([mona.phone])

    say(page, "It is.")
    expect(page.locator(".m.out .tick.delivered")).to_be_visible()
    page.get_by_role("button", name="Close", exact=True).click()
    page.get_by_label("Out of stock").check()
    page.get_by_role("dialog").get_by_role("button", name="Close", exact=True).last.click()
    page.get_by_role("button", name="Closed", exact=True).click()
    row_of(page, mona.name).click()
    expect(page.locator(".ev").last).to_have_text("Closed · Reason: Out of stock")
    # The word that it is closed, and the way back, stand for six seconds: not in front of this.
    page.get_by_role("button", name="Reopen").click(timeout=4_000)

    expect(page.locator(".composer")).to_be_visible()
    expect(page.locator(".ev").last).to_have_text(re.compile("Reopened"))
    [ticket] = shop.ask("GET", "/api/tickets", by=agent)["items"]
    assert (ticket["priority"], ticket["category"], ticket["tags"]) == (
        "urgent",
        "orders",
        ["delivery"],
    )


def test_the_branch_is_chosen_and_the_rating_shown_beside_the_messages(
    shop: Shop, admin: str, agent: str, sits_down: SitsDown
) -> None:
    for name in ("Talkha", "Toriel"):
        shop.ask("POST", "/api/branches", {"name": f"{name} of {agent[-20:]}"}, by=admin)
    page = sits_down(agent, settings=ENGLISH)
    mona = shop.customer("Mona of Toriel")
    mona.write("Where is it?")
    row_of(page, mona.name).wait_for()
    shop.let_be_rated(mona.name, 4)
    row_of(page, mona.name).click()
    beside = page.locator(".cust")

    expect(beside.locator(".stars")).to_have_text("4")
    branch = beside.get_by_label("Branch")
    expect(branch).to_have_value("")
    with page.expect_response(lambda answer: answer.request.method == "PATCH"):
        branch.select_option(label=f"Toriel of {agent[-20:]}")
    expect(branch.locator("option:checked")).to_have_text(re.compile("^Toriel"))

    page.reload()
    expect(branch.locator("option:checked")).to_have_text(re.compile("^Toriel"))
    [ticket] = shop.ask("GET", "/api/tickets", by=agent)["items"]
    of = shop.ask("GET", f"/api/customers/{ticket['customer']['id']}", by=agent)
    assert of["branch_id"] is not None
