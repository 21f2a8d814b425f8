"""The whole application in memory: called without a socket, by whoever a test wants."""

import asyncio
import json
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import httpx
from dependency_injector import providers
from litestar import Litestar

from khalifa.application.ports.messaging import Provider
from khalifa.application.ports.notifications import EventStream
from khalifa.container import Container, build_container
from khalifa.domain.agents import Agent, AgentId, Presence, Role
from khalifa.domain.contacts import Identity, PhoneNumber
from khalifa.domain.messages import IncomingMessage, MessageKind
from khalifa.domain.tickets import TicketId
from khalifa.entrypoints.http.app import create_app
from khalifa.infrastructure.memory.event_stream import MemoryEventStream
from khalifa.infrastructure.memory.job_queue import MemoryJobQueue
from khalifa.infrastructure.memory.journal import MemoryJournal
from khalifa.infrastructure.memory.messaging import NAME, MemoryProvider
from khalifa.settings import Settings
from tests.builders import an_id

HOST = "desk.example"
ORIGIN = f"http://{HOST}"
PASSWORD = "correct horse battery"
PATIENCE = 5.0

Frame = dict[str, object]


@dataclass
class Desk:
    """An application that runs, and what a test does around it."""

    container: Container
    provider: MemoryProvider
    journal: MemoryJournal
    jobs: MemoryJobQueue
    stream: MemoryEventStream
    app: Litestar
    _open: list[httpx.AsyncClient] = field(default_factory=list)

    def caller(self, token: str | None = None) -> httpx.AsyncClient:
        """Return somebody who calls the API, with *token* as a program has it."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # httpx spells an ASGI application its own way.
        transport = httpx.ASGITransport(self.app)  # type: ignore[arg-type]
        client = httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers)
        self._open.append(client)
        return client

    async def agent(
        self, name: str, *, role: Role = Role.AGENT, presence: Presence = Presence.ONLINE
    ) -> tuple[httpx.AsyncClient, AgentId, str]:
        """Add an agent; return them as a caller, their id and their token."""
        view = await self.container.add_agent()(name=name, role=role)
        token = await self.container.issue_token()(name)
        agent = await self.container.who_is()(token)
        assert agent is not None
        if presence is not Presence.OFFLINE:
            await self.container.set_presence()(agent, presence)
        # Who holds a token is remembered for a second; nobody is to be remembered as they were.
        self.container.who_is.reset()
        return self.caller(token), AgentId(view.id), token

    async def whose(self, token: str) -> Agent:
        agent = await self.container.who_is()(token)
        assert agent is not None
        return agent

    async def customer_writes(self, text: str, phone: str = "201012345678") -> TicketId:
        """Let a customer's text come in and be filed; return the ticket it is on."""
        message = IncomingMessage(
            provider=NAME,
            whatsapp_message_id=an_id(),
            identities=(Identity.of_phone(PhoneNumber(phone)),),
            name="Mona",
            kind=MessageKind.TEXT,
            text=text,
        )
        call = self.provider.webhook.call(message)
        await self.container.take_in_webhook()(self.provider.port, call)
        await self.container.receive_messages()(self.jobs.take_bodies())
        tickets = self.container.memory_store().tables.tickets
        customers = self.container.memory_store().tables.customers
        return next(
            ticket.id
            for ticket in tickets.values()
            if ticket.is_open and customers[ticket.customer_id].phone == phone
        )

    async def close(self) -> None:
        for client in self._open:
            await client.aclose()


class Socket:
    """A live connection, played over ASGI: what the server sent, and what a test says."""

    def __init__(self, app: Litestar, *, query: str, headers: dict[str, str]) -> None:
        self.code: int | None = None
        self.reads = True
        self._sent: asyncio.Queue[Frame | None] = asyncio.Queue()
        self._said: asyncio.Queue[MutableMapping[str, object]] = asyncio.Queue()
        self._said.put_nowait({"type": "websocket.connect"})
        self._takes = asyncio.Event()
        self._takes.set()
        scope = {
            "type": "websocket",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": "ws",
            "path": "/api/live",
            "raw_path": b"/api/live",
            "query_string": query.encode(),
            "root_path": "",
            "headers": [
                (name.lower().encode(), value.encode())
                for name, value in {"host": HOST, **headers}.items()
            ],
            "client": ("127.0.0.1", 5),
            "server": (HOST, 80),
            "subprotocols": [],
        }
        self._serving = asyncio.ensure_future(
            app(scope, self._said.get, self._take)  # type: ignore[arg-type]
        )

    async def _take(self, message: MutableMapping[str, object]) -> None:
        match message["type"]:
            case "websocket.send":
                await self._takes.wait()
                self._sent.put_nowait(json.loads(str(message["text"])))
            case "websocket.close":
                code = message["code"]
                assert isinstance(code, int)
                self.code = code
                self._sent.put_nowait(None)

    async def frame(self, kind: str | None = None) -> Frame:
        """Return the next frame, of *kind* if one is given; fail when the socket is closed."""
        async with asyncio.timeout(PATIENCE):
            while True:
                frame = await self._sent.get()
                assert frame is not None, f"closed with {self.code}"
                if kind in {None, frame["type"]}:
                    return frame

    def waiting(self) -> list[Frame]:
        """Return the frames that are here already."""
        frames: list[Frame] = []
        while not self._sent.empty():
            frame = self._sent.get_nowait()
            if frame is not None:
                frames.append(frame)
        return frames

    def stop_taking(self) -> None:
        """Take no more frames, as a client whose line is stuck."""
        self._takes.clear()

    async def closed(self) -> int | None:
        """Wait until the server has closed; return the code."""
        async with asyncio.timeout(PATIENCE):
            await asyncio.shield(self._serving)
        return self.code

    async def hang_up(self) -> None:
        self._said.put_nowait({"type": "websocket.disconnect", "code": 1001})
        await self.closed()


def listening(desk: Desk, token: str | None, *, since: str | None = None, **headers: str) -> Socket:
    """Open a live connection as a program does, with a bearer token."""
    auth = {"authorization": f"Bearer {token}"} if token else {}
    query = f"since={since}" if since is not None else ""
    return Socket(desk.app, query=query, headers=auth | headers)


@asynccontextmanager
async def running_desk(
    public_url: str | None = None,
    *,
    metrics_token: str | None = None,
    beside: MemoryProvider | None = None,
    **of_provider: object,
) -> AsyncIterator[Desk]:
    """
    Run an application; *of_provider* are fields of its provider, beside what it has anyway.

    *beside*: another provider that is configured, and not active.
    """
    container = build_container(
        Settings(
            whatsapp_driver=NAME,
            database_url="memory:",
            redis_url="memory:",
            data_dir=Path("nowhere"),
            internal_url="http://127.0.0.1:1",
            public_url=public_url,
            metrics_token=metrics_token,
        )
    )
    provider = MemoryProvider()
    provider.port = replace(provider.port, **of_provider)  # type: ignore[arg-type]
    journal, jobs, stream = MemoryJournal(), MemoryJobQueue(), MemoryEventStream(history=10_000)
    container.journal.override(providers.Object(journal))
    container.jobs.override(providers.Object(jobs))
    container.event_stream.override(providers.Object[EventStream](stream))
    played = {one.port.name: one for one in (provider, beside) if one is not None}
    container.messaging.override(
        providers.Dict(
            {name: providers.Object(partial(_port_of, one)) for name, one in played.items()}
        )
    )
    desk = Desk(container, provider, journal, jobs, stream, create_app(container))
    async with _alive(desk.app):
        yield desk
        await desk.close()
        # What a test took away is back before all is closed.
        container.memory_store().away = False


def _port_of(provider: MemoryProvider) -> Provider:
    return provider.port


@asynccontextmanager
async def _alive(app: Litestar) -> AsyncIterator[None]:
    """Keep *app* started, in a task of its own: a fixture ends in another than it began in."""
    started, stop = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            started.set()
            await stop.wait()

    task = asyncio.create_task(live())
    await started.wait()
    yield
    stop.set()
    await task
