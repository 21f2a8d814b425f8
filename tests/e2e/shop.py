"""A business with two providers at once, under traffic, whose operator switches between them."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

from khalifa.domain.contacts import ProviderName
from khalifa.infrastructure.database.seeding import seed
from tests.e2e.lines import CloudApiLine, Line
from tests.e2e.system import System
from tests.servers import Process, eventually

AGENTS = 20
SENT = frozenset({"sent", "delivered", "read"})
# In seconds.
PATIENCE = 10.0


@dataclass
class Shop(System):
    """
    A system on WPPConnect, with the Cloud API's settings beside it.

    `WHATSAPP_DRIVER` is in `.env` alone: the command edits it there, and a
    process that starts again reads what is there by then.
    """

    second_type: type[Line] = CloudApiLine

    def __post_init__(self) -> None:
        super().__post_init__()
        self.second = self.second_type(self.url, self.folder / "logs")
        self.lines = {line.driver: line for line in (self.line, self.second)}
        self.env = {**self.env, **self.second.env}
        self.server = self._process("serve")
        self.intake = [self._process("worker", "intake")]
        self.delivery = self._process("worker", "delivery")

    @property
    def process_env(self) -> Mapping[str, str]:
        return {key: value for key, value in self.env.items() if key != "WHATSAPP_DRIVER"}

    @property
    def env_file(self) -> Path:
        return self.folder / ".env"

    async def __aenter__(self) -> Self:
        self.env_file.parent.mkdir(parents=True, exist_ok=True)
        self.env_file.write_text(f"# the shop's own\nWHATSAPP_DRIVER={self.line.driver}\n")
        await self.second.__aenter__()
        return await super().__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await super().__aexit__(kind, error, trace)
        await self.second.__aexit__(kind, error, trace)

    async def open_doors(self, *, customers: int, messages: int) -> None:
        """Make up the years before."""
        await asyncio.to_thread(
            seed,
            self.database_url,
            customers=customers,
            tickets=customers // 5,
            messages=messages,
            agents=AGENTS,
            provider=ProviderName(self.line.driver),
        )

    def command(self, *arguments: str) -> Process:
        """Return `khalifa provider …`, started as a person does: it is timed with its start."""
        log = self.folder / "logs" / f"command-{time.monotonic_ns()}.log"
        return Process(
            "khalifa", "provider", *arguments, env=self.process_env, cwd=self.folder, log=log
        )

    async def switch(self, to: str) -> None:
        """Switch to *to*, unless that is done."""
        if self.active() == to:
            return
        async with self.command("switch", "--to", to, "--yes", "--no-backup") as command:
            assert await command.wait(within=120) == 0, command.output()

    def active(self) -> str:
        newest = "SELECT provider FROM provider_switches ORDER BY id DESC LIMIT 1"
        return str(self.rows(newest)[0][0])


@dataclass
class Traffic:
    """
    Customers who write through both providers, and who answers them, until stopped.

    The administrator does: what agents who are gone leave unanswered goes on to others.
    """

    shop: Shop
    talking: int
    """So many customers, the first, take part: those have an active ticket."""
    seed: int
    pause: float
    taken: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Of each text of a customer that was answered 2xx: the provider, and the number."""
    replies: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Of each reply that was accepted: its message's id, and the number it is for."""
    carried: dict[int, str] = field(default_factory=dict)
    """By which provider each message was seen to be carried, the first time."""
    changed: list[int] = field(default_factory=list)
    refused: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._stop = asyncio.Event()
        self._n = 0
        # Through the Cloud API only to who wrote through it, and whose words are filed by now:
        # a reply may be accepted before the switch and leave after it.
        self._heard: set[int] = set()
        rows = self.shop.rows(
            "SELECT t.id, c.phone FROM tickets t JOIN customers c ON c.id = t.customer_id"
            f" WHERE t.id <= {self.talking}"
            " AND c.phone IS NOT NULL"
        )
        self._tickets = [(int(str(id_)), str(digits)) for id_, digits in rows]

    async def run(self) -> None:
        await asyncio.gather(
            *(self._until_stopped(self._write) for _ in range(3)),
            *(self._until_stopped(self._reply) for _ in range(3)),
            self._look(),
        )

    def stop(self) -> None:
        self._stop.set()

    async def _until_stopped(self, do: Callable[[], Awaitable[None]]) -> None:
        while not self._stop.is_set():
            await do()
            await asyncio.sleep(self.pause * self._random.uniform(0.5, 1.5))

    async def _write(self) -> None:
        _, digits = self._random.choice(self._tickets)
        line = self._random.choice(list(self.shop.lines.values()))
        self._n += 1
        text = f"question {self._n}"
        body = line.text_body(digits, text, at=time.time())
        while not await self._post(line, body):
            self.refused[0] += 1
            await asyncio.sleep(0.1)
        self.taken[text] = (line.driver, digits)
        if self._random.random() < 0.2:
            await self._post(line, body)

    async def _post(self, line: Line, body: bytes) -> bool:
        headers = {"Content-Type": "application/json", **line.headers(body)}
        with suppress(aiohttp.ClientError, OSError, TimeoutError):
            async with (
                asyncio.timeout(PATIENCE),
                self.shop.http.post(line.webhook_url, data=body, headers=headers) as answer,
            ):
                await answer.read()
                return answer.status == 200
        return False

    async def _reply(self) -> None:
        able = [ticket for ticket in self._tickets if ticket[0] in self._heard]
        if not able:
            return
        ticket, digits = self._random.choice(able)
        self._n += 1
        text = f"answer {self._n}"
        headers = {
            "Authorization": f"Bearer {self.shop.tokens['admin']}",
            "Idempotency-Key": text,
        }
        path = f"{self.shop.url}/api/tickets/{ticket}/messages"
        while True:
            with suppress(aiohttp.ClientError, OSError, TimeoutError):
                async with (
                    asyncio.timeout(PATIENCE),
                    self.shop.http.post(path, json={"text": text}, headers=headers) as answer,
                ):
                    told = await answer.json(content_type=None)
                    if answer.status in {200, 201, 202}:
                        self.replies[text] = (int(told["id"]), digits)
                        return
                    if answer.status < 500:
                        self.refused[answer.status] += 1
                        return
            await asyncio.sleep(0.1)

    async def _look(self) -> None:
        while not self._stop.is_set():
            await asyncio.sleep(0.3)
            await asyncio.to_thread(self.look)

    def look(self) -> None:
        """Note what carried each reply; one that was carried by another before is a fault."""
        with suppress(Exception):
            for id_, provider in self.shop.rows(
                "SELECT id, provider FROM messages WHERE provider IS NOT NULL"
                " AND (journal IS NULL OR journal <> 'seed') AND agent_id IS NOT NULL"
                " AND idempotency_key IS NOT NULL"
            ):
                if self.carried.setdefault(int(str(id_)), str(provider)) != provider:
                    self.changed.append(int(str(id_)))
            self._heard = {int(str(ticket)) for (ticket,) in self.shop.rows(_HEARD)}

    async def faults(self) -> list[str]:
        """Return what was lost, doubled or misrouted, once all is quiet."""
        try:
            # What a worker had claimed that was killed becomes `unknown` after a minute.
            await eventually(self._is_quiet, within=120, what="nothing on its way any more")
        except TimeoutError as late:
            raise TimeoutError(f"{late}: {self._on_its_way()}") from None
        self.look()
        return [*self._of_questions(), *await self._of_answers()]

    def _is_quiet(self) -> bool:
        waiting = "direction = 'out' AND status IN ('queued', 'sending')"
        stored = {str(text) for (text,) in self.shop.rows(_QUESTIONS)}
        return not self.shop.count("messages", waiting) and self.taken.keys() <= stored

    def _on_its_way(self) -> str:
        stored = {str(text) for (text,) in self.shop.rows(_QUESTIONS)}
        replies = self.shop.rows(
            "SELECT provider, status, COUNT(*) FROM messages WHERE direction = 'out'"
            " AND status IN ('queued', 'sending') GROUP BY provider, status"
        )
        return f"{len(self.taken.keys() - stored)} questions are not filed; replies: {replies}"

    def _of_questions(self) -> list[str]:
        rows = self.shop.rows(
            "SELECT m.text, m.provider, c.phone FROM messages m JOIN customers c"
            " ON c.id = m.customer_id WHERE m.direction = 'in' AND m.text LIKE 'question %'"
        )
        stored = Counter(str(text) for text, _, _ in rows)
        told = {str(text): (str(provider), str(digits)) for text, provider, digits in rows}
        faults = [f"stored {n} times: {text}" for text, n in stored.items() if n > 1]
        faults += [f"lost: {text}" for text in self.taken if text not in stored]
        faults += [
            f"{text} came as {as_taken} and is stored as {told[text]}"
            for text, as_taken in self.taken.items()
            if text in told and told[text] != as_taken
        ]
        return faults

    async def _of_answers(self) -> list[str]:
        went: dict[str, list[tuple[str, str]]] = {}
        for line in self.shop.lines.values():
            for sent in await line.went_out():
                went.setdefault(sent.text, []).append((line.driver, sent.to))
        rows = self.shop.rows(
            "SELECT id, text, status, provider FROM messages WHERE text LIKE 'answer %'"
        )
        stored = {str(text): (int(str(i)), str(s), p) for i, text, s, p in rows}
        faults = [f"of message {message} the provider changed" for message in self.changed]
        if len(stored) < len(rows):
            faults.append("a reply asked for once is stored twice")
        for text, (message, digits) in self.replies.items():
            if text not in stored or stored[text][0] != message:
                faults.append(f"accepted and lost: {text}")
                continue
            _, status, provider = stored[text]
            arrived = went.get(text, [])
            if len(arrived) > 1:
                faults.append(f"sent more than once: {text}")
            elif status in SENT and arrived != [(str(provider), digits)]:
                faults.append(f"{text} is {status} by {provider} to {digits}, and went {arrived}")
            elif status not in SENT | {"unknown"}:
                faults.append(f"left {status}: {text}")
        return faults


_QUESTIONS = "SELECT text FROM messages WHERE direction = 'in' AND text LIKE 'question %'"
_HEARD = (
    "SELECT DISTINCT ticket_id FROM messages WHERE direction = 'in' AND provider = 'cloud_api'"
    " AND text LIKE 'question %'"
)
