"""The desk in a real browser: what agents do all day, and what must not go wrong meanwhile."""

import re
import time
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.desk.conftest import SitsDown
from tests.desk.shop import PASSWORD, Shop, Watch

# 64 by 48 dots of one colour.
PHOTO = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAEAAAAAwCAIAAAAuKetIAAAARElEQVR42u3PMQ0AAAgDsPk3x8GDHCzwkjSpgaam"
    "X4uAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAwNUCt9i5tH5TO9AAAAAASUVORK5CYII="
)
ENGLISH = '{"language": "en"}'


def row_of(page: Page, name: str) -> Locator:
    return page.locator(".row", has_text=name)


def bubbles(page: Page) -> list[str]:
    """Return what the open conversation says, in order."""
    return page.locator(".msgs .m .b > p").all_inner_texts()


def say(page: Page, text: str) -> None:
    page.locator(".composer textarea").fill(text)
    page.keyboard.press("Enter")


def test_an_agent_signs_in_and_out(
    shop: Shop, agent: str, open_browser: Callable[..., BrowserContext], watch: Watch
) -> None:
    watch.allowed = lambda said: "401" in said
    page = open_browser().new_page()
    page.goto(shop.url)
    page.locator("input[autocomplete=username]").fill(agent)
    page.locator("input[type=password]").fill("wrong")
    page.get_by_role("button", name="دخول").click()
    expect(page.get_by_role("alert")).to_contain_text("غير صحيح")

    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="المحادثات")).to_be_visible()

    page.locator(".rail .me").click()
    page.get_by_role("menuitem", name="خروج").click()
    expect(page.locator("input[type=password]")).to_be_visible()


def test_a_customer_is_seen_at_once_and_answered_and_the_ticks_turn_blue(
    shop: Shop, agent: str, sits_down: SitsDown
) -> None:
    page = sits_down(agent)
    mona = shop.customer("منى")

    wrote = time.monotonic()
    mona.write("هل Concor 5 متوفر؟")
    row_of(page, "منى").wait_for()
    assert time.monotonic() - wrote < 1
    expect(page).to_have_title(re.compile(r"^\(1\)"))

    row_of(page, "منى").click()
    expect(page.locator(".m.in .b > p")).to_have_attribute("dir", "rtl")
    expect(page).to_have_title("خليفة")
    say(page, "أيوه متوفر.")
    expect(page.locator(".m.out")).to_have_count(1)
    expect(page.locator(".m.out .tick.delivered")).to_be_visible()

    assert mona.reads() == ["أيوه متوفر."]
    expect(page.locator(".m.out .tick.read")).to_be_visible()


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
    came = [f"سؤال {n}" for n in range(20)]
    for text in came:
        mona.write(text)
    typed = [f"رد {n}" for n in range(3)]
    for text in typed:
        say(page, text)
    expect(page.locator(".m.out .tick.queued")).to_have_count(3)
    expect(page.locator(".offline")).to_contain_text("3 ردود محفوظة")

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


def test_older_messages_come_on_the_way_up_and_nothing_jumps(
    shop: Shop, agent: str, sits_down: SitsDown
) -> None:
    page = sits_down(agent)
    mona = shop.customer("منى")
    for n in range(120):
        mona.write(f"رسالة {n}.")
    row_of(page, "رسالة 119.").click()
    newest = page.locator(".m", has_text="رسالة 119.")
    expect(newest).to_be_in_viewport()

    messages = page.locator(".msgs")
    read = page.locator(".m", has_text="رسالة 90.")
    read.scroll_into_view_if_needed()
    before = read.bounding_box()
    messages.evaluate("box => box.dispatchEvent(new Event('scroll'))")
    expect(page.locator(".m", has_text="رسالة 60.")).to_be_attached()
    after = read.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) < 2

    for _ in range(12):
        messages.evaluate("box => { box.scrollTop = 0 }")
        page.wait_for_timeout(60)
    expect(page.locator(".m", has_text="رسالة 0.")).to_be_in_viewport()
    texts = bubbles(page)
    assert texts == [f"رسالة {n}." for n in range(len(texts))]

    mona.write("جديدة")
    page.locator(".jump b").wait_for()
    page.locator(".jump").click()
    expect(page.locator(".m", has_text="جديدة")).to_be_in_viewport()


def test_a_conversation_goes_over_to_another_browser(
    shop: Shop, admin: str, agent: str, sits_down: SitsDown
) -> None:
    boss = sits_down(admin)
    mona = shop.customer("منى")
    mona.write("أريد الفرع الأقرب")
    row_of(boss, "منى").click()
    sara = sits_down(agent, settings=ENGLISH)

    boss.get_by_role("button", name="نقل", exact=True).click()
    boss.get_by_label(re.compile(re.escape(agent))).check()
    boss.get_by_role("button", name=re.compile("انقل إلى")).click()

    row_of(sara, "منى").click()
    expect(sara.locator(".m.in")).to_contain_text("أريد الفرع الأقرب")
    expect(boss.locator(".toast")).to_contain_text(agent)


def test_arabic_reads_from_the_right_and_english_from_the_left(
    shop: Shop, agent: str, sits_down: SitsDown
) -> None:
    mona = shop.customer("منى")
    page = sits_down(agent)
    mona.write("سؤال")
    row_of(page, "منى").click()
    say(page, "جواب")
    expect(page.locator(".m.out")).to_have_count(1)

    def lefts() -> tuple[float, ...]:
        places = [".rail", ".list", ".conv", ".cust", ".m.in .b", ".m.out .b"]
        boxes = [page.locator(place).first.bounding_box() for place in places]
        return tuple(box["x"] if box else -1 for box in boxes)

    rail, rows, conversation, customer, theirs, ours = lefts()
    assert rail > rows > conversation > customer
    assert theirs > ours

    page.goto(f"{shop.url}/#/settings")
    page.get_by_role("button", name="English", exact=True).click()
    expect(page.get_by_role("heading", name="My preferences")).to_be_visible()
    page.go_back()
    page.locator(".m.out").wait_for()
    rail, rows, conversation, customer, theirs, ours = lefts()
    assert rail < rows < conversation < customer
    assert theirs < ours
    assert page.evaluate("document.documentElement.dir") == "ltr"


def test_the_supervisor_sets_the_rules_of_the_business(
    shop: Shop, admin: str, sits_down: SitsDown
) -> None:
    page = sits_down(admin, settings=ENGLISH)

    def save(minutes: str) -> None:
        page.goto(f"{shop.url}/#/settings/rules")
        page.get_by_label("Minutes until late").fill(minutes)
        page.get_by_role("switch", name="Friday").click()
        page.get_by_role("button", name="Save the rules").click()
        page.get_by_text("Rules saved").wait_for()
        page.reload()
        expect(page.get_by_label("Minutes until late")).to_have_value(minutes)

    friday = page.get_by_role("switch", name="Friday")
    save("10")
    expect(friday).to_have_attribute("aria-checked", "false")
    # As all other tests expect it.
    save("3")
    expect(friday).to_have_attribute("aria-checked", "true")
    expect(page.get_by_label("Friday: opens")).to_have_value("00:00")


def test_a_phone_shows_one_thing_at_a_time(shop: Shop, agent: str, sits_down: SitsDown) -> None:
    page = sits_down(agent, width=360, height=740)
    mona = shop.customer("الحاجة منى عبد الرحمن السيد إبراهيم")
    mona.write("كلام طويل " * 30 + "https://example.com/" + "x" * 80)

    expect(page.locator(".conv")).to_be_hidden()
    row_of(page, "منى").click()
    expect(page.locator(".composer")).to_be_visible()
    expect(page.locator(".list")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360

    page.get_by_role("button", name="رجوع إلى المحادثات").click()
    expect(page.locator(".list")).to_be_visible()


def test_everything_is_done_by_keyboard_alone(shop: Shop, agent: str, sits_down: SitsDown) -> None:
    page = sits_down(agent)
    mona = shop.customer("منى")
    mona.write("سؤال")
    row_of(page, "منى").wait_for()

    page.keyboard.press("j")
    expect(page.locator(".composer textarea")).to_be_focused()
    page.keyboard.type("سطر")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("آخر")
    page.keyboard.press("Enter")
    expect(page.locator(".m.out .b > p")).to_have_text("سطر\nآخر")

    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="لوحة المفاتيح")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()

    page.keyboard.press("e")
    expect(page.get_by_role("dialog", name="إغلاق المحادثة")).to_be_visible()
    page.get_by_role("button", name="إغلاق", exact=True).last.focus()
    page.keyboard.press("Enter")
    expect(row_of(page, "منى")).to_have_count(0)
    # The row may be gone before the dialog is, which takes all keys.
    expect(page.get_by_role("dialog")).to_be_hidden()

    page.keyboard.press("b")
    expect(page.locator(".pres")).to_contain_text("استراحة")
    page.keyboard.press("b")
    expect(page.locator(".pres")).to_contain_text("متاح")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()


def test_a_failed_and_an_unknown_message_say_so_and_what_to_do(
    shop: Shop, agent: str, sits_down: SitsDown
) -> None:
    page = sits_down(agent, settings=ENGLISH)
    mona = shop.customer("Mona")
    mona.write("Hello")
    row_of(page, "Mona").click()

    shop.ask("POST", "/api/sandbox/scenario", {"refuse_next": True})
    say(page, "Refused")
    expect(page.locator(".fix.bad")).to_be_visible()
    page.get_by_role("button", name="Send again").click()
    expect(page.locator(".m.out .tick.delivered")).to_have_count(1)
    assert mona.reads() == ["Refused"]


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
    page.locator(".m.in .voice .pl").click()
    expect(page.get_by_role("button", name="أوقف الرسالة الصوتية")).to_be_visible()


def test_an_agent_writes_first(shop: Shop, agent: str, sits_down: SitsDown) -> None:
    page = sits_down(agent, settings=ENGLISH)
    page.get_by_role("button", name="New conversation").click()
    page.get_by_label("The customer’s number").fill("+20 100 999 8877")
    page.get_by_role("dialog").get_by_label("Reply").fill("Your medicine is here.")
    page.get_by_role("dialog").locator(".btn.pri").click()

    expect(page.locator(".who")).to_contain_text("+20 100 999 8877")
    expect(page.locator(".m.out .tick.delivered")).to_be_visible()


def test_a_template_goes_out_with_the_photo_that_was_chosen(
    shop: Shop, agent: str, sits_down: SitsDown, tmp_path: Path
) -> None:
    photo = tmp_path / "عروض.png"
    photo.write_bytes(PHOTO)
    mona = shop.customer("Mona")
    page = sits_down(agent, settings=ENGLISH)
    page.get_by_role("button", name="New conversation").click()
    page.get_by_label("The customer’s number").fill(f"+{mona.phone}")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Approved template").click()
    dialog.locator(".tpl", has_text="offers").click()
    dialog.get_by_label("Field 1").fill("طلخا")
    expect(dialog.get_by_role("button", name="Send template")).to_be_disabled()

    dialog.get_by_label("Photo above the text").set_input_files(photo)
    dialog.get_by_role("button", name="Send template").click()

    expect(page.locator(".m.out .tick.delivered")).to_be_visible()
    expect(page.locator(".m.out .ph img")).to_have_js_property("complete", value=True)
    [sent] = shop.ask("GET", f"/api/sandbox/phones/{mona.phone}/messages")["items"]
    assert sent["content"]["mime_type"] == "image/png"
    assert sent["content"]["filename"] == "عروض.png"


def test_of_many_conversations_only_those_in_sight_are_in_the_page(
    shop: Shop, admin: str, sits_down: SitsDown
) -> None:
    page = sits_down(admin)
    for n in range(40):
        shop.customer(f"عميل {n}.").write("سؤال")
    page.get_by_role("button", name=re.compile("الكل")).click()
    expect(row_of(page, "عميل 0.")).to_be_visible()
    expect(page.locator(".tabs [aria-pressed=true]")).to_contain_text("40")
    assert page.locator(".row").count() <= 30

    page.locator(".rows").evaluate("list => { list.scrollTop = list.scrollHeight }")
    expect(row_of(page, "عميل 0.")).to_have_count(0)
    assert page.locator(".row").count() <= 30


@pytest.mark.long
def test_the_desk_is_usable_within_three_seconds_on_a_slow_line(
    shop: Shop, agent: str, open_browser: Callable[..., BrowserContext]
) -> None:
    context = open_browser(width=360, height=740)
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
    page.locator("input[type=password]").wait_for()

    assert time.monotonic() - began < 3


def test_a_conversation_is_handed_over_with_a_reason_and_a_note_the_customer_never_sees(
    shop: Shop, agent: str, sits_down: SitsDown
) -> None:
    page = sits_down(agent)
    mona = shop.customer("منى")
    mona.write("هل الدواء متوفر؟")
    row_of(page, "منى").click()
    expect(page.locator(".m.in")).to_have_count(1)
    page.get_by_role("button", name="اكتب ملاحظة").click()
    page.get_by_role("textbox", name="ملاحظة داخلية").fill("حساسية بنسلين")
    page.keyboard.press("Enter")
    expect(page.locator(".m.note")).to_contain_text("حساسية بنسلين")

    colleague = f"omar-{agent[-40:]}"
    shop.add_agent(colleague)
    other = sits_down(colleague)
    page.get_by_role("button", name="نقل", exact=True).click()
    page.locator(".pick li", has_text=colleague).click()
    page.get_by_label("السبب").select_option(label="انتهت ورديتي")
    page.get_by_role("button", name=f"انقل إلى {colleague}").click()

    row_of(other, "منى").click()
    handed_over = f"نُقلت من {agent} إليك · السبب: انتهت ورديتي"
    expect(other.locator(".msgs .ev")).to_contain_text(handed_over)
    expect(other.locator(".m.note")).to_contain_text("حساسية بنسلين")
    expect(row_of(page, "منى")).to_have_count(0)
    assert mona.reads() == []
    shop.quiet(colleague)
