"""What an agent hears of while looking elsewhere: the tab, a notification, a soft note."""

import re

from playwright.sync_api import expect

from tests.desk.conftest import SitsDown
from tests.desk.gestures import ENGLISH, row_of
from tests.desk.shop import Shop

# A test can neither read a notification of the device nor hear: the page's own ends are watched.
_LISTEN = """() => {
  const told = document.createElement("output");
  told.id = "told";
  document.body.append(told);
  const tell = words => { told.textContent += words + " "; };
  window.Notification = class {
    static permission = "granted";
    constructor(title, {body, tag}) { tell(`${tag}: ${title}: ${body}`); }
    close() {}
  };
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (at) { tell("tone"); start.call(this, at); };
}"""
_HIDE = """hidden => {
  Object.defineProperty(document, "hidden", {get: () => hidden, configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_who_looks_elsewhere_is_told_and_who_wants_quiet_has_it(
    shop: Shop, agent: str, sits_down: SitsDown
) -> None:
    page = sits_down(agent, settings=ENGLISH)
    page.evaluate(_LISTEN)
    told = page.locator("#told")
    # A browser makes no sound before somebody touched the page.
    page.get_by_role("heading", name="Inbox").click()
    mona = shop.customer("Mona of the bells")
    mona.write("Are you there?")
    expect(row_of(page, mona.name)).to_contain_text("Are you there?")
    expect(page).to_have_title(re.compile(r"^\(1\)"))
    expect(page.locator("link[rel=icon]")).to_have_attribute("href", re.compile("favicon-new"))
    # Two tones are one note; who looks at the page needs no other word.
    expect(told).to_have_text(re.compile(r"^(tone\s*){2}$"))

    page.keyboard.press("m")
    page.evaluate(_HIDE, arg=True)
    mona.write("A secret")
    expect(told).to_contain_text(f"{mona.name}: 1 message")
    mona.write("Another one")
    expect(told).to_contain_text(f"{mona.name}: 2 messages")
    # Neither a third tone nor, unless one wants it, what was written.
    expect(told).to_have_text(re.compile(r"^(tone\s*){2}ticket-\d+"))
    expect(told).not_to_contain_text("secret")

    page.evaluate(_HIDE, arg=False)
    page.goto(f"{shop.url}/#/settings")
    page.get_by_role("switch", name="Desktop notification").click()
    page.evaluate(_HIDE, arg=True)
    mona.write("In silence")
    expect(page).to_have_title(re.compile(r"^\(1\)"))
    page.evaluate(_HIDE, arg=False)
    page.goto(f"{shop.url}/#/inbox")
    expect(row_of(page, mona.name)).to_contain_text("In silence")
    expect(told).not_to_contain_text("3 messages")
