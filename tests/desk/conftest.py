"""A shop and a browser for all tests of this folder, and people who sit down at it."""

import shutil
from collections.abc import Callable, Generator, Iterator
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from khalifa.domain.agents import Role
from khalifa.entrypoints.http.guards import SESSION_COOKIE
from tests.desk.shop import Shop, Watch

# What must be quick is timed by its test. This is for a machine with two cores that has other tests
# to run beside a browser and four processes of ours, and a disk that now and then takes seconds.
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)

SitsDown: TypeAlias = Callable[..., Page]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let what fails say what the shop did meanwhile."""
    report = yield
    shop: Any = getattr(item, "funcargs", {}).get("shop")
    if report.failed and isinstance(shop, Shop):
        report.sections.append(("what the shop said last", shop.last_words()))
    return report


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with Shop(tmp_path_factory.mktemp("shop")) as shop:
        yield shop


# Its loop runs as long as it does: tests of other folders could have none.
@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = launch(playwright)
    yield browser
    browser.close()


def launch(playwright: Playwright) -> Browser:
    """Start the system's Chromium; if it can be without the part for windows, in half the time."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert program is not None, "there is no Chromium: scripts/install-servers.sh installs it"
    return playwright.chromium.launch(executable_path=program, args=list(FLAGS))


@pytest.fixture
def agent(shop: Shop, request: pytest.FixtureRequest) -> Iterator[str]:
    """An agent of this test's own, at home again after it, when their browser is closed."""
    yield from _employed(shop, f"sara-{request.node.name[:60]}")


@pytest.fixture
def colleague(shop: Shop, request: pytest.FixtureRequest) -> Iterator[str]:
    """Another one."""
    yield from _employed(shop, f"omar-{request.node.name[-60:]}")


@pytest.fixture
def admin(shop: Shop, request: pytest.FixtureRequest) -> Iterator[str]:
    yield from _employed(shop, f"boss-{request.node.name[:60]}", role=Role.ADMIN)


def _employed(shop: Shop, name: str, *, role: Role = Role.AGENT) -> Iterator[str]:
    shop.add_agent(name, role=role)
    yield name
    shop.quiet(name)


@pytest.fixture
def watch(shop: Shop) -> Iterator[Watch]:
    """Every browser of the test is watched: a clean console, and no host but ours."""
    watch = Watch(urlsplit(shop.url).netloc)
    yield watch
    assert watch.complaints == []


@pytest.fixture
def open_browser(browser: Browser, watch: Watch) -> Iterator[Callable[..., BrowserContext]]:
    contexts: list[BrowserContext] = []

    def open_one(*, settings: str = "{}", width: int = 1280, height: int = 800) -> BrowserContext:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            timezone_id="Africa/Cairo",
            reduced_motion="reduce",
            permissions=["microphone", "clipboard-write"],
        )
        context.set_default_timeout(PATIENCE_MS)
        keep(context, "khalifa.settings", settings)
        _watch(context, watch)
        contexts.append(context)
        return context

    yield open_one
    for context in contexts:
        context.close()


def keep(context: BrowserContext, place: str, value: str) -> None:
    """Let the browser have kept *value*, unless it keeps another by now."""
    # An empty page keeps nothing, and complains.
    keep = f"localStorage['{place}'] ??= '{value}'"
    context.add_init_script(f"if (location.protocol.startsWith('http')) {keep}")


def _watch(context: BrowserContext, watch: Watch) -> None:
    context.on(
        "console",
        lambda said: watch.complain(said.text) if said.type in {"error", "warning"} else None,
    )
    context.on("weberror", lambda error: watch.complain(str(error.error)))

    def look(url: str) -> None:
        if (
            urlsplit(url).scheme in {"http", "https", "ws", "wss"}
            and watch.host != urlsplit(url).netloc
        ):
            watch.complain(f"asked elsewhere: {url}")

    context.on("request", lambda request: look(request.url))


@pytest.fixture
def sits_down(shop: Shop, open_browser: Callable[..., BrowserContext]) -> SitsDown:
    """Return a way to open the desk as an agent who is signed in."""

    def sit_down(name: str, **how: object) -> Page:
        context = open_browser(**how)
        context.add_cookies([{"name": SESSION_COOKIE, "value": shop.tokens[name], "url": shop.url}])
        keep(context, "khalifa.signedIn", "true")
        page = context.new_page()
        page.goto(shop.url)
        # Online once the live connection is there: from then on conversations come.
        page.locator(".me .dot.on").wait_for(state="attached")
        return page

    return sit_down
