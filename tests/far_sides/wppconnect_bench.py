"""A webhook to be called and a client that calls: what the far side's tests are made of."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

import aiohttp
from aiohttp import web

from tests.far_sides.wppconnect import WppconnectFarSide
from tests.far_sides.wppconnect_messages import MODEL_FLAGS, MONA, JsonObject

SECRET = "harness-secret"
Answer: TypeAlias = tuple[int, object]


@dataclass(slots=True)
class Hook:
    """Our webhook as the real one would be called; `status` is what it answers."""

    url: str = ""
    status: int = 200
    holds: asyncio.Event | None = None
    under_way: int = 0
    most_under_way: int = 0
    posts: list[JsonObject] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        self.posts.append(await request.json())
        self.paths.append(request.path_qs)
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        if self.holds:
            await self.holds.wait()
        self.under_way -= 1
        return web.Response(status=self.status)

    def events(self, event: str) -> list[JsonObject]:
        return [post for post in self.posts if post["event"] == event]

    def found(self) -> list[object]:
        return [post["status"] for post in self.events("status-find")]


@dataclass(slots=True)
class Caller:
    """A client of the far side that has the session's token."""

    far: WppconnectFarSide
    http: aiohttp.ClientSession
    session: str = "shop1"
    token: str = ""

    async def post(self, route: str, body: JsonObject | None = None) -> Answer:
        return await self._ask("POST", route, body)

    async def get(self, route: str) -> Answer:
        return await self._ask("GET", route, None)

    async def status(self) -> object:
        _, state = await self.get("status-session")
        assert isinstance(state, dict)
        return state["status"]

    async def start(self, hook: Hook | None = None, **config: object) -> Answer:
        webhook: JsonObject = {"webhook": hook.url} if hook else {}
        return await self.post("start-session", {**webhook, **config})

    async def connect(self, hook: Hook | None = None) -> None:
        await self.start(hook)
        await until(self.is_("CONNECTED"))
        await self.far.settle()

    async def send(self, text: str, phone: object = MONA, **more: object) -> Answer:
        return await self.post("send-message", {"phone": phone, "message": text, **more})

    def is_(self, status: str) -> Callable[[], Awaitable[bool]]:
        async def check() -> bool:
            return await self.status() == status

        return check

    async def _ask(self, method: str, route: str, body: JsonObject | None) -> Answer:
        url = f"{self.far.base_url}/api/{self.session}/{route}"
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.http.request(method, url, json=body, headers=headers) as answer:
            return answer.status, await answer.json()


async def until(done: Callable[[], Awaitable[bool]], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not await done():  # noqa: ASYNC110 - what is waited for may be another process's
            await asyncio.sleep(0.01)


def when(done: Callable[[], bool]) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return done()

    return check


def shape(value: object) -> object:
    """Return names in their order and types, without the values."""
    if isinstance(value, dict):
        return [(name, shape(part)) for name, part in value.items()]
    if isinstance(value, list):
        return [shape(part) for part in value]
    return type(value).__name__


def abridged(message: object) -> JsonObject:
    """Return a message as the transcripts print it: without the model's own attributes."""
    assert isinstance(message, dict)
    silent = MODEL_FLAGS.keys() - {"isNewMsg", "isForwarded"}
    return {name: part for name, part in message.items() if name not in silent}


@asynccontextmanager
async def listening() -> AsyncIterator[Hook]:
    taken = Hook()
    app = web.Application(client_max_size=0)
    app.router.add_post("/{tail:.*}", taken.take)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    taken.url = f"http://127.0.0.1:{runner.addresses[0][1]}/wh"
    yield taken
    if taken.holds:
        taken.holds.set()
    await runner.cleanup()


async def caller_of(far: WppconnectFarSide, http: aiohttp.ClientSession, session: str) -> Caller:
    caller = Caller(far, http, session)
    _, made = await caller.post(f"{SECRET}/generate-token")
    assert isinstance(made, dict)
    caller.token = str(made["token"])
    return caller
