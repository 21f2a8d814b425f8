"""Conversations that the shop begins, also by a template."""

from pathlib import Path

from playwright.sync_api import expect

from tests.desk.conftest import SitsDown
from tests.desk.gestures import ENGLISH, PHOTO, choose_template, row_of
from tests.desk.shop import Shop


def test_an_agent_writes_first(shop: Shop, agent: str, sits_down: SitsDown) -> None:
    page = sits_down(agent, settings=ENGLISH)
    mona = shop.customer("Mona who wrote before")
    mona.write("Thank you")
    row_of(page, mona.name).wait_for()
    shop.quiet(agent)
    expect(row_of(page, mona.name)).to_have_count(0)
    page.get_by_role("button", name="New conversation").click()
    page.get_by_label("The customer’s number").fill(f"+{mona.phone}")
    page.get_by_role("dialog").get_by_label("Reply").fill("Your medicine is here.")
    page.get_by_role("dialog").locator(".btn.pri").click()

    expect(page.locator(".who")).to_contain_text(mona.name)
    expect(page.locator(".m.out .tick.delivered")).to_be_visible()


def test_a_template_goes_out_with_the_photo_that_was_chosen(
    shop: Shop, agent: str, sits_down: SitsDown, tmp_path: Path
) -> None:
    photo = tmp_path / "عروض.png"
    photo.write_bytes(PHOTO)
    mona = shop.customer("Mona")
    page = sits_down(agent, settings=ENGLISH)
    dialog = choose_template(page, f"+{mona.phone}", "offers")
    dialog.get_by_label("Field 1").fill("طلخا")
    expect(dialog.get_by_role("button", name="Send template")).to_be_disabled()

    dialog.get_by_label("Photo above the text").set_input_files(photo)
    dialog.get_by_role("button", name="Send template").click()

    expect(page.locator(".m.out .tick.delivered")).to_be_visible()
    expect(page.locator(".m.out .ph img")).to_have_js_property("complete", value=True)
    [sent] = shop.ask("GET", f"/api/sandbox/phones/{mona.phone}/messages")["items"]
    assert sent["content"]["mime_type"] == "image/png"
    assert sent["content"]["filename"] == "عروض.png"


def test_a_template_goes_out_with_its_title_and_its_places_filled_in(
    shop: Shop, agent: str, sits_down: SitsDown
) -> None:
    mona = shop.customer("Mona")
    page = sits_down(agent, settings=ENGLISH)
    dialog = choose_template(page, f"+{mona.phone}", "order ready")
    dialog.get_by_label("Field 1").fill("منى")
    dialog.get_by_label("Field 2").fill("المشاية")
    expect(dialog.get_by_role("button", name="Send template")).to_be_disabled()

    dialog.get_by_label("In the title").fill("20461")
    expect(dialog.locator(".tpl.on")).to_contain_text("طلب رقم 20461")
    dialog.get_by_role("button", name="Send template").click()

    expect(page.locator(".m.out .tick.delivered")).to_be_visible()
    [ticket] = shop.ask("GET", "/api/tickets?agent=me", by=agent)["items"]
    [sent] = shop.ask("GET", f"/api/tickets/{ticket['id']}/messages", by=agent)["items"]
    header = {"type": "text", "text": "20461"}
    assert header.items() <= sent["content"]["header"].items()
    assert sent["text"] == "أهلاً منى، طلبك جاهز في فرع المشاية."
