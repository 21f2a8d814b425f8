"""Two of everything, on roads that can be cut."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from sqlalchemy.engine import make_url

from tests.crash.process import NONE, REAL
from tests.crash.proxy import Road
from tests.e2e.system import System
from tests.servers import ForkedProcess, PrivateMariaDB, Process, free_port

AGENTS = ("sara", "omar", "mona")


@dataclass
class CrashSystem(System):
    """
    Two servers, two intake and two delivery workers; MariaDB and Redis behind roads.

    The test's own looks go past the roads. ``guard`` is taken out of every
    process, see `tests.crash.process`.
    """

    mysql: PrivateMariaDB
    guard: str = NONE
    scale: str = REAL
    # Calls to a server that stands still must not keep others from the other one.
    connections: int = 400

    def __post_init__(self) -> None:
        super().__post_init__()
        self.mysql_road = Road(self.mysql.port)
        self.redis_road = Road(self.redis.port)
        self.env = {
            **self.env,
            "DATABASE_URL": make_url(self.database_url)
            .set(port=self.mysql_road.port)
            .render_as_string(hide_password=False),
            "REDIS_URL": self.redis.url.replace(
                f":{self.redis.port}/", f":{self.redis_road.port}/"
            ),
        }
        ports = (self.port, free_port())
        self.servers = [
            self._started_by("serve", n, KHALIFA_PORT=str(p)) for n, p in enumerate(ports)
        ]
        self.server = self.servers[0]
        self.urls = [f"http://127.0.0.1:{port}" for port in ports]
        self.intake = [self._started_by("worker", n, "intake") for n in range(2)]
        self.deliverers = [self._started_by("worker", n, "delivery") for n in range(2)]
        self._roads = AsyncExitStack()

    def _started_by(self, command: str, n: int, *arguments: str, **env: str) -> Process:
        name = "-".join([command, *arguments, str(n)])
        return ForkedProcess(
            "tests.crash.process",
            self.guard,
            self.scale,
            command,
            *arguments,
            env={**self.env, **env},
            cwd=self.folder,
            log=self.folder / "logs" / f"{name}.log",
        )

    @property
    def processes(self) -> Sequence[Process]:
        return [*self.servers, *self.intake, *self.deliverers]

    async def __aenter__(self) -> Self:
        await self._roads.enter_async_context(self.mysql_road)
        await self._roads.enter_async_context(self.redis_road)
        await super().__aenter__()
        await self.servers[1].wait_for_url(f"{self.urls[1]}/health/ready", within=60)
        if self.guard == "unique key and customer lock":
            self.run("ALTER TABLE tickets DROP INDEX uq_tickets_active_customer_id")
        await asyncio.gather(*(self.add_agent(name, capacity=1000, online=True) for name in AGENTS))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await super().__aexit__(kind, error, trace)
        await self._roads.aclose()

    def drop_database(self) -> None:
        """Leave it: the server is the test's own, and goes with it, locks and all."""

    def run(self, *statements: str) -> list[tuple[object, ...]]:
        """Run statements in the database, without asking khalifa; return the rows of the last."""
        database = make_url(self.database_url).database
        return self.mysql.execute(f"USE `{database}`", *statements)

    def settings_env(self) -> Mapping[str, str]:
        """Return the environment of khalifa's command line beside the system, past the roads."""
        return {**self.env, "DATABASE_URL": self.database_url, "REDIS_URL": self.redis.url}
