"""The whole of khalifa as it runs in production: processes, servers and a provider's far side."""

import asyncio
import random
import secrets
import signal
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
from sqlalchemy.engine import make_url

from khalifa.container import Container, build_container
from khalifa.domain.agents import Role
from khalifa.settings import Settings
from tests.e2e.lines import Line
from tests.servers import (
    KHALIFA,
    ForkedProcess,
    MysqlServer,
    PrivateRedis,
    Process,
    eventually,
    free_port,
    free_ports,
)

METRICS_TOKEN = "metrics-token-of-the-tests"


class SqliteFiles(MysqlServer):
    """Files in a folder, asked in the same way as a server."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "khalifa.db"

    def create_database(self) -> str:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        return f"sqlite+aiosqlite:///{self._path}"

    def drop_database(self, url: str) -> None:
        self._path.unlink()

    def execute(self, *statements: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self._path, timeout=30)) as database:
            return [row for one in statements for row in database.execute(one).fetchall()]


@dataclass
class System:
    """
    A server, an intake and a delivery worker on MariaDB and Redis, for one provider.

    ``tokens`` has an API token for each agent that was added, by name; ``admin``
    is always there.
    """

    line_type: type[Line]
    mysql: MysqlServer
    redis: PrivateRedis
    folder: Path
    intake_workers: int = 1
    log_level: str = "info"
    connections: int = 40
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.line = self.line_type(self.url, self.folder / "logs")
        self.database_url = self.mysql.create_database()
        self.env: Mapping[str, str] = {
            **self.line.env,
            "WHATSAPP_DRIVER": self.line.driver,
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis.url,
            "KHALIFA_DATA_DIR": str(self.folder / "data"),
            "KHALIFA_PORT": str(self.port),
            "KHALIFA_LOG_LEVEL": self.log_level,
            "KHALIFA_METRICS_TOKEN": METRICS_TOKEN,
        }
        if self.intake_workers == 1:
            # Several workers of one kind would want the same port.
            self.env = {**self.env, "KHALIFA_WORKER_METRICS_PORT": str(free_ports(2))}
        self.server = self._process("serve")
        self.intake = [
            self._process("worker", "intake", name=f"intake-{n}")
            for n in range(self.intake_workers)
        ]
        self.delivery = self._process("worker", "delivery")
        self._opened = AsyncExitStack()

    def _process(self, *arguments: str, name: str | None = None) -> Process:
        log = self.folder / "logs" / f"{name or '-'.join(arguments)}.log"
        return ForkedProcess(KHALIFA, *arguments, env=self.process_env, cwd=self.folder, log=log)

    @property
    def process_env(self) -> Mapping[str, str]:
        """The environment of khalifa's processes."""
        return self.env

    @property
    def processes(self) -> Sequence[Process]:
        return [self.server, *self.intake, self.delivery]

    async def __aenter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(self.container.schema().upgrade, self.database_url)
        await self._opened.enter_async_context(self.line)
        self.http = await self._opened.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=self.connections))
        )
        await self.add_agent("admin", role=Role.ADMIN)
        for process in self.processes:
            self._opened.callback(process.stop)
            process.start()
        await self.server.wait_for_url(f"{self.url}/health/ready", within=60)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # All at once, so that their farewells overlap.
        for process in self.processes:
            if process.is_running:
                process.signal(signal.SIGTERM)
        await self._opened.aclose()
        self.drop_database()

    def drop_database(self) -> None:
        self.mysql.drop_database(self.database_url)

    @property
    def container(self) -> Container:
        """Return a container of the test's own, on the same database and Redis."""
        return build_container(Settings.from_env(self.env))

    async def add_agent(
        self, name: str, *, role: Role = Role.AGENT, capacity: int = 15, online: bool = False
    ) -> str:
        """Add an agent as the command line does; return an API token."""
        container = self.container
        try:
            await container.add_agent()(name=name, role=role, capacity=capacity)
            self.tokens[name] = await container.issue_token()(name)
        finally:
            await container.cleanup().aclose()
        if online:
            await self.ask("POST", "/api/agents/me/presence", {"presence": "online"}, by=name)
        return self.tokens[name]

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        by: str = "admin",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Call the API as the agent *by*, expect *status*, return the answer's JSON."""
        bearer = {"Authorization": f"Bearer {self.tokens[by]}"}
        async with self.http.request(
            method, self.url + path, json=body, headers={**bearer, **(headers or {})}
        ) as response:
            assert response.status == status, (method, path, response.status, await response.text())
            return await response.json(content_type=None)

    async def everything(self, path: str, *, by: str = "admin") -> list[dict[str, Any]]:
        """Return all items of a list, page by page."""
        items: list[dict[str, Any]] = []
        cursor = ""
        joint = "&" if "?" in path else "?"
        while True:
            page = await self.ask("GET", f"{path}{joint}limit=500&cursor={cursor}", by=by)
            items.extend(page["items"])
            cursor = page["next_cursor"]
            if cursor is None:
                return items

    async def messages(self) -> list[dict[str, Any]]:
        """Return every message of every ticket."""
        tickets = await self.everything("/api/tickets?status=all")
        pages = [await self.everything(f"/api/tickets/{t['id']}/messages") for t in tickets]
        return [message for page in pages for message in page]

    async def post_webhooks(
        self,
        bodies: Sequence[bytes],
        *,
        connections: int = 20,
        insist: bool = False,
    ) -> list[int]:
        """
        Post *bodies* to our webhook over so many connections; return the answers' statuses.

        With *insist*, a body is posted again until it is answered 2xx, as a
        provider does whose call fails.
        """
        waiting = list(reversed(bodies))
        statuses: list[int] = []

        async def one() -> None:
            while waiting:
                body = waiting.pop()
                status = await self._post_webhook(body)
                while insist and status != 200:
                    await asyncio.sleep(0.05)
                    status = await self._post_webhook(body)
                statuses.append(status)

        await asyncio.gather(*(one() for _ in range(connections)))
        return statuses

    async def _post_webhook(self, body: bytes) -> int:
        headers = {"Content-Type": "application/json", **self.line.headers(body)}
        try:
            async with self.http.post(
                self.line.webhook_url, data=body, headers=headers
            ) as response:
                await response.read()
                return response.status
        except (aiohttp.ClientError, OSError):
            return 0

    async def filed(self, messages: int, *, within: float = 60) -> None:
        """Wait until so many messages are stored and nothing more is waiting to be filed."""

        async def stored() -> bool:
            return self.count("messages") >= messages

        await eventually(stored, within=within, what=f"{messages} messages stored")

    def count(self, table: str, where: str = "1=1") -> int:
        """Count rows in the database, without asking khalifa."""
        return self.number(f"SELECT COUNT(*) FROM {table} WHERE {where}")

    def number(self, query: str) -> int:
        """Return the one number that *query* gives."""
        return int(str(self.rows(query)[0][0] or 0))

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Return what *query* gives, without asking khalifa."""
        if isinstance(self.mysql, SqliteFiles):
            return self.mysql.execute(query)
        return self.mysql.execute(f"USE `{make_url(self.database_url).database}`", query)


def shuffled_twice(bodies: Sequence[bytes], *, seed: int) -> list[bytes]:
    """Return every body twice, in an order that the seed decides."""
    twice = [*bodies, *bodies]
    random.Random(seed).shuffle(twice)
    return twice


def phone(n: int) -> str:
    """Return the n-th customer's number, a mobile one in Egypt."""
    return f"2010{n:08d}"


def new_key() -> str:
    return secrets.token_hex(8)
