"""The sandbox's page and routes: where they are, to whom they are open, what they take."""

from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import httpx
import pytest
from litestar import Litestar

from khalifa.application.ports.messaging import Provider, ProviderUnreachable
from khalifa.application.ports.played_phones import (
    PhoneMessage,
    PlayedCustomer,
    PlayedFailures,
    PlayedFile,
    PlayedPhones,
)
from khalifa.container import Container, build_container
from khalifa.domain.agents import Role
from khalifa.domain.messages import JsonObject, MessageKind
from khalifa.entrypoints.http.guards import SESSION_COOKIE, Site
from khalifa.entrypoints.http.problems import exception_handlers
from khalifa.entrypoints.http.sandbox import MAX_NAME, sandbox_routes
from khalifa.infrastructure.memory.messaging import MemoryProvider, MemoryProviders
from khalifa.settings import Settings

MONA = "201012345678"
AT = datetime(2026, 11, 22, 10, 40, tzinfo=UTC)
HERE = "127.0.0.1"
ELSEWHERE = "192.0.2.7"
API = ("/api/sandbox/phones", f"/api/sandbox/phones/{MONA}/messages")

Browser: TypeAlias = Callable[..., httpx.AsyncClient]


class PhonesInMemory(PlayedPhones):
    def __init__(self) -> None:
        self.written: list[tuple[str, str, str]] = []
        self.more: list[tuple[MessageKind, JsonObject | None, str | None]] = []
        self.goes_wrong = PlayedFailures()
        self.away = False
        self.files: dict[str, tuple[PlayedFile, bytes]] = {}

    async def write(
        self,
        phone: str,
        name: str,
        text: str,
        *,
        kind: MessageKind = MessageKind.TEXT,
        content: JsonObject | None = None,
        reply_to: str | None = None,
    ) -> None:
        self._reach()
        self.written.append((phone, name, text))
        self.more.append((kind, content, reply_to))

    async def messages(self, phone: str) -> list[PhoneMessage]:
        self._reach()
        return [
            PhoneMessage(
                id="sandbox.1",
                from_us=False,
                text=text,
                at=AT,
                status="delivered",
                kind=MessageKind.LOCATION,
                content={"latitude": 31.0, "longitude": 31.4},
                reply_to="sandbox.0",
                reactions=("👍",),
            )
            for to, _, text in self.written
            if to == phone
        ]

    async def customers(self) -> list[PlayedCustomer]:
        self._reach()
        return [
            PlayedCustomer(phone=phone, name=name, used_at=AT) for phone, name, _ in self.written
        ]

    async def send_file(
        self, phone: str, name: str, file: PlayedFile, chunks: AsyncIterable[bytes], *, text: str
    ) -> None:
        self._reach()
        data = b"".join([chunk async for chunk in chunks])
        self.files["f1"] = (replace(file, id="f1", size=len(data)), data)
        self.written.append((phone, name, text))

    async def find_file(self, file_id: str) -> PlayedFile | None:
        self._reach()
        return self.files[file_id][0] if file_id in self.files else None

    async def open_file(self, file_id: str) -> AsyncIterator[bytes]:
        yield self.files[file_id][1]

    async def is_typing(self, phone: str) -> bool:
        self._reach()
        return True

    async def failures(self) -> PlayedFailures:
        self._reach()
        return self.goes_wrong

    async def play(self, failures: PlayedFailures) -> None:
        self._reach()
        self.goes_wrong = failures

    def _reach(self) -> None:
        if self.away:
            raise ProviderUnreachable("The phones cannot be reached.")


@pytest.fixture
def phones() -> PhonesInMemory:
    return PhonesInMemory()


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return build_container(
        Settings(
            whatsapp_driver="memory",
            database_url="memory:",
            redis_url="memory:",
            data_dir=tmp_path,
            internal_url="http://127.0.0.1:1",
        )
    )


def an_app(container: Container, *phones: PlayedPhones | None) -> Litestar:
    provider = MemoryProvider().port
    providers = MemoryProviders(
        *(
            Provider(
                name=provider.name,
                driver=provider.driver,
                webhook=provider.webhook,
                connection=provider.connection,
                phones=phone,
            )
            for phone in phones
        )
    )
    site = Site(public_url=None)
    routes = sandbox_routes(lambda: providers, container.who_is, site, region="EG")
    return Litestar([routes], exception_handlers=exception_handlers(), logging_config=None)


def transport_to(app: Litestar, address: str) -> httpx.ASGITransport:
    """Return the way to *app* of somebody at *address*."""
    # httpx spells an ASGI application its own way.
    return httpx.ASGITransport(app, client=(address, 50000))  # type: ignore[arg-type]


@pytest.fixture
async def browser(container: Container, phones: PhonesInMemory) -> AsyncIterator[Browser]:
    async with AsyncExitStack() as opened:
        app = an_app(container, phones)

        def open_browser(
            address: str = HERE, host: str = "127.0.0.1:8000", **headers: str
        ) -> httpx.AsyncClient:
            transport = transport_to(app, address)
            client = httpx.AsyncClient(
                transport=transport, base_url=f"http://{host}", headers=headers
            )
            opened.push_async_callback(client.aclose)
            return client

        yield open_browser


async def test_it_is_there_only_where_a_provider_plays_phones(container: Container) -> None:
    transport = transport_to(an_app(container, None), HERE)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        for path in ("/sandbox", *API):
            assert (await client.get(path)).status_code == 404


async def test_a_customer_says_more_than_words(browser: Browser, phones: PhonesInMemory) -> None:
    here, place = browser(), {"latitude": 31.0, "longitude": 31.4}

    sent = await here.post(API[1], json={"name": "Mona", "kind": "location", "content": place})
    answer = await here.post(API[1], json={"name": "Mona", "text": "this", "reply_to": "sandbox.1"})
    silent = await here.post(API[1], json={"name": "Mona", "kind": "edit"})
    unknown = await here.post(API[1], json={"name": "Mona", "kind": "system"})

    assert (sent.status_code, answer.status_code) == (204, 204)
    assert phones.more == [("location", place, None), ("text", None, "sandbox.1")]
    assert (silent.status_code, unknown.status_code) == (422, 422)


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("127.0.0.1", "127.0.0.1:8000"),
        ("127.0.0.1", "localhost:8000"),
        ("::1", "[::1]:8000"),
        ("::1", "localhost"),
    ],
)
async def test_whoever_sits_at_this_machine_plays_without_signing_in(
    browser: Browser, phones: PhonesInMemory, address: str, host: str
) -> None:
    here = browser(address, host)

    written = await here.post(API[1], json={"name": "أم يوسف", "text": "صباح الخير"})

    assert written.status_code == 204
    assert phones.written == [(MONA, "أم يوسف", "صباح الخير")]
    assert (await here.get(API[1])).json() == {
        "phone": MONA,
        "items": [
            {
                "id": "sandbox.1",
                "from_us": False,
                "text": "صباح الخير",
                "at": "2026-11-22T10:40:00Z",
                "status": "delivered",
                "kind": "location",
                "content": {"latitude": 31.0, "longitude": 31.4},
                "reply_to": "sandbox.0",
                "reactions": ["👍"],
            }
        ],
        "typing": True,
    }
    assert (await here.get("/api/sandbox/phones")).json() == {
        "items": [{"phone": MONA, "name": "أم يوسف", "used_at": "2026-11-22T10:40:00Z"}],
        "scenario": {"refuse_next": False, "no_answer": False, "late_receipts": False},
    }


@pytest.mark.parametrize(
    ("address", "host", "headers"),
    [
        (ELSEWHERE, "192.0.2.1:8000", {}),
        (ELSEWHERE, "localhost:8000", {}),
        # A proxy at this machine hands on what somebody elsewhere asks.
        (HERE, "127.0.0.1:8000", {"X-Forwarded-For": ELSEWHERE}),
        (HERE, "127.0.0.1:8000", {"Forwarded": f"for={ELSEWHERE}"}),
        (HERE, "127.0.0.1:8000", {"X-Real-IP": ELSEWHERE}),
        (HERE, "127.0.0.1:8000", {"Via": "1.1 proxy"}),
        # Another site's name that was made to point here.
        (HERE, "rebound.example:8000", {}),
        (HERE, "127.0.0.1.rebound.example", {}),
    ],
)
async def test_anybody_else_signs_in_first(
    browser: Browser, phones: PhonesInMemory, address: str, host: str, headers: dict[str, str]
) -> None:
    there = browser(address, host, **headers)
    answers = [
        *[await there.get(path) for path in API],
        await there.post(API[1], json={"name": "Mona", "text": "hello"}),
        await there.post("/api/sandbox/scenario", json={"no_answer": True}),
    ]

    assert [answer.status_code for answer in answers] == [401] * 4
    assert not phones.written
    assert not phones.goes_wrong.no_answer


async def test_an_agent_plays_from_anywhere(container: Container, browser: Browser) -> None:
    await container.add_agent()(name="Sara", role=Role.AGENT, capacity=15, password="a password")
    _, token = await container.sign_in()("Sara", "a password")
    by_token = browser(ELSEWHERE, "desk.example", Authorization=f"Bearer {token}")
    by_cookie = browser(ELSEWHERE, "desk.example", Cookie=f"{SESSION_COOKIE}={token}")
    message = {"name": "Mona", "text": "hello"}

    assert (await by_token.post(API[1], json=message)).status_code == 204
    assert (await by_cookie.get(API[0])).status_code == 200
    # A cookie alone may be another site's doing.
    assert (await by_cookie.post(API[1], json=message)).status_code == 403


async def test_a_page_of_another_site_writes_nothing_here(
    browser: Browser, phones: PhonesInMemory
) -> None:
    foreign = browser(Origin="http://other.example")

    answer = await foreign.post(API[1], json={"name": "Mona", "text": "hello"})

    assert answer.status_code == 403
    assert not phones.written


@pytest.mark.parametrize("spelling", ["01012345678", "+20 101 234 5678", "00201012345678", MONA])
async def test_a_number_may_be_written_as_people_write_it(browser: Browser, spelling: str) -> None:
    answer = await browser().get(f"/api/sandbox/phones/{spelling}/messages")

    assert answer.json()["phone"] == MONA


@pytest.mark.parametrize("nonsense", ["123", "mona", "9" * 40, "٠١٠", "%00"])
async def test_what_is_no_number_is_said_to_be_none(browser: Browser, nonsense: str) -> None:
    answer = await browser().get(f"/api/sandbox/phones/{nonsense}/messages")

    assert answer.status_code == 422
    assert nonsense not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "Mona"},
        {"name": "", "text": "hello"},
        {"name": "x" * (MAX_NAME + 1), "text": "hello"},
        {"name": "Mona", "text": " \n"},
        {"name": "Mona", "text": "x" * 4097},
        {"name": "Mona", "text": 7},
        {"name": "Mona", "text": "hello", "more": 1},
    ],
)
async def test_what_no_customer_could_have_sent_is_refused(
    browser: Browser, phones: PhonesInMemory, body: dict[str, object]
) -> None:
    answer = await browser().post(API[1], json=body)

    assert answer.status_code == 422
    assert not phones.written


async def test_a_failure_that_is_not_named_stays_as_it_is(
    browser: Browser, phones: PhonesInMemory
) -> None:
    here = browser()
    await here.post("/api/sandbox/scenario", json={"refuse_next": True})

    answer = await here.post("/api/sandbox/scenario", json={"late_receipts": True})

    played = {"refuse_next": True, "no_answer": False, "late_receipts": True}
    assert answer.json() == played
    assert phones.goes_wrong == PlayedFailures(refuse_next=True, late_receipts=True)
    await here.post("/api/sandbox/scenario", json={"refuse_next": False})
    assert phones.goes_wrong == PlayedFailures(late_receipts=True)


async def test_phones_that_are_away_are_no_fault_of_the_server(
    browser: Browser, phones: PhonesInMemory
) -> None:
    phones.away = True
    here = browser()

    assert [(await here.get(path)).status_code for path in API] == [502, 502]
    assert (await here.get("/sandbox")).status_code == 200


async def test_the_routes_are_no_part_of_the_api(container: Container) -> None:
    app = an_app(container, PhonesInMemory())

    assert not app.openapi_schema.paths


async def test_a_file_is_attached_and_opened_and_never_run(
    browser: Browser, phones: PhonesInMemory
) -> None:
    page = b"<html><script>alert(1)</script>"
    here = browser()

    sent = await here.post(
        f"/api/sandbox/phones/{MONA}/files",
        data={"name": "Mona", "text": "look"},
        files={"file": ("a.html", page, "text/html")},
    )
    opened = await here.get("/api/sandbox/files/f1")

    assert sent.status_code == 204
    assert phones.written == [(MONA, "Mona", "look")]
    assert phones.files["f1"][0].kind is MessageKind.DOCUMENT
    assert (opened.status_code, opened.content) == (200, page)
    assert opened.headers["content-type"].startswith("application/octet-stream")
    assert opened.headers["content-disposition"].startswith("attachment")
    assert (await here.get("/api/sandbox/files/f2")).status_code == 404
