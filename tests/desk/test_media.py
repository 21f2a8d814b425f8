"""Photos and voices, both ways, and the phone that a customer is played with."""

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.desk.conftest import SitsDown
from tests.desk.gestures import ENGLISH, PHOTO, row_of, say
from tests.desk.shop import Shop


def test_a_photo_is_seen_before_it_goes_and_a_voice_note_is_recorded(
    shop: Shop, agent: str, sits_down: SitsDown, tmp_path: Path
) -> None:
    photo = tmp_path / "روشتة.png"
    photo.write_bytes(PHOTO)
    page = sits_down(agent)
    mona = shop.customer("منى")
    mona.write("ممكن صورة؟")
    row_of(page, "منى").click()

    page.locator(".composer input[type=file]").set_input_files(photo)
    dialog = page.get_by_role("dialog", name="إرسال إلى منى")
    expect(dialog.locator(".big img")).to_be_visible()
    expect(dialog.locator(".strip img")).to_be_visible()
    dialog.get_by_label("أضف تعليقًا").fill("دي الروشتة")
    page.keyboard.press("Enter")
    expect(page.locator(".m.out .tick.delivered")).to_have_count(1)
    expect(page.locator(".m.out .ph img")).to_have_js_property("complete", value=True)
    expect(page.locator(".m.out .b > p")).to_have_text("دي الروشتة")
    page.locator(".m.out .ph").click()
    expect(page.locator(".viewer img")).to_be_visible()
    page.keyboard.press("Escape")

    page.get_by_role("button", name="سجّل رسالة صوتية").click()
    expect(page.get_by_role("timer")).to_contain_text("0:01")
    page.get_by_role("button", name="أرسل").click()
    expect(page.locator(".m.out .voice")).to_have_count(1)
    expect(page.locator(".m.out .tick.delivered")).to_have_count(2)
    page.locator(".m.out .pl").click()
    expect(page.get_by_role("button", name="أوقف الرسالة الصوتية")).to_be_visible()


def test_a_customer_s_photo_and_voice_note_are_seen_and_heard(
    shop: Shop, agent: str, sits_down: SitsDown, tmp_path: Path
) -> None:
    photo = tmp_path / "prescription.png"
    photo.write_bytes(PHOTO)
    page = sits_down(agent)
    mona = shop.customer("منى")
    mona.write("صورة الروشتة")
    phone = page.context.new_page()
    phone.goto(f"{shop.url}/sandbox")
    phone.locator(".who2 button", has_text=mona.phone[-4:]).click()
    phone.locator(".phc input[type=file]").set_input_files(photo)
    phone.get_by_role("button", name="سجّل رسالة صوتية").click()
    expect(phone.get_by_role("timer")).to_contain_text("0:01")
    phone.get_by_role("button", name="أرسل").click()

    row_of(page, "منى").click()
    page.locator(".m.in .ph img").wait_for()
    page.wait_for_function("() => document.querySelector('.m.in .ph img').naturalWidth > 0")
    voice = page.locator(".m.in .voice")
    voice.get_by_role("button", name="السرعة").click()
    expect(voice).to_contain_text("1.5×")
    voice.locator(".pl").click()
    expect(page.get_by_role("button", name="أوقف الرسالة الصوتية")).to_be_visible()
    expect(page.get_by_role("button", name="شغّل الرسالة الصوتية")).to_be_visible()
    voice.get_by_label("الموضع").fill("500")
    expect(voice.get_by_label("الموضع")).to_have_value(re.compile("^(49|50)"))


def test_somebody_plays_a_customer_on_the_sandbox_page(
    shop: Shop, agent: str, sits_down: SitsDown
) -> None:
    page = sits_down(agent)
    phone = page.context.new_page()
    phone.goto(f"{shop.url}/sandbox")
    phone.get_by_role("button", name="عميل جديد").click()
    phone.get_by_label("الاسم", exact=True).fill("هدى")
    phone.get_by_label("رقمه").fill("0109 876 5432")
    phone.keyboard.press("Enter")
    # Until then what is typed is the customer's who was shown before.
    expect(phone.locator(".who2 li.on")).to_contain_text("هدى")
    phone.locator(".phc textarea").fill("صباح الخير")
    phone.keyboard.press("Enter")

    row_of(page, "هدى").click()
    say(page, "صباح النور")
    expect(phone.locator("[data-from=us]")).to_contain_text("صباح النور")
    expect(page.locator(".m.out .tick.read")).to_be_visible()


def test_a_played_customer_says_all_that_a_phone_can_say(
    shop: Shop, agent: str, sits_down: SitsDown
) -> None:
    page = sits_down(agent, settings=ENGLISH)
    mona = shop.customer("Mona of the phone")
    mona.write("Hello")
    row_of(page, mona.name).click()
    say(page, "How can I help?")
    phone = page.context.new_page()
    phone.goto(f"{shop.url}/sandbox")
    phone.locator(".who2 button", has_text=mona.phone[-4:]).click()
    ours = phone.locator("[data-from=us]")
    expect(ours).to_contain_text("How can I help?")

    for what in ("Prescription", "File", "Location", "Contact", "React with a heart"):
        phone.locator(".tgrid").get_by_role("button", name=what).click()
    ours.get_by_role("button", name="More").click()
    phone.get_by_role("menuitem", name="Reply").click()
    phone.locator(".phc textarea").fill("With this one")
    phone.keyboard.press("Enter")
    phone.locator("[data-from=customer]").first.get_by_role("button", name="More").click()
    phone.get_by_role("menuitem", name="Delete for everybody").click()

    theirs = page.locator(".m.in")
    expect(theirs).to_have_count(6)
    expect(theirs.first).to_contain_text("Deleted by the customer")
    expect(theirs.locator(".ph img")).to_have_js_property("complete", value=True)
    expect(theirs.filter(has_text="شارع الجلاء")).to_be_visible()
    expect(theirs.filter(has_text="+20 105 550 1420")).to_be_visible()
    expect(theirs.last.locator(".quote")).to_contain_text("How can I help?")
    expect(page.locator(".m.out .react")).to_have_text("❤️")
    expect(page.locator(".cust .th li")).to_have_count(2)
