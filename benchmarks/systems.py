"""Whole systems on servers of their own, frozen while another one is measured."""

import asyncio
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from benchmarks.load import Load
from benchmarks.opened import Opened
from benchmarks.rows import Rows
from benchmarks.traffic import APP_SECRET, PHONE_NUMBER_ID, Traffic, requests_of
from benchmarks.variants import NOTES
from khalifa.container import build_container
from khalifa.settings import Settings
from tests.servers import PrivateMariaDB, PrivateRedis, Process, eventually, free_port

_ROOT = Path(__file__).parents[1]
# A production server's cache; the default of 128 MB is for a laptop.
DATABASE = ("--innodb-buffer-pool-size=1G", "--innodb-log-file-size=256M")
_CAPACITY = 1000
_SETTLED_WITHIN = 60
_THAWED_AFTER = 0.1
_WARM_UP = 48


@dataclass
class System(Opened):
    """
    A server and an intake worker on a durable MariaDB and a Redis; `agents` of them can sign in.

    ``variant`` is one of variants.py; None is khalifa as it is. Use as an async
    context manager.
    """

    variant: str | None = None
    agents: int = 10
    with_intake: bool = True
    tokens: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._opened = AsyncExitStack()
        self.port = free_port()
        self.traffic = Traffic(self.port)

    async def _open(self) -> None:
        enter = self._opened.enter_context
        self.folder = Path(enter(tempfile.TemporaryDirectory(prefix="khalifa-bench-")))
        self.mariadb = enter(PrivateMariaDB(durable=True, options=DATABASE))
        self.redis = enter(PrivateRedis())
        url = self.mariadb.create_database()
        self.rows = Rows(self.mariadb, url)
        self.notes = self.folder / "notes.jsonl"
        self.env: Mapping[str, str] = {
            "WHATSAPP_DRIVER": "cloud_api",
            "DATABASE_URL": url,
            "REDIS_URL": self.redis.url,
            "KHALIFA_DATA_DIR": str(self.folder / "data"),
            "KHALIFA_PORT": str(self.port),
            # Nobody is there: these customers are only listened to.
            "CLOUD_API_BASE_URL": f"http://127.0.0.1:{free_port()}",
            "CLOUD_API_PHONE_NUMBER_ID": PHONE_NUMBER_ID,
            "CLOUD_API_ACCESS_TOKEN": "access-token-of-the-benchmarks",
            "CLOUD_API_APP_SECRET": APP_SECRET,
            "CLOUD_API_WEBHOOK_VERIFY_TOKEN": "verify-token-of-the-benchmarks",
            NOTES: str(self.notes),
        }
        self.server = self._process("serve")
        self.processes = [self.server]
        if self.with_intake:
            self.processes.append(self._process("intake"))
        await self._prepare(url)
        for process in self.processes:
            enter(process)
        await self.server.wait_for_url(f"http://127.0.0.1:{self.port}/health/live", within=60)

    def _process(self, kind: str) -> Process:
        log = self.folder / f"{kind}.log"
        if self.variant is None:
            command = ("serve",) if kind == "serve" else ("worker", kind)
            return Process("khalifa", *command, env=self.env, cwd=self.folder, log=log)
        module = ("-m", "benchmarks.variants", self.variant, kind)
        return Process.python(*module, env=self.env, cwd=_ROOT, log=log)

    async def _prepare(self, url: str) -> None:
        """Make the schema and the agents, all of them online and with room for everybody."""
        container = build_container(Settings.from_env(self.env))
        await asyncio.to_thread(container.schema().upgrade, url)
        names = [f"agent-{number}" for number in range(self.agents)]
        try:
            for name in names:
                await container.add_agent()(name=name, capacity=_CAPACITY)
                self.tokens.append(await container.issue_token()(name))
        finally:
            await container.cleanup().aclose()
        self.rows.run("UPDATE agents SET presence = 'online', last_seen_at = '2100-01-01'")

    async def fill(self, messages: int = 0) -> None:
        """Let one customer write, then multiply their rows: all customers, and old messages."""
        async with Load(self.port, 1) as load:
            await load.as_answered(requests_of(self.traffic.take(1)))
        await self.filed(1, after=0)
        self.rows.multiply_customers()
        if messages:
            self.rows.multiply_messages(messages)

    async def filed(self, how_many: int, *, after: int) -> None:
        """Wait until so many messages are committed whose ids are beyond *after*."""

        def enough() -> bool:
            return self.rows.messages_after(after) >= how_many

        await eventually(enough, within=_SETTLED_WITHIN, what=f"{how_many} messages filed")

    @asynccontextmanager
    async def thawed(self) -> AsyncIterator[Self]:
        """Run, and be frozen again."""
        self.mariadb.thaw()
        self.redis.thaw()
        # What was asked before the frost is answered before anybody looks whether it is late.
        await asyncio.sleep(_THAWED_AFTER)
        for process in self.processes:
            process.signal(signal.SIGCONT)
        await self._settled()
        try:
            yield self
        finally:
            self.freeze()

    @contextmanager
    def server_alone(self) -> Iterator[None]:
        """Let the server work without the worker beside it, which then goes on."""
        others = [process for process in self.processes if process is not self.server]
        for process in others:
            process.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for process in others:
                process.signal(signal.SIGCONT)

    def freeze(self) -> None:
        for process in self.processes:
            process.signal(signal.SIGSTOP)
        self.mariadb.freeze()
        self.redis.freeze()

    async def _settled(self) -> None:
        """Wait until a few messages have come through, connections and caches awake again."""
        if self.with_intake:
            await self.throughput(_WARM_UP)
        else:
            await self.taken_in(_WARM_UP)

    async def throughput(self, how_many: int) -> float:
        """Return messages a second, from the first posted to the last committed."""
        calls = self.traffic.take(how_many)
        after = self.rows.last_message()
        async with Load(self.port) as load:
            begun = time.monotonic()
            await load.as_answered(requests_of(calls))
            await self.filed(how_many, after=after)
            return how_many / (time.monotonic() - begun)

    async def taken_in(self, how_many: int) -> float:
        """Return webhook calls answered a second, whatever becomes of them."""
        calls = self.traffic.take(how_many)
        async with Load(self.port) as load:
            return how_many / await load.as_answered(requests_of(calls))
