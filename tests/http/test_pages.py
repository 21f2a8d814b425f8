"""The pages: what they may load, how they are sent, and that they say all they say in words."""

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import httpx
import pytest
from litestar import Litestar

from khalifa.entrypoints.http import pages
from khalifa.entrypoints.http.envelope import Envelope
from khalifa.entrypoints.http.pages import FILES
from khalifa.entrypoints.http.problems import exception_handlers
from khalifa.infrastructure.memory.metrics import MemoryMetrics

WEB: Final = Path(__file__).parents[2] / "web"
SOURCES: Final = {
    str(path.relative_to(WEB)): path.read_text(encoding="utf-8")
    for path in sorted((WEB / "src").rglob("*.ts*"))
    if path.name != "schema.d.ts"
}
HTML: Final = sorted(name for name in FILES if name.endswith(".html"))
PAGES: Final = ("desk.html", "sandbox.html")
TYPES: Final = {
    "css": "text/css",
    "html": "text/html",
    "js": "text/javascript",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar(pages.HANDLERS, exception_handlers=exception_handlers(), logging_config=None)
    app.asgi_handler = Envelope(app.asgi_handler, MemoryMetrics())
    # httpx spells an ASGI application its own way.
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def test_a_page_may_load_only_what_is_ours(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    rules = dict(
        rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; ")
    )
    assert rules["default-src"] == "'self'"
    assert "unsafe" not in str(rules)
    assert not {"script-src", "style-src", "connect-src", "font-src"} & set(rules)


@pytest.mark.parametrize("name", sorted(FILES))
async def test_every_file_is_sent_with_its_type_and_only_once(
    client: httpx.AsyncClient, name: str
) -> None:
    answer = await client.get(f"/assets/{name}")
    again = await client.get(f"/assets/{name}", headers={"If-None-Match": answer.headers["etag"]})

    assert answer.content == FILES[name].content
    assert (again.status_code, again.content) == (304, b"")
    assert answer.headers["content-type"].split(";")[0] == TYPES[name.rsplit(".", 1)[1]]


@pytest.mark.parametrize("name", sorted(FILES))
async def test_only_what_has_its_content_in_its_name_is_kept_for_ever(
    client: httpx.AsyncClient, name: str
) -> None:
    caching = (await client.get(f"/assets/{name}")).headers["cache-control"]

    assert caching == ("no-cache" if name.count(".") == 1 else pages._FOR_EVER)


@pytest.mark.parametrize("encoding", ["gzip", "br"])
async def test_a_file_is_sent_small_to_who_can_read_that(
    client: httpx.AsyncClient, encoding: str
) -> None:
    name = next(name for name in FILES if name.startswith("desk.") and name.endswith(".js"))

    answer = await client.get(f"/assets/{name}", headers={"Accept-Encoding": encoding})
    plain = await client.get(f"/assets/{name}", headers={"Accept-Encoding": "identity"})

    assert answer.headers["content-encoding"] == encoding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert int(answer.headers["content-length"]) < len(FILES[name].content) / 2
    assert "content-encoding" not in plain.headers


async def test_a_file_that_changed_is_sent_anew(client: httpx.AsyncClient) -> None:
    answer = await client.get("/assets/desk.html", headers={"If-None-Match": '"old", W/"oldest"'})

    assert answer.status_code == 200


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fpages.py", "%2Fetc%2Fpasswd", "pages.py"])
async def test_nothing_else_is_sent(client: httpx.AsyncClient, name: str) -> None:
    assert (await client.get(f"/assets/{name}")).status_code == 404


@pytest.mark.parametrize("name", HTML)
def test_no_page_has_a_script_or_a_style_within(name: str) -> None:
    html = FILES[name].content.decode()

    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", html)


@pytest.mark.parametrize(
    "name", [name for name in sorted(FILES) if name.endswith((".html", ".css"))]
)
def test_no_page_or_style_asks_for_what_lies_elsewhere(name: str) -> None:
    text = FILES[name].content.decode()

    assert not re.findall(r"(?:https?:|wss?:|url\(['\"]?)//[\w.-]+\.\w+", text)


@pytest.mark.parametrize("name", HTML)
def test_what_a_page_asks_for_is_there(name: str) -> None:
    asked_for = re.findall(r'"/(?:assets|static)/([^"]+)"', FILES[name].content.decode())

    assert asked_for
    assert not set(asked_for) - set(FILES)


def _first_load(page: str) -> set[str]:
    """Return the names of what *page* loads before anybody does anything."""
    found, waiting = {page}, [page]
    while waiting:
        text = FILES[waiting.pop()].content.decode()
        names = set(re.findall(r"/assets/([\w.-]+\.(?:js|css|svg))", text))
        names |= set(re.findall(r'from\s*"\./([\w.-]+\.js)"', text))
        new = names & set(FILES) - found
        found |= new
        waiting += [name for name in new if name.endswith((".js", ".css"))]
    return found


@pytest.mark.parametrize("page", PAGES)
def test_a_first_load_is_small(page: str) -> None:
    assert sum(len(gzip.compress(FILES[name].content)) for name in _first_load(page)) < 150_000


def test_the_fonts_are_cut_to_what_is_needed() -> None:
    fonts = {name: len(file.content) for name, file in FILES.items() if name.endswith(".woff2")}

    assert len([name for name in fonts if name.startswith("arabic-")]) == 2
    assert sum(fonts.values()) < 90_000


def _catalogue(language: str) -> dict[str, str]:
    text = SOURCES[f"src/words/{language}.ts"]
    return dict(re.findall(r'^  "([\w.]+)": (.*),$', text, re.MULTILINE))


def test_every_word_is_said_somewhere_and_none_is_missing() -> None:
    known = set(_catalogue("ar"))
    text = "".join(
        text for name, text in SOURCES.items() if not re.search(r"words/(ar|en)\.ts", name)
    )
    said = set(re.findall(r'"([a-z]\w*(?:\.\w+)?)"', text))

    assert set(_catalogue("en")) == known
    assert not known - said
    # `t("…")` with a word nobody wrote is refused by TypeScript; see `make types`.


def test_every_plural_has_all_the_forms_of_its_language() -> None:
    forms = {"ar": {"one", "two", "few", "many", "other"}, "en": {"one", "other"}}

    for language, needed in forms.items():
        for key, word in _catalogue(language).items():
            if word.startswith("{"):
                assert needed <= set(re.findall(r"(\w+): \"", word)), (language, key)


def test_both_languages_fill_in_the_same_things() -> None:
    ar, en = _catalogue("ar"), _catalogue("en")

    for key in ar:
        assert set(re.findall(r"\{(\w+)\}", ar[key])) == set(re.findall(r"\{(\w+)\}", en[key])), key


_GROUNDS: Final = {
    "ink": ("page", "surface", "surface-2", "hover", "selected", "chat", "in", "out"),
    "ink-2": ("page", "surface", "hover", "selected", "chat", "in", "out"),
    "ink-3": ("page", "surface", "hover", "selected"),
    "accent-ink": ("surface", "accent-soft", "in", "chat"),
    "red-ink": ("surface", "red-soft", "selected"),
    "amber-ink": ("surface", "amber-soft", "selected"),
    "blue-ink": ("blue-soft",),
    "violet-ink": ("violet-soft",),
    "green-ink": ("green-soft",),
    "note-ink": ("note",),
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground"), [(ink, ground) for ink, grounds in _GROUNDS.items() for ground in grounds]
)
def test_every_text_can_be_read_on_its_ground(theme: str, ink: str, ground: str) -> None:
    tokens = (WEB / "src/styles/tokens.css").read_text(encoding="utf-8")
    light, dark = tokens.split('[data-theme="dark"]', 1)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light))
    if theme == "dark":
        colours |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", dark))

    lighter, darker = sorted((_luminance(colours[ink]), _luminance(colours[ground])), reverse=True)

    # WCAG 2.2, 1.4.3: https://www.w3.org/TR/WCAG22/#contrast-minimum
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def _luminance(colour: str) -> float:
    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
