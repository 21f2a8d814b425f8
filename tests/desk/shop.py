"""A khalifa that runs, with phones that are played, and the people at its desks."""

import json
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.request import Request, urlopen
from uuid import uuid4

from khalifa.container import build_container
from khalifa.domain.agents import Role
from khalifa.entrypoints.cli.embedded import DataFolder
from khalifa.entrypoints.worker.background import Background
from khalifa.settings import Settings
from tests.e2e.lines import WppconnectLine
from tests.servers import KHALIFA, ForkedProcess, PrivateRedis, free_port

READY_WITHIN = 60
# As the Cloud API has it.
WINDOW_HOURS = 24
PASSWORD = "correct horse battery"

_numbers = count(1)
T = TypeVar("T")


@dataclass
class Shop:
    """
    A khalifa with the sandbox, in a folder of its own; for a session of tests.

    It is what `khalifa up` makes of that folder, but its processes are forked: what
    they import costs more than many a test.
    """

    folder: Path
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        data = DataFolder(self.folder / "data")
        data.make()
        self.database, self._logs = data.database, data.logs
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        # A second provider: customers can be pinned to it. Its far side is played by the
        # tests that want it.
        self.line = WppconnectLine(self.url, self.folder)
        self._redis = PrivateRedis()
        self._env = {
            **data.environment(),
            "WHATSAPP_DRIVER": "sandbox",
            "KHALIFA_PORT": str(port),
            "KHALIFA_INTERNAL_URL": self.url,
            "SANDBOX_WINDOW_HOURS": str(WINDOW_HOURS),
            **self.line.env,
        }
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            opened.enter_context(self._redis)
            self._env["REDIS_URL"] = self._redis.url
            settings = Settings.from_env(self._env)
            self._container = build_container(settings)
            # Playwright has a loop running in the tests' thread. This one never rests: what a
            # use case leaves to be done would else hold the database until the next is asked.
            self._background = opened.enter_context(Background(self._life()))
            self._container.schema().upgrade(settings.database_url)
            processes = [
                ForkedProcess(
                    KHALIFA,
                    *command,
                    env=self._env,
                    cwd=self.folder,
                    log=self._logs / f"{command[-1]}.log",
                )
                for command in [("worker", "intake"), ("worker", "delivery"), ("serve",)]
            ]
            for process in processes:
                opened.callback(process.stop)
                process.start()
            self._run(processes[-1].wait_for_url(f"{self.url}/health/ready", within=READY_WITHIN))
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    @asynccontextmanager
    async def _life(self) -> AsyncIterator[None]:
        yield
        await self._container.cleanup().aclose()

    def _run(self, work: Awaitable[T]) -> T:
        return self._background.run(lambda: work, within=READY_WITHIN)

    def last_words(self, lines: int = 40) -> str:
        """Return the end of each process's log."""
        return "\n".join(
            "\n".join([f"== {log.name}", *log.read_text(errors="replace").splitlines()[-lines:]])
            for log in sorted(self._logs.glob("*.log"))
        )

    def add_agent(self, name: str, *, role: Role = Role.AGENT) -> str:
        """Add an agent as the command line does; return a token, good as a session's cookie."""

        async def add() -> str:
            await self._container.add_agent()(name=name, role=role, password=PASSWORD)
            return await self._container.issue_token()(name)

        self.tokens[name] = self._run(add())
        return self.tokens[name]

    def ask(self, method: str, path: str, body: object = None, *, by: str | None = None) -> Any:
        """Call the API as the agent *by*, or as whoever sits at this machine."""
        headers = {"Content-Type": "application/json"}
        if by is not None:
            headers["Authorization"] = f"Bearer {self.tokens[by]}"
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.url + path, data=data, headers=headers, method=method)
        with urlopen(request, timeout=20) as response:
            answer = response.read()
        return json.loads(answer) if answer else None

    def customer(self, name: str) -> "Customer":
        """Return a customer who has not written yet."""
        return Customer(self, name, f"2010{os.getpid() % 10000:04d}{next(_numbers):04d}")

    def let_wait(self, name: str, *, minutes: float) -> None:
        """Let the customer *name*, who waits for an answer, have begun to so long ago."""
        since = datetime.now(UTC) - timedelta(minutes=minutes)
        with closing(sqlite3.connect(self.database, timeout=10)) as database, database:
            database.execute(
                "UPDATE tickets SET waiting_since = ? WHERE waiting_since IS NOT NULL "
                "AND customer_id = (SELECT id FROM customers WHERE name = ?)",
                (since.strftime("%Y-%m-%d %H:%M:%S.%f"), name),
            )

    def let_window_close(self, name: str, *, within: timedelta) -> None:
        """Let the customer *name* have written so long ago that the window closes *within* that."""
        wrote = datetime.now(UTC) - timedelta(hours=WINDOW_HOURS) + within
        with closing(sqlite3.connect(self.database, timeout=10)) as database, database:
            database.execute(
                "UPDATE customers SET last_inbound_at = json_set(last_inbound_at, '$.sandbox', ?) "
                "WHERE name = ?",
                (wrote.isoformat(), name),
            )

    def let_be_rated(self, name: str, rating: int) -> None:
        """Let the customer *name* have answered how content they were."""
        with closing(sqlite3.connect(self.database, timeout=10)) as database, database:
            database.execute(
                "UPDATE tickets SET rating = ? "
                "WHERE customer_id = (SELECT id FROM customers WHERE name = ?)",
                (rating, name),
            )

    @contextmanager
    def wppconnect(self) -> Iterator[Callable[..., object]]:
        """Play the second provider's far side meanwhile; gives a way to steer it."""

        def act(action: str, **arguments: object) -> object:
            return self._run(self.line.act(action, **arguments))

        with self.line.far_side:
            self._run(self.line.far_side.wait_for_line("http://"))
            yield act

    def quiet(self, agent: str) -> None:
        """Close what *agent* holds, and send them home: the next test finds nobody's work."""
        self.ask("POST", "/api/agents/me/presence", {"presence": "offline"}, by=agent)
        for ticket in self.ask("GET", "/api/tickets?limit=500", by=agent)["items"]:
            self.ask("POST", f"/api/tickets/{ticket['id']}/close", by=agent)


@dataclass(frozen=True)
class Customer:
    """Somebody with a phone."""

    shop: Shop
    name: str
    phone: str

    def write(self, text: str) -> None:
        path = f"/api/sandbox/phones/{self.phone}/messages"
        self.shop.ask("POST", path, {"name": self.name, "text": text})

    def stands_at(self, **place: object) -> None:
        """Send a location."""
        path = f"/api/sandbox/phones/{self.phone}/messages"
        body = {"name": self.name, "kind": "location", "content": place}
        self.shop.ask("POST", path, body)

    def send(self, file: bytes, *, kind: str, mime_type: str) -> None:
        """Send a file, as one form."""
        edge = uuid4().hex
        head = 'Content-Disposition: form-data; name="{}"'.format
        fields = {"name": self.name, "kind": kind}
        parts = [f"{head(field)}\r\n\r\n{text}".encode() for field, text in fields.items()]
        parts.append(f'{head("file")}; filename="f"\r\nContent-Type: {mime_type}'.encode())
        parts[-1] += b"\r\n\r\n" + file
        body = b"".join(b"--%s\r\n%s\r\n" % (edge.encode(), part) for part in parts)
        path = f"{self.shop.url}/api/sandbox/phones/{self.phone}/files"
        headers = {"Content-Type": f"multipart/form-data; boundary={edge}"}
        with urlopen(Request(path, data=body + f"--{edge}--\r\n".encode(), headers=headers)):
            pass

    def reads(self) -> list[str]:
        """Look at the phone: return what we wrote to it, which is read by that."""
        path = f"/api/sandbox/phones/{self.phone}/messages"
        items = self.shop.ask("GET", path)["items"]
        return [item["text"] for item in items if item["from_us"]]


@dataclass
class Watch:
    """What a browser complained of, and what it asked others for."""

    host: str
    complaints: list[str] = field(default_factory=list)
    allowed: Callable[[str], bool] = lambda _: False

    def complain(self, words: str) -> None:
        if not self.allowed(words):
            self.complaints.append(words)
