"""What customers send besides words, looked at: a place, a film, a photo, a voice note."""

import io
import re

from PIL import Image
from playwright.sync_api import Locator, expect

from tests.desk.conftest import SitsDown
from tests.desk.gestures import ENGLISH, row_of
from tests.desk.shop import Shop, Watch
from tests.recordings import a_film, a_recording

MAP = "www.openstreetmap.org"


def a_photo(width: int, height: int) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (width, height), "olive").save(made, "PNG")
    return made.getvalue()


def width_of(shown: Locator) -> float:
    box = shown.bounding_box()
    assert box is not None
    return box["width"]


def test_a_place_a_film_and_a_photo_are_opened(
    shop: Shop, agent: str, sits_down: SitsDown, watch: Watch
) -> None:
    # Only the click leads there.
    watch.allowed = lambda said: said.startswith(f"asked elsewhere: https://{MAP}/")
    page = sits_down(agent, settings=ENGLISH)
    page.context.route(f"https://{MAP}/**", lambda route: route.fulfill(body="a map"))
    mona = shop.customer("Mona of the films")
    mona.stands_at(latitude=31.04, longitude=31.38, name="Home", address="12 Street")
    mona.send(a_film(), kind="video", mime_type="video/webm")
    mona.send(a_photo(2400, 1800), kind="image", mime_type="image/png")
    row_of(page, mona.name).click()

    place = page.locator(".m.in", has_text="12 Street").get_by_role("link", name="Home")
    with page.expect_popup() as opened:
        place.click()
    expect(opened.value).to_have_url(re.compile(rf"^https://{MAP}/\?mlat=31\.04000&mlon=31\.38000"))
    assert opened.value.evaluate("[window.opener, document.referrer]") == [None, ""]
    opened.value.close()

    film = page.locator(".m.in video")
    expect(film).to_have_js_property("paused", value=True)
    film.evaluate("film => film.play()")
    page.wait_for_function("() => document.querySelector('.m.in video').currentTime > 0.1")

    page.locator(".m.in").get_by_role("button", name="Open photo").click()
    viewer = page.locator(".viewer")
    expect(viewer.locator("img")).to_have_js_property("complete", value=True)
    small = width_of(viewer.locator("img"))
    viewer.get_by_role("button", name="Larger").click()
    expect(viewer.get_by_role("button", name="Smaller")).to_be_visible()
    assert width_of(viewer.locator("img")) > small
    viewer.get_by_role("button", name="Smaller").click()
    assert width_of(viewer.locator("img")) == small
    expect(viewer.get_by_role("link", name="Download")).to_be_visible()
    page.keyboard.press("Escape")
    expect(viewer).to_have_count(0)


def test_a_voice_note_is_drawn_as_it_sounds(shop: Shop, agent: str, sits_down: SitsDown) -> None:
    page = sits_down(agent, settings=ENGLISH)
    mona = shop.customer("Mona who fades")
    mona.send(a_recording("ogg", seconds=2, fades=True), kind="voice", mime_type="audio/ogg")
    row_of(page, mona.name).click()

    bars = page.locator(".m.in .wave rect")
    expect(bars).to_have_count(48)
    expect(bars.first).to_have_attribute("height", re.compile(r"^(2[5-8])"))
    expect(bars.last).to_have_attribute("height", re.compile(r"^[3-6](\.|$)"))
