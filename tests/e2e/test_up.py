"""`khalifa up` as a person has it: one command, one folder, nothing left behind."""

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.servers import Process, eventually, free_port

READY = "khalifa is running"
READY_WITHIN = 60
PHONE = "201012345678"


class Up:
    """A `khalifa up` in a folder of its own, and whoever sits before it."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = self.another("--port", str(self.port))
        self._folder = folder

    def another(self, *options: str, log: str = "up.log", **env: str) -> Process:
        """Return a further `up` on the same folder."""
        folder = self.data.parent
        return Process(
            "khalifa",
            *("up", "--data", str(self.data)),
            *options,
            env={"COLUMNS": "200", **env},
            cwd=folder,
            log=folder / log,
        )

    async def start(self) -> None:
        self.process.start()
        await self.process.wait_for_line(READY, within=READY_WITHIN)

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((self.data / "up.json").read_text())
        return state

    @property
    def password(self) -> str:
        return (self.data / "admin-password").read_text().strip()


class Desk:
    """The first administrator's browser, signed in and online."""

    def __init__(self, up: Up, http: aiohttp.ClientSession) -> None:
        self._url = up.url
        self._http = http

    @classmethod
    async def opened(cls, up: Up, http: aiohttp.ClientSession) -> "Desk":
        desk = cls(up, http)
        await desk.ask("POST", "/api/auth/login", {"name": "admin", "password": up.password})
        await desk.ask("POST", "/api/agents/me/presence", {"presence": "online"})
        return desk

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        async with self._http.request(
            method, self._url + path, json=body, headers={"Origin": self._url}
        ) as response:
            assert response.ok, (path, response.status, await response.text())
            return await response.json(content_type=None)

    async def write_as_customer(self, text: str) -> None:
        path = f"/api/sandbox/phones/{PHONE}/messages"
        await self.ask("POST", path, {"name": "Mona", "text": text})

    async def on_the_phone(self) -> list[tuple[str, str | None]]:
        screen = await self.ask("GET", f"/api/sandbox/phones/{PHONE}/messages")
        return [(item["text"], item["status"]) for item in screen["items"]]

    async def said(self) -> list[tuple[str, str]]:
        """Return what is on the one ticket, with each message's status."""
        tickets = (await self.ask("GET", "/api/tickets"))["items"]
        if not tickets:
            return []
        page = await self.ask("GET", f"/api/tickets/{tickets[0]['id']}/messages")
        return [(item["text"], item["status"]) for item in page["items"]]

    async def answer(self, text: str) -> None:
        (ticket,) = (await self.ask("GET", "/api/tickets"))["items"]
        await self.ask("POST", f"/api/tickets/{ticket['id']}/messages", {"text": text})


@pytest.fixture
async def up(tmp_path: Path) -> AsyncIterator[Up]:
    up = Up(tmp_path)
    try:
        yield up
    finally:
        up.process.stop()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    # Cookies of an address without a name are kept only if one says so.
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        yield http


def _family(pid: int) -> set[int]:
    """Return the pids of every process below *pid*."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int(_stat(entry)[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    family = {pid}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return family - {pid}


def _gone(pids: set[int]) -> Callable[[], bool]:
    def gone() -> bool:
        return not any(_is_alive(pid) for pid in pids)

    return gone


def _is_alive(pid: int) -> bool:
    try:
        return _stat(Path(f"/proc/{pid}"))[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _stat(process: Path) -> list[str]:
    """Return state, parent and so on: what stands behind the name, which may hold anything."""
    return (process / "stat").read_text().rpartition(")")[2].split()


async def test_a_fresh_folder_carries_a_conversation_and_keeps_it(
    up: Up, http: aiohttp.ClientSession
) -> None:
    await up.start()

    page = up.process.output()
    assert up.password in page
    assert f"{up.url}/sandbox" in page
    assert (up.data / "admin-password").stat().st_mode & 0o777 == 0o600

    desk = await Desk.opened(up, http)
    await desk.write_as_customer("صباح الخير")

    async def arrived() -> bool:
        return [text for text, _ in await desk.said()] == ["صباح الخير"]

    await eventually(arrived, what="the customer's message at the desk")
    await desk.answer("أهلاً بك")

    async def answered() -> bool:
        return "أهلاً بك" in [text for text, _ in await desk.on_the_phone()]

    await eventually(answered, what="the answer on the customer's phone")

    async def receipted() -> bool:
        return (await desk.said())[-1] in [("أهلاً بك", "delivered"), ("أهلاً بك", "read")]

    await eventually(receipted, what="the receipt of the answer")

    begun = time.monotonic()
    assert await up.process.terminate(within=15) == 0
    assert time.monotonic() - begun < 10

    await up.start()
    assert up.password not in up.process.output()
    desk = await Desk.opened(up, http)
    assert [text for text, _ in await desk.said()] == ["صباح الخير", "أهلاً بك"]


async def test_a_second_up_on_the_folder_is_refused_and_harms_nothing(up: Up) -> None:
    await up.start()
    before = up.state

    with up.another("--port", str(free_port()), log="second.log") as second:
        assert await second.wait() == 1
        assert f"pid {up.process.pid}" in second.output()

    assert up.state == before


async def test_nothing_is_left_when_up_is_killed(up: Up) -> None:
    await up.start()
    family = _family(up.process.pid)
    assert set(up.state["pids"].values()) < family

    up.process.kill()

    await eventually(_gone(family), within=10, what="all children gone")
    # The folder and the port are free again.
    await up.start()


async def test_ctrl_c_ends_everything(up: Up) -> None:
    await up.start()
    family = _family(up.process.pid)
    runtime = Path(up.state["redis_url"].removeprefix("unix://")).parent

    up.process.signal(signal.SIGINT)

    assert await up.process.wait(within=10) == 0
    assert _gone(family)()
    assert not runtime.exists()


async def test_a_child_that_dies_is_started_again(up: Up, http: aiohttp.ClientSession) -> None:
    await up.start()
    before = up.state["pids"]

    for pid in before.values():
        os.kill(pid, signal.SIGKILL)

    def replaced() -> bool:
        now = up.state["pids"]
        return now.keys() == before.keys() and not set(now.values()) & set(before.values())

    await eventually(replaced, within=30, what="others in their place")
    await up.process.wait_for_url(f"{up.url}/health/ready", within=30)
    desk = await Desk.opened(up, http)
    await desk.write_as_customer("هل من أحد؟")

    async def arrived() -> bool:
        return len(await desk.said()) == 1

    await eventually(arrived, within=30, what="the message at the desk")


async def test_a_taken_port_is_told_in_a_sentence(up: Up) -> None:
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", up.port):
        up.process.start()
        assert await up.process.wait() == 1
    assert f"Port {up.port} is taken by another program." in up.process.output()


async def test_a_provider_without_its_settings_stops_the_start_by_name(up: Up) -> None:
    with up.another(WHATSAPP_DRIVER="wppconnect") as process:
        assert await process.wait() == 2
        said = process.output()
    assert said.startswith("khalifa: WPPCONNECT_URL is not set.")
    assert "Traceback" not in said
