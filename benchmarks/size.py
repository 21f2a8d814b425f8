"""The desk on ten million messages: every page of it, by the API, and how each was looked up."""

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

import aiohttp
from rich.console import Console

from benchmarks.notes import percentile
from benchmarks.opened import Opened
from benchmarks.plans import LARGE, OPTIONS, Plans, Statement
from benchmarks.report import Figure
from benchmarks.rows import Rows
from benchmarks.search import MEDICINES, mark_rare
from khalifa.container import build_container
from khalifa.domain.agents import Role
from khalifa.infrastructure.database.schema import upgrade
from khalifa.settings import Settings
from tests.servers import PrivateMariaDB, PrivateRedis, Process, free_port

MESSAGES = 10_000_000
# Of each customer.
CONVERSATION = 10
# One customer in so many has an active ticket.
ACTIVE_OF = 200
AGENTS = 50
# A day's messages: ten million are five and a half years of a chain of pharmacies.
A_DAY = 5_000
# How often each page is asked for.
TIMES = 40
BAR_MS = 200
BAR_MINUTES = 12
# A production server's cache, as large as its indexes; its messages beside them do not fit.
DATABASE = ("--innodb-buffer-pool-size=6G", "--innodb-log-file-size=2G")
LONG_CONVERSATION = 20_000
# How often a page of which there are many is looked at for its plan.
_LOOKS = 8
_AGENT, _AGENT_ID = "Seeded agent 7", 7

WANTED: Mapping[str, Sequence[str]] = {
    "words": ("السعر", "متوفر", "deliver", "شكرا", "السعر جنيها", "yes deliver"),
    "two letters": ("ال", "لا", "do"),
    "phrases": ('"خلال ساعة"', '"insulin pens"', '"لا يوجد هنا"'),
    "rare words": MEDICINES,
    "beginnings": ("كونك", "Gluc"),
    "names": ("كريم فتحي", "Nour Fahmy", "ahmed zzqxv", "لا أحد"),
    "numbers": ("+20 100 000 4711", "201000031337", "0100004", "01099999999"),
    "nothing": ("zzqxv", "قثصضك"),
}


async def run(how_many: int = MESSAGES, *, times: int = TIMES) -> list[Figure]:
    """Seed as people do, by the command; ask a real server for every page; look at the plans."""
    async with Shop(how_many, DATABASE) as shop:
        await shop.ask_for_all(times)
        await shop.look_at_plans()
        for line in shop.full_scans():
            Console(stderr=True).print(line, markup=False, highlight=False)
        return shop.figures()


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """A page of the desk; it is another one of its like each time."""

    kind: str
    name: str
    paths: Sequence[str]
    by: str = "admin"


class Shop(Opened):
    """A server on a seeded database, what it answered, how soon, and by which statements."""

    def __init__(self, how_many: int, database: Sequence[str] = ()) -> None:
        self._messages = how_many
        self._database = database
        self._customers = max(AGENTS, how_many // CONVERSATION)
        self._days = max(1, how_many // A_DAY)
        self._chance = random.Random(4711)  # noqa: S311 - the same ones every time
        self._opened = AsyncExitStack()
        self._port = free_port()
        self._tokens: dict[str, str] = {}
        self._minutes = 0.0
        self._took: dict[Page, list[float]] = defaultdict(list)
        self.statements: dict[Page, list[Statement]] = defaultdict(list)

    async def _open(self) -> None:
        enter = self._opened.enter_context
        folder = Path(enter(tempfile.TemporaryDirectory(prefix="khalifa-bench-")))
        mariadb = enter(PrivateMariaDB(options=[*OPTIONS, *self._database]))
        redis = enter(PrivateRedis())
        url = mariadb.create_database()
        self._env = {
            "WHATSAPP_DRIVER": "sandbox",
            "DATABASE_URL": url,
            "REDIS_URL": redis.url,
            "KHALIFA_DATA_DIR": str(folder / "data"),
            "KHALIFA_PORT": str(self._port),
        }
        await asyncio.to_thread(upgrade, url)
        begun = time.monotonic()
        await self._seed()
        self._minutes = (time.monotonic() - begun) / 60
        await asyncio.to_thread(self._enliven, mariadb, url)
        self._plans = Plans(mariadb, mariadb.folder)
        await self._add_people()
        log = folder / "serve.log"
        server = enter(Process("khalifa", "serve", env=self._env, cwd=folder, log=log))
        await server.wait_for_url(f"http://127.0.0.1:{self._port}/health/live", within=60)
        self._http = await self._opened.enter_async_context(
            aiohttp.ClientSession(f"http://127.0.0.1:{self._port}")
        )

    async def _seed(self) -> None:
        """Run the command as people do, with its progress where they see it."""
        many = {
            "customers": self._customers,
            "tickets": self._customers // ACTIVE_OF,
            "messages": self._messages,
            "agents": AGENTS,
            "days": self._days,
        }
        arguments = [word for name, n in many.items() for word in (f"--{name}", str(n))]
        khalifa = Path(sys.executable).with_name("khalifa")
        seeding = await asyncio.create_subprocess_exec(
            khalifa, "dev", "seed", *arguments, env={**os.environ, **self._env}
        )
        if code := await seeding.wait():
            raise subprocess.CalledProcessError(code, "khalifa dev seed")

    def _enliven(self, mariadb: PrivateMariaDB, url: str) -> None:
        """Let some wait, some for too long, some for anybody; and one talk for very long."""
        rows, half = Rows(mariadb, url), self._messages // 2
        long = min(LONG_CONVERSATION, half // 2)
        mark_rare(url, self._messages)
        now = "UTC_TIMESTAMP(6)"
        ago = f"INTERVAL id * {self._days * 86_400 // self._customers} SECOND"
        rows.run(
            # Seeding has them all begin in the first days and end in the last.
            f"UPDATE tickets SET opened_at = {now} - {ago},"
            f" closed_at = IF(status = 'closed', {now} - {ago} + INTERVAL 3 HOUR, NULL),"
            " rating = IF(status = 'closed' AND id % 7 = 0, 1 + id % 5, NULL)",
            "UPDATE tickets SET unread = 1, waiting_since = last_message_at"
            " WHERE status = 'open' AND id % 3 = 0",
            "UPDATE tickets SET delayed_at = waiting_since + INTERVAL 10 MINUTE"
            " WHERE status = 'open' AND id % 30 = 0",
            "UPDATE tickets SET agent_id = NULL WHERE status = 'open' AND id % 25 = 0",
            "INSERT INTO ticket_delays (ticket_id, agent_id, started_at, ended_at)"
            " SELECT id, agent_id, opened_at + INTERVAL 10 MINUTE,"
            " IF(status = 'closed', closed_at, NULL) FROM tickets WHERE id % 15 = 0",
            "UPDATE messages SET ticket_id = 7, customer_id = 7"
            f" WHERE id > {half} AND id <= {half + long}",
            "ANALYZE TABLE tickets, ticket_delays, messages, message_texts",
        )

    async def _add_people(self) -> None:
        container = build_container(Settings.from_env(self._env))
        try:
            await container.add_agent()(name="Boss", role=Role.ADMIN, capacity=1)
            for who, name in {"admin": "Boss", "agent": _AGENT}.items():
                self._tokens[who] = await container.issue_token()(name)
        finally:
            await container.cleanup().aclose()

    # Asking

    async def ask_for_all(self, times: int) -> None:
        """Ask for every page so often, in a mixed order, one at a time as one person does."""
        asked = [
            (page, path)
            for page in await self._pages()
            for path in islice(cycle(page.paths), times)
        ]
        self._chance.shuffle(asked)
        for page, path in asked:
            begun = time.monotonic()
            await self._get(path, page.by)
            self._took[page].append(1000 * (time.monotonic() - begun))

    async def look_at_plans(self) -> None:
        """Ask for every page again, and note how it was looked up."""
        pages = list(self._took) or await self._pages()
        with self._plans as plans:
            for page in pages:
                for path in page.paths[:_LOOKS]:
                    await self._get(path, page.by)
                    self.statements[page] += plans.new()

    async def _get(self, path: str, by: str) -> Any:
        bearer = {"Authorization": f"Bearer {self._tokens[by]}"}
        async with self._http.get(path, headers=bearer) as answer:
            told = await answer.read()
            if answer.status != 200:
                raise LookupError(f"{path} was answered {answer.status}: {told[:300]!r}")
            return await answer.json(content_type=None)

    async def _pages(self) -> list[Page]:
        return [
            *await self._inbox(),
            *await self._conversations(),
            *await self._people(),
            *await self._search(),
            *self._figures(),
        ]

    async def _further(self, path: str, by: str = "admin", *, pages: int = 20) -> list[str]:
        """Return the paths of the pages that follow *path*, the first left out."""
        found: list[str] = []
        joint = "&" if "?" in path else "?"
        cursor = (await self._get(path, by))["next_cursor"]
        while cursor and len(found) < pages:
            found.append(f"{path}{joint}cursor={cursor}")
            cursor = (await self._get(found[-1], by))["next_cursor"]
        return found

    async def _inbox(self) -> list[Page]:
        everything = "/api/tickets?status=all&limit=500"
        return [
            Page("inbox", "own", ["/api/tickets?agent=me"], "agent"),
            Page("inbox", "waiting for anybody", ["/api/tickets?agent=none"], "agent"),
            Page("inbox", "own delayed", ["/api/tickets?agent=me&status=delayed"], "agent"),
            Page("inbox", "own closed", ["/api/tickets?agent=me&status=closed"], "agent"),
            Page("inbox", "own of all time", ["/api/tickets?agent=me&status=all"], "agent"),
            Page("inbox", "active", ["/api/tickets"]),
            Page("inbox", "waiting, to the admin", ["/api/tickets?agent=none"]),
            Page("inbox", "delayed", ["/api/tickets?status=delayed"]),
            Page("inbox", "closed", ["/api/tickets?status=closed"]),
            Page("inbox", "all", ["/api/tickets?status=all"]),
            Page("inbox", "all, 500 at a time, further", await self._further(everything)),
        ]

    async def _conversations(self) -> list[Page]:
        some = self._some(self._customers)
        long = "/api/tickets/7/messages"
        return [
            Page("conversation", "ticket", [f"/api/tickets/{n}" for n in some]),
            Page("conversation", "newest", [f"/api/tickets/{n}/messages" for n in some]),
            Page("conversation", "newest of a long one", [long]),
            Page("conversation", "older of a long one", await self._further(long)),
            Page("conversation", "what was done", [f"/api/tickets/{n}/history" for n in some]),
        ]

    async def _people(self) -> list[Page]:
        pages = [f"/api/customers/{n}" for n in self._some(self._customers)]
        # The seeded agents hold the tickets in turn.
        own = [
            f"/api/customers/{AGENTS * n + _AGENT_ID}"
            for n in self._some(self._customers // AGENTS - 1)
            if (AGENTS * n + _AGENT_ID) % 25
        ]
        found = [
            f"/api/customers?query={quote(text)}"
            for kind in ("names", "numbers")
            for text in WANTED[kind]
        ]
        return [
            Page("customers", "one's page", pages),
            Page("customers", "one's page, to an agent", own, "agent"),
            Page("customers", "newest", ["/api/customers"]),
            Page("customers", "newest, to an agent", ["/api/customers"], "agent"),
            Page("customers", "further", await self._further("/api/customers?limit=500")),
            Page("customers", "by name or number", found),
            Page("customers", "by name or number, to an agent", found, "agent"),
        ]

    async def _search(self) -> list[Page]:
        pages = [
            Page(f"search, {by}", kind, [f"/api/search?query={quote(text)}" for text in texts], by)
            for by in ("admin", "agent")
            for kind, texts in WANTED.items()
        ]
        older = {
            by: [
                path
                for kind in ("words", "nothing")
                for path in await self._further(
                    f"/api/search?query={quote(WANTED[kind][0])}", by, pages=5
                )
            ]
            for by in ("admin", "agent")
        }
        return pages + [
            Page(f"search, {by}", "further", paths, by) for by, paths in older.items() if paths
        ]

    def _figures(self) -> list[Page]:
        today = datetime.now(UTC).date()

        def of(days: int) -> str:
            return f"/api/figures?first={today - timedelta(days=days - 1)}&last={today}"

        return [
            Page("board", "board", ["/api/board"]),
            *(Page("figures", f"{days} days", [of(days)]) for days in (1, 7, 14, 30)),
            Page("figures", "14 days, to an agent", [of(14)], "agent"),
            # What the desk never asks for, and programs may.
            Page("figures of 92 days", "92 days", [of(92)]),
        ]

    def _some(self, below: int) -> list[int]:
        return [self._chance.randrange(1, max(2, below)) for _ in range(TIMES)]

    # Telling

    def full_scans(self) -> list[str]:
        """Return a line for each statement that read a large table whole."""
        return sorted(
            {
                f"{page.kind}, {page.name}: {step.rows:,.0f} rows of {step.table} ({step.access}) "
                f"by {statement.text[:600]}"
                for page, statements in self.statements.items()
                for statement in statements
                for step in statement.full_scans
            }
        )

    def figures(self) -> list[Figure]:
        of_kind: dict[str, dict[str, float]] = defaultdict(dict)
        medians: dict[str, list[float]] = defaultdict(list)
        for page, took in self._took.items():
            of_kind[page.kind][page.name] = percentile(took, 95)
            medians[page.kind] += took
        stored = f"{self._messages:,} messages"
        return [
            Figure(
                name=f"seeding {stored} of {self._customers:,} customers by `khalifa dev seed`",
                value=self._minutes,
                bar=BAR_MINUTES,
                at_least=False,
                unit="min",
            ),
            *(
                Figure(
                    name=f"{kind}, {stored}: p95 of the slowest page",
                    value=max(pages.values()),
                    bar=BAR_MS,
                    at_least=False,
                    unit="ms",
                    beside={"p50 of all ms": median(medians[kind])} | _slowest_first(pages),
                )
                for kind, pages in sorted(of_kind.items())
            ),
            self._scanned(),
        ]

    def _scanned(self) -> Figure:
        """Return how many statements read a large table whole, and what each kind looked at."""
        examined: dict[str, float] = defaultdict(float)
        for page, statements in self.statements.items():
            most = max((one.examined for one in statements), default=0)
            examined[f"rows examined at most by one: {page.kind}"] = max(
                examined[f"rows examined at most by one: {page.kind}"], most
            )
        return Figure(
            name=f"statements that read a table of more than {LARGE:,} rows whole, "
            f"of {sum(map(len, self.statements.values())):,}",
            value=len(self.full_scans()),
            bar=0,
            at_least=False,
            beside=dict(examined),
        )


def _slowest_first(pages: Mapping[str, float]) -> dict[str, float]:
    return dict(sorted(pages.items(), key=lambda page: -page[1]))
