"""
Take the pictures of the desk that the documents show.

`python -m tests.desk.pictures --into docs/screens`: a khalifa with the sandbox and a day in a
pharmacy, in a folder that is gone afterwards, looked at in a browser. ``--every`` takes each view
in both languages, both themes and both widths: to look over a change with.
"""

import argparse
import io
import itertools
import re
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from khalifa.entrypoints.http.guards import SESSION_COOKIE
from tests.desk.conftest import keep, launch
from tests.desk.shop import Shop
from tests.desk.story import BOSS, SARA, Story

WIDE, NARROW = 1280, 360
HEIGHTS = {WIDE: 800, NARROW: 720}
# So many colours a picture of ours needs at most; with them it is a third as large.
_COLOURS = 256
_SETTLE_MS = 500


@dataclass(frozen=True)
class View:
    """What is looked at: *who* sees it, where, and what they *do* there first."""

    who: str | None
    path: str
    do: Callable[[Page, Story], object] = lambda _page, _story: None


def _open(name: str) -> Callable[[Page, Story], None]:
    def do(page: Page, _: Story) -> None:
        page.locator(".row", has_text=name).first.click()
        page.locator(".m").first.wait_for()

    return do


def _then(name: str, act: Callable[[Page], object]) -> Callable[[Page, Story], None]:
    def do(page: Page, story: Story) -> None:
        _open(name)(page, story)
        act(page)

    return do


def _key(key: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.keyboard.press("Escape")
        page.keyboard.press(key)
        page.wait_for_timeout(_SETTLE_MS)

    return act


def _ready_replies(page: Page) -> None:
    page.locator(".composer textarea").fill("/")
    page.locator(".pop").wait_for()


def _search(page: Page, _: Story) -> None:
    page.locator("#search").fill("متوفر")
    page.wait_for_timeout(2 * _SETTLE_MS)


def _add_agent(page: Page, _: Story) -> None:
    page.locator(".btn.pri").first.click()


def _planned(page: Page, _: Story) -> None:
    # Who keeps the session has seen by then that its phone is paired.
    page.locator(".plan .btn.pri:enabled").wait_for()


def _phone(page: Page, _: Story) -> None:
    page.locator(".who2 li", has_text=TALK).get_by_role("button").click()


TALK, TROUBLE, SHUT = "أم يوسف", "Nour Hassan", "مروة سامي"
VIEWS = {
    "login": View(None, "/"),
    "list": View(SARA, "/"),
    "inbox": View(SARA, "/", _open(TALK)),
    "trouble": View(SARA, "/", _open(TROUBLE)),
    "window": View(SARA, "/", _open(SHUT)),
    "late": View(SARA, "/", _open("الحاج رمضان")),
    "customer": View(SARA, "/", _then(TALK, _key("i"))),
    "transfer": View(SARA, "/", _then(TALK, _key("t"))),
    "close": View(SARA, "/", _then(TALK, _key("e"))),
    "ready": View(SARA, "/", _then(TALK, _ready_replies)),
    "keys": View(SARA, "/", _then(TALK, _key("?"))),
    "search": View(SARA, "/", _search),
    "board": View(BOSS, "/#/board"),
    "figures": View(BOSS, "/#/figures"),
    "team": View(BOSS, "/#/team"),
    "team-add": View(BOSS, "/#/team", _add_agent),
    "rules": View(BOSS, "/#/settings/rules"),
    "replies": View(BOSS, "/#/settings/replies"),
    "settings": View(SARA, "/#/settings"),
    "record": View(BOSS, "/#/settings/record"),
    "provider": View(BOSS, "/#/provider"),
    "switch": View(BOSS, "/#/provider/wppconnect", _planned),
    "sandbox": View(None, "/sandbox", _phone),
}
# The documents': view, language, theme, width. Named as their files are.
SHOWN = [
    *(("inbox", *how) for how in (("ar", "light", WIDE), ("en", "dark", WIDE))),
    *(("inbox", *how) for how in (("ar", "light", NARROW), ("en", "dark", NARROW))),
    ("list", "ar", "light", NARROW),
    ("list", "en", "dark", NARROW),
    *(
        (view, *how)
        for view in (
            "trouble",
            "transfer",
            "board",
            "figures",
            "team",
            "rules",
            "provider",
            "switch",
        )
        for how in (("ar", "light", WIDE), ("en", "dark", WIDE))
    ),
    ("customer", "ar", "light", NARROW),
    ("customer", "en", "dark", NARROW),
    ("sandbox", "ar", "light", WIDE),
    ("sandbox", "en", "dark", WIDE),
]
EVERY = [*itertools.product(VIEWS, ("ar", "en"), ("light", "dark"), (WIDE, NARROW))]


@dataclass
class Photographer:
    browser: Browser
    story: Story

    def take(self, view: View, *, language: str, theme: str, width: int) -> bytes:
        shop = self.story.shop
        context = self.browser.new_context(
            viewport={"width": width, "height": HEIGHTS[width]},
            timezone_id="Africa/Cairo",
            reduced_motion="reduce",
        )
        settings = f'{{"language": "{language}", "theme": "{theme}"}}'
        keep(context, "khalifa.settings", settings)
        if view.who:
            token = shop.tokens[view.who]
            context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": shop.url}])
            keep(context, "khalifa.signedIn", "true")
        page = context.new_page()
        self.story.hold_still()
        page.goto(shop.url + view.path, wait_until="networkidle")
        page.wait_for_timeout(2 * _SETTLE_MS)
        view.do(page, self.story)
        page.wait_for_timeout(_SETTLE_MS)
        taken = page.screenshot()
        context.close()
        return taken


def small(picture: bytes) -> bytes:
    """Return the same with few colours."""
    made = io.BytesIO()
    few = (
        Image.open(io.BytesIO(picture)).convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    )
    few.save(made, "PNG", optimize=True)
    return made.getvalue()


def take_all(pictures: Iterable[tuple[str, str, str, int]], into: Path) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        Shop(Path(folder)) as shop,
        shop.wppconnect(),
    ):
        story = Story(shop)
        story.tell()
        with sync_playwright() as playwright:
            browser = launch(playwright)
            photographer = Photographer(browser, story)
            for view, language, theme, width in pictures:
                taken = photographer.take(VIEWS[view], language=language, theme=theme, width=width)
                narrow = f".{width}" if width == NARROW else ""
                (into / f"{view}.{language}.{theme}{narrow}.png").write_bytes(small(taken))
            browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Take the pictures of the desk.")
    parser.add_argument("--into", type=Path, default=Path("build/screens"), metavar="FOLDER")
    parser.add_argument("--every", action="store_true", help="each view in each way, not the shown")
    parser.add_argument("--only", default="", metavar="PATTERN", help="views whose name has it")
    how = parser.parse_args()
    how.into.mkdir(parents=True, exist_ok=True)
    wanted = [one for one in (EVERY if how.every else SHOWN) if re.search(how.only, one[0])]
    take_all(wanted, how.into)


if __name__ == "__main__":
    main()
