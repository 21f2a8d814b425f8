"""Agents' screens: open sockets, and every frame that came to them."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import msgspec

from benchmarks.notes import Entity
from benchmarks.systems import System
from tests.servers import eventually

_ALL_FRAMES_WITHIN = 10.0


class Frame(msgspec.Struct):
    type: str
    id: str = ""
    version: int = 0
    entity: Entity | None = None


_FRAME = msgspec.json.Decoder(Frame)


class Screen:
    """One agent's open socket: every frame, and when it came."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.frames: list[tuple[float, str]] = []

    async def watch(self) -> None:
        async for message in self._socket:
            self.frames.append((time.monotonic(), message.data))


class Screens:
    """Every agent of a system, each at a desk."""

    def __init__(self, screens: list[Screen]) -> None:
        self._screens = screens

    def clear(self) -> None:
        for screen in self._screens:
            screen.frames.clear()

    async def all_shown(self, messages: int) -> list[tuple[float, Frame]]:
        """
        Return all frames, each with when it came, once there is one of every message.

        Raises:
            TimeoutError: one did not come.
        """

        def are_shown() -> bool:
            shown = sum('"message.changed"' in data for s in self._screens for _, data in s.frames)
            return shown >= messages

        await eventually(are_shown, within=_ALL_FRAMES_WITHIN, what="all frames")
        return [(at, _FRAME.decode(data)) for screen in self._screens for at, data in screen.frames]


@asynccontextmanager
async def screens_of(system: System) -> AsyncIterator[Screens]:
    """Open every agent's live connection, and keep watching."""
    url = f"http://127.0.0.1:{system.port}/api/live"
    async with AsyncExitStack() as opened:
        http = await opened.enter_async_context(aiohttp.ClientSession())
        screens = [
            Screen(await http.ws_connect(url, headers={"Authorization": f"Bearer {token}"}))
            for token in system.tokens
        ]
        watching = await opened.enter_async_context(asyncio.TaskGroup())
        tasks = [watching.create_task(screen.watch()) for screen in screens]
        yield Screens(screens)
        for task in tasks:
            task.cancel()
