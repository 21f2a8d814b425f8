"""Steady load both ways: customers who write, providers who insist, agents who answer and close."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import mean
from typing import Any

import aiohttp

from tests.crash.system import AGENTS, CrashSystem
from tests.e2e.system import phone
from tests.servers import eventually

CUSTOMERS = 40
# How many messages are written at once, each as likely as the others.
AT_ONCE = (1, 1, 1, 2, 4)
# Of what an agent does, so much is closing a conversation.
CLOSES = 0.2
# For so many seconds a provider calls again, and an agent tries again.
INSISTS_FOR = 3600.0
AGAIN_AFTER = 0.2
# So many seconds the load may be late and make up for it: more would come as a flood.
LATE = 3.0
# The longest a provider or an agent waits for an answer.
PATIENCE = 10.0


@dataclass(slots=True)
class Record:
    """What was done, as whoever did it knows it."""

    written: Counter[str] = field(default_factory=Counter)
    """How often each text of a customer was posted."""
    taken: dict[str, float] = field(default_factory=dict)
    """When the body of each text was first answered 2xx."""
    bodies: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    """Answers to webhooks that were not 2xx; 0 is no answer."""
    replies: dict[str, int] = field(default_factory=dict)
    """The message's id of each reply that was accepted, by its text."""
    errors: Counter[str] = field(default_factory=Counter)
    """Answers of the API that no user may ever see."""


class Load:
    """
    Writes and answers until told to stop; then sees each call that it began through.

    A body is posted again, to either server, until it is answered 2xx, and now
    and then once more after that. A reply is posted again under its key until
    it is accepted.
    """

    def __init__(
        self, system: CrashSystem, seed: int, *, pace: float, newcomers: float = 0.1
    ) -> None:
        """*pace*: bodies a second; *newcomers*: so much of them is of people who never wrote."""
        self.record = Record()
        self._system = system
        self._random = random.Random(seed)
        self._pace = pace
        self._newcomers = newcomers
        self._n = 0
        self._stop = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        await asyncio.gather(self._customers(), self._agents())

    async def stop(self) -> None:
        """Begin nothing new, and return when everything begun is done."""
        self._stop.set()
        while self._under_way:
            await asyncio.wait(self._under_way)

    def _begin(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _until_stopped(self, pause: float, do: Callable[[], Awaitable[None]]) -> None:
        """Begin *do* every *pause* seconds or so; what a busy machine is late with is made up."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while not self._stop.is_set():
            self._begin(do())
            due = max(due, loop.time() - LATE) + pause * self._random.uniform(0.5, 1.5)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), max(due - loop.time(), 0.001))

    # Customers

    async def _customers(self) -> None:
        await self._until_stopped(mean(AT_ONCE) / self._pace, self._write)

    async def _write(self) -> None:
        """Let a customer, now and then a new one, write a few messages at once."""
        who = (
            self._n
            if self._random.random() < self._newcomers
            else self._random.randrange(CUSTOMERS)
        )
        await asyncio.gather(*(self._say(who) for _ in range(self._random.choice(AT_ONCE))))

    async def _say(self, who: int) -> None:
        self._n += 1
        text = f"question {self._n}"
        body = self._system.line.text_body(phone(who), text, at=time.time())
        self.record.written[text] += 1
        self.record.bodies += 1
        await eventually(lambda: self._post(body, text), within=INSISTS_FOR, what="a 2xx answer")
        for _ in range(self._random.choice((0, 0, 0, 1, 2))):
            self.record.written[text] += 1
            await self._post(body, text)

    async def _post(self, body: bytes, text: str) -> bool:
        url = self._random.choice(self._system.urls)
        target = self._system.line.webhook_url.replace(self._system.url, url)
        headers = {"Content-Type": "application/json", **self._system.line.headers(body)}
        try:
            async with (
                asyncio.timeout(PATIENCE),
                self._system.http.post(target, data=body, headers=headers) as answer,
            ):
                await answer.read()
                status = answer.status
        except (aiohttp.ClientError, OSError, TimeoutError):
            status = 0
        if status != 200:
            self.record.refused[status] += 1
            # As a provider does before it calls again.
            await asyncio.sleep(AGAIN_AFTER)
        else:
            self.record.taken.setdefault(text, time.time())
        return status == 200

    # Agents

    async def _agents(self) -> None:
        await asyncio.gather(
            *(self._until_stopped(len(AGENTS) / self._pace * 2, self._serve(a)) for a in AGENTS)
        )

    def _serve(self, agent: str) -> Callable[[], Awaitable[None]]:
        async def serve() -> None:
            page = await self._ask("GET", "/api/tickets?status=active&agent=me&limit=50", agent)
            if not page or not page["items"]:
                return
            ticket = self._random.choice(page["items"])
            if self._random.random() < CLOSES:
                await self._ask("POST", f"/api/tickets/{ticket['id']}/close", agent, {})
                return
            self._n += 1
            await self._reply(agent, ticket["id"], f"answer {self._n}")

        return serve

    async def _reply(self, agent: str, ticket: int, text: str) -> None:
        key = {"Idempotency-Key": text}
        path = f"/api/tickets/{ticket}/messages"

        async def told() -> dict[str, Any] | None:
            stored = await self._ask("POST", path, agent, {"text": text}, key)
            return {"refused": True} if stored == {} else stored

        stored = await eventually(told, within=INSISTS_FOR, what="an answer of the API")
        if "id" in stored:
            self.record.replies[text] = stored["id"]

    async def _ask(
        self,
        method: str,
        path: str,
        agent: str,
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> dict[str, Any] | None:
        """Return the answer; empty when refused for good; None when it must be asked again."""
        bearer = {"Authorization": f"Bearer {self._system.tokens[agent]}", **(headers or {})}
        url = self._random.choice(self._system.urls) + path
        try:
            async with (
                asyncio.timeout(PATIENCE),
                self._system.http.request(method, url, json=body, headers=bearer) as answer,
            ):
                told = await answer.json(content_type=None)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            await asyncio.sleep(AGAIN_AFTER)
            return None
        if answer.status in {500, 501, 502}:
            self.record.errors[f"{answer.status} {method} {path.split('?', maxsplit=1)[0]}"] += 1
            return None
        if answer.status >= 500:
            return None
        return told if answer.status < 400 else {}
