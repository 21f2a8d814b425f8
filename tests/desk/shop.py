"""A khalifa that runs, with phones that are played, and the people at its desks."""

import asyncio
import json
import os
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.request import Request, urlopen

from khalifa.container import build_container
from khalifa.domain.agents import Role
from khalifa.entrypoints.cli.embedded import environment_for
from khalifa.settings import Settings
from tests.e2e.lines import WppconnectLine
from tests.servers import Process, free_port

READY = "khalifa is running"
READY_WITHIN = 60
PASSWORD = "correct horse battery"

_numbers = count(1)
T = TypeVar("T")


def _run(task: Coroutine[Any, Any, T]) -> T:
    """Run *task* in a thread of its own: Playwright has a loop running in this one."""
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(asyncio.run, task).result()


@dataclass
class Shop:
    """One `khalifa up` with the sandbox, in a folder of its own; for a session of tests."""

    folder: Path
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.data = self.folder / "data"
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._process = Process(
            "khalifa",
            *("up", "--data", str(self.data), "--port", str(port)),
            # A second provider, whose far side nobody plays: customers can be pinned to it.
            env={"COLUMNS": "200", **WppconnectLine(self.url, self.folder).env},
            cwd=self.folder,
            log=self.folder / "up.log",
        )

    def __enter__(self) -> Self:
        self._process.start()
        _run(self._process.wait_for_line(READY, within=READY_WITHIN))
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stop()

    def add_agent(self, name: str, *, role: Role = Role.AGENT) -> str:
        """Add an agent as the command line does; return a token, good as a session's cookie."""

        async def add() -> str:
            env, _ = environment_for(self.data)
            container = build_container(Settings.from_env({**env, "WHATSAPP_DRIVER": "sandbox"}))
            async with container.cleanup():
                await container.add_agent()(name=name, role=role, password=PASSWORD)
                return await container.issue_token()(name)

        self.tokens[name] = _run(add())
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
