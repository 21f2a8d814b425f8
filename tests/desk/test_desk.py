"""The desk in a real browser: what agents do all day."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.desk.conftest import SitsDown
from tests.desk.gestures import ENGLISH, row_of, say
from tests.desk.shop import PASSWORD, Shop, Watch


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


def test_each_agent_reads_own_language_and_digits_in_one_browser(
    shop: Shop, agent: str, colleague: str, open_browser: Callable[..., BrowserContext]
) -> None:
    page = open_browser().new_page()
    page.goto(shop.url)

    def sign_in(name: str) -> None:
        page.locator("input[autocomplete=username]").fill(name)
        page.locator("input[type=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.locator(".rail .me").wait_for()

    def sign_out() -> None:
        page.locator(".rail .me").click()
        page.get_by_role("menuitem").last.click()

    sign_in(agent)
    page.goto(f"{shop.url}/#/settings")
    page.get_by_role("button", name="١٢٣").click()
    page.goto(f"{shop.url}/#/inbox")
    expect(page.locator(".pres .ld")).to_have_text("٠/١٥")
    sign_out()
    sign_in(colleague)
    page.goto(f"{shop.url}/#/settings")
    page.get_by_role("button", name="English").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    sign_out()
    sign_in(agent)

    expect(page.locator(":root")).to_have_attribute("dir", "rtl")
    page.goto(f"{shop.url}/#/inbox")
    expect(page.locator(".pres .ld")).to_have_text("٠/١٥")
    sign_out()
    sign_in(colleague)
    expect(page.locator(":root")).to_have_attribute("dir", "ltr")
    expect(page.locator(":root")).to_have_attribute("data-theme", "dark")


def test_a_customer_is_seen_at_once_and_answered_and_the_ticks_turn_blue(
    shop: Shop, agent: str, sits_down: SitsDown
) -> None:
    page = sits_down(agent)
    mona = shop.customer("منى")

    def write(text: str) -> float:
        """Return the seconds until the agent sees it."""
        wrote = time.monotonic()
        mona.write(text)
        row_of(page, text).wait_for()
        return time.monotonic() - wrote

    # The quickest: what else the machine does meanwhile can only add to it.
    assert min(map(write, ["السلام عليكم", "مساء الخير", "هل Concor 5 متوفر؟"])) < 1
    expect(page).to_have_title(re.compile(r"^\(1\)"))

    row_of(page, "منى").click()
    expect(page.locator(".m.in .b > p").last).to_have_attribute("dir", "rtl")
    expect(page).to_have_title("خليفة")
    say(page, "أيوه متوفر.")
    expect(page.locator(".m.out")).to_have_count(1)
    expect(page.locator(".m.out .tick.delivered")).to_be_visible()

    assert mona.reads() == ["أيوه متوفر."]
    expect(page.locator(".m.out .tick.read")).to_be_visible()


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
    opens, closes = (page.get_by_label(f"Friday: {which}") for which in ("opens", "closes"))
    expect(opens.locator("option:checked")).to_have_text("12:00 AM")
    expect(closes.locator("option:checked")).to_have_text("12:00 AM")
    expect(opens).to_have_value("00:00")
    expect(closes).to_have_value("24:00")
    expect(closes.locator("option")).to_have_count(96)

    # In the supervisor's own language, whatever the browser's is.
    month, day = page.get_by_label("Month"), page.get_by_label("Day", exact=True)
    month.select_option(index=12)
    day.select_option(index=24)
    weekday, monthday = day.locator("option:checked").inner_text().split()
    of = month.locator("option:checked").inner_text()
    page.get_by_role("button", name="Add", exact=True).click()
    holiday = page.get_by_role("button", name=f"Remove {weekday}, {monthday} {of}")
    holiday.click()
    expect(holiday).to_have_count(0)

    # A break in the day; not saved, for all other tests expect the whole of it.
    more = page.get_by_role("button", name="Friday: more hours after a break")
    expect(more).to_have_count(0)
    closes.select_option("11:30")
    more.click()
    expect(opens.nth(1)).to_have_value("12:30")
    expect(closes.nth(1)).to_have_value("24:00")
    expect(more).to_have_count(0)
    page.get_by_role("button", name="Friday: remove these hours").first.click()
    expect(opens).to_have_value("12:30")


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
    expect(page.get_by_label("تم البيع")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(row_of(page, "منى")).to_have_count(0)
    # The row may be gone before the dialog is, which takes all keys.
    expect(page.get_by_role("dialog")).to_be_hidden()

    page.keyboard.press("b")
    expect(page.locator(".pres")).to_contain_text("استراحة")
    expect(page.locator(".toast")).to_contain_text("تبقى معك محادثاتك")
    page.keyboard.press("z")
    expect(page.locator(".pres")).to_contain_text("متاح")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()


def test_a_failed_message_says_so_and_what_to_do(
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

    page.get_by_role("button", name="Delete").click()
    expect(page.locator(".m.out")).to_have_count(1)
    expect(page.locator(".fix.bad")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".composer textarea")).to_have_value("Refused")
    page.reload()
    expect(page.locator(".m.out")).to_have_count(1)
    expect(page.locator(".composer textarea")).to_have_value("Refused")


@pytest.mark.long
def test_an_unknown_message_asks_and_is_never_sent_again_by_itself(
    shop: Shop, agent: str, sits_down: SitsDown
) -> None:
    page = sits_down(agent, settings=ENGLISH)
    mona = shop.customer("Mona")
    mona.write("Hello")
    row_of(page, "Mona").click()

    shop.ask("POST", "/api/sandbox/scenario", {"no_answer": True})
    try:
        say(page, "Did you get it?")
        question = page.locator(".fix.unk")
        expect(question).to_contain_text("Did it arrive?")
        assert mona.reads() == ["Did you get it?"]
        question.get_by_role("button", name="Yes, it arrived").click()
        expect(question).to_have_count(0)
    finally:
        shop.ask("POST", "/api/sandbox/scenario", {"no_answer": False})
    # Nothing was sent again by itself.
    assert mona.reads() == ["Did you get it?"]


def test_a_conversation_is_handed_over_with_a_reason_and_a_note_the_customer_never_sees(
    shop: Shop, agent: str, colleague: str, sits_down: SitsDown
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


def test_who_handed_a_conversation_over_by_mistake_has_it_back(
    shop: Shop, agent: str, colleague: str, sits_down: SitsDown
) -> None:
    page = sits_down(agent, settings=ENGLISH)
    mona = shop.customer("Mona of the slip")
    mona.write("Is it ready?")
    row_of(page, mona.name).click()

    page.get_by_role("button", name="Transfer", exact=True).click()
    page.locator(".pick li", has_text=colleague).click()
    page.get_by_role("button", name=f"Transfer to {colleague}").click()
    expect(row_of(page, mona.name)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()

    expect(page.locator(".m.in")).to_contain_text("Is it ready?")
    expect(page.locator(".composer")).to_be_visible()
    expect(row_of(page, mona.name)).to_have_count(1)
    expect(page.locator(".ev").last).to_contain_text("Taken by")
