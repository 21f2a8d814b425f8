"""A steady rate both ways: customers who write, agents who answer and now and then close."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable

import aiohttp

from tests.e2e.system import System, phone

CUSTOMERS = 500
# So many replies to a message, and of what agents do so much is closing.
ANSWERED = 0.4
CLOSED = 0.1
# In seconds.
_PATIENCE = 10.0


class Load:
    """Runs until it is cancelled; ``done`` counts what was done, ``faults`` what was refused."""

    def __init__(self, system: System, agents: list[str], *, rate: float) -> None:
        """*rate*: messages of customers a second."""
        self.done: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self._system = system
        self._agents = agents
        self._rate = rate
        self._random = random.Random(1)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as working:
            working.create_task(self._steadily(self._rate, self._write))
            working.create_task(self._steadily(self._rate * ANSWERED, self._serve))
            for agent in self._agents:
                working.create_task(self._watch(agent))

    async def _steadily(self, rate: float, do: Callable[[int], Awaitable[None]]) -> None:
        """Begin *do* so often a second; a busy machine is not made up for."""
        async with asyncio.TaskGroup() as working:
            due, n = time.monotonic(), 0
            while True:
                n += 1
                working.create_task(self._noting(do, n))
                due = max(due + 1 / rate, time.monotonic() - 1)
                await asyncio.sleep(max(due - time.monotonic(), 0))

    async def _noting(self, do: Callable[[int], Awaitable[None]], n: int) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                await do(n)
        except (aiohttp.ClientError, OSError, TimeoutError, AssertionError) as error:
            self.faults[f"{do.__name__.strip('_')}: {type(error).__name__} {error}"[:200]] += 1

    async def _write(self, n: int) -> None:
        body = self._system.line.text_body(
            phone(n % CUSTOMERS), f"question {n}: is my order on its way?", at=time.time()
        )
        [status] = await self._system.post_webhooks([body], connections=1)
        self.done["messages"] += status == 200
        if status != 200:
            self.faults[f"webhook: {status}"] += 1

    async def _serve(self, n: int) -> None:
        agent = self._agents[n % len(self._agents)]
        page = await self._system.ask("GET", "/api/tickets?agent=me&limit=20", by=agent)
        if not page["items"]:
            return
        path = f"/api/tickets/{self._random.choice(page['items'])['id']}"
        if self._random.random() < CLOSED:
            await self._system.ask("POST", f"{path}/close", {}, by=agent)
            self.done["closed"] += 1
            return
        await self._system.ask("GET", f"{path}/messages", by=agent)
        words = {"text": f"answer {n}: yes, within the hour"}
        await self._system.ask("POST", f"{path}/messages", words, by=agent, status=202)
        self.done["replies"] += 1

    async def _watch(self, agent: str) -> None:
        """Be a screen: open for as long as it goes, and opened again when it is closed."""
        bearer = {"Authorization": f"Bearer {self._system.tokens[agent]}"}
        url = f"{self._system.url}/api/live"
        while True:
            async with self._system.http.ws_connect(url, headers=bearer) as socket:
                async for _ in socket:
                    self.done["frames"] += 1
            self.faults["screen: closed"] += 1
            await asyncio.sleep(1)
