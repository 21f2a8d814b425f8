"""The pages: what they may load, and that their parts fit together."""

import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import httpx
import pytest
from litestar import Litestar

from khalifa.entrypoints.http import pages
from khalifa.entrypoints.http.envelope import Envelope
from khalifa.entrypoints.http.errors import exception_handlers

STATIC: Final = Path(pages.__file__).parent / "static"
TEXTS: Final = {path.name: path.read_text(encoding="utf-8") for path in sorted(STATIC.iterdir())}
SCRIPTS: Final = {name: text for name, text in TEXTS.items() if name.endswith(".js")}
HTML: Final = {name: text for name, text in TEXTS.items() if name.endswith(".html")}
# The name of SVG's namespace has the shape of an address, and is never asked for.
SVG: Final = "http://www.w3.org/2000/svg"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar(pages.HANDLERS, exception_handlers=exception_handlers(), logging_config=None)
    app.asgi_handler = Envelope(app.asgi_handler)
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
    assert not {"script-src", "style-src", "connect-src"} & set(rules)


@pytest.mark.parametrize("name", sorted(TEXTS))
async def test_every_file_is_sent_with_its_type_and_only_once(
    client: httpx.AsyncClient, name: str
) -> None:
    answer = await client.get(f"/static/{name}")
    again = await client.get(f"/static/{name}", headers={"If-None-Match": answer.headers["etag"]})

    assert answer.text == TEXTS[name]
    assert answer.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")
    kinds = {
        "css": "text/css",
        "html": "text/html",
        "js": "text/javascript",
        "svg": "image/svg+xml",
    }
    assert answer.headers["content-type"].split(";")[0] == kinds[name.rsplit(".", 1)[1]]


async def test_a_file_that_changed_is_sent_anew(client: httpx.AsyncClient) -> None:
    answer = await client.get("/static/desk.js", headers={"If-None-Match": '"older", W/"oldest"'})

    assert answer.status_code == 200


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fpages.py", "%2Fetc%2Fpasswd", "pages.py"])
async def test_nothing_else_is_sent(client: httpx.AsyncClient, name: str) -> None:
    assert (await client.get(f"/static/{name}")).status_code == 404


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_no_file_names_an_address_elsewhere(name: str) -> None:
    assert not re.findall(r"(?:https?:|wss?:)?//[\w.-]+\.\w+", TEXTS[name].replace(SVG, ""))


@pytest.mark.parametrize("name", sorted(HTML))
def test_no_page_has_a_script_or_a_style_within(name: str) -> None:
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", HTML[name])


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_what_a_file_asks_for_is_there(name: str) -> None:
    asked_for = re.findall(r'"/static/([^"]+)"', TEXTS[name])
    imported = re.findall(r'from "\./([^"]+)"', TEXTS[name])

    assert not set(asked_for + imported) - set(TEXTS)


def test_every_word_is_said_somewhere_and_none_is_missing() -> None:
    known = set(re.findall(r'^  "([\w.-]+)": \[', SCRIPTS["words.js"], re.MULTILINE))
    topics = {topic_of(word) for word in known}
    scripts = "".join(text for name, text in SCRIPTS.items() if name != "words.js")
    said = {word for word in re.findall(r'"(\w+\.[\w-]+)"', scripts) if topic_of(word) in topics}
    # `msg.${status}`: whichever word of this topic is meant.
    any_of = set(re.findall(r"`(\w+)\.\$\{", scripts))

    assert not said - known
    assert not {word for word in known - said if topic_of(word) not in any_of}


def topic_of(word: str) -> str:
    return word.split(".", maxsplit=1)[0]


def test_every_word_has_both_languages() -> None:
    lines = re.findall(r'^  "[\w.-]+": \[(.*)\],$', SCRIPTS["words.js"], re.MULTILINE)

    assert lines
    assert not [line for line in lines if len(re.findall(r'"(?:[^"\\]|\\.)+"', line)) != 2]


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node to read them with")
@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_every_script_can_be_read(name: str) -> None:
    kind = "commonjs" if name == "early.js" else "module"
    reading = subprocess.run(
        ["node", f"--input-type={kind}", "--check"],
        input=SCRIPTS[name],
        capture_output=True,
        text=True,
        check=False,
    )

    assert reading.returncode == 0, reading.stderr


_GROUNDS: Final = {
    "ink": ("page", "surface", "surface-2", "hover", "selected", "chat", "in", "out"),
    "ink-2": ("page", "surface", "hover", "selected", "chat", "in", "out"),
    "ink-3": ("page", "surface", "hover", "selected"),
    "accent-ink": ("surface", "accent-soft", "in", "chat"),
    "red-ink": ("surface", "red-soft", "selected"),
    "amber-ink": ("surface", "amber-soft", "selected"),
    "violet-ink": ("violet-soft",),
    "green-ink": ("green-soft",),
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground"), [(ink, ground) for ink, grounds in _GROUNDS.items() for ground in grounds]
)
def test_every_text_can_be_read_on_its_ground(theme: str, ink: str, ground: str) -> None:
    light, dark = TEXTS["khalifa.css"].split("prefers-color-scheme: dark", 1)
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
