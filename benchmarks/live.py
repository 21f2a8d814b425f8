"""From commit to the frame on the agent's screen, with 50 agents at their desks."""

import asyncio
import time
from contextlib import AsyncExitStack
from itertools import chain

import aiohttp
import msgspec

from benchmarks.load import Load
from benchmarks.notes import Notes, Version, percentile
from benchmarks.report import Figure
from benchmarks.systems import System
from benchmarks.traffic import requests_of
from tests.servers import eventually

ROUNDS = 3
AGENTS = 50
# Four customers a second write to each agent.
RATE = 200
MESSAGES = 1200
_ALL_FRAMES_WITHIN = 10.0


class Frame(msgspec.Struct):
    type: str
    id: str = ""
    version: int = 0


class Screen:
    """One agent's open socket: every frame, and when it came."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.frames: list[tuple[float, str]] = []

    async def watch(self) -> None:
        async for message in self._socket:
            self.frames.append((time.monotonic(), message.data))


async def run(rounds: int = ROUNDS) -> list[Figure]:
    """Post at a fixed rate; every message makes two frames on the screen of its agent."""
    async with System("noting", agents=AGENTS) as system, AsyncExitStack() as opened:
        await system.fill()
        http = await opened.enter_async_context(aiohttp.ClientSession())
        screens = [await _screen(http, system, token) for token in system.tokens]
        watching = await opened.enter_async_context(asyncio.TaskGroup())
        tasks = [watching.create_task(screen.watch()) for screen in screens]
        delays = [await _delays(system, screens) for _ in range(rounds)]
        for task in tasks:
            task.cancel()
    return [
        Figure.of_rounds(
            f"commit to the agent's frame, {AGENTS} agents, p99",
            [1000 * percentile(round_, 99) for round_ in delays],
            bar=50,
            at_least=False,
            unit="ms",
            beside={
                "messages/s": RATE,
                "frames": sum(map(len, delays)),
                "p50 ms": 1000 * percentile(list(chain.from_iterable(delays)), 50),
            },
        )
    ]


async def _screen(http: aiohttp.ClientSession, system: System, token: str) -> Screen:
    socket = await http.ws_connect(
        f"http://127.0.0.1:{system.port}/api/live", headers={"Authorization": f"Bearer {token}"}
    )
    return Screen(socket)


async def _delays(system: System, screens: list[Screen]) -> list[float]:
    for screen in screens:
        screen.frames.clear()
    calls = system.traffic.take(MESSAGES)
    after = system.rows.last_message()
    async with Load(system.port) as load:
        await load.at(RATE, requests_of(calls))
    await system.filed(MESSAGES, after=after)
    committed = Notes(system.notes).message_committed
    await _all_messages_shown(screens, len([c for c in calls if c.wamid in committed]))
    return list(_matched(system, screens))


async def _all_messages_shown(screens: list[Screen], messages: int) -> None:
    """
    Wait until every message has come to a screen.

    Raises:
        TimeoutError: one did not.
    """

    def all_shown() -> bool:
        shown = sum('"message.changed"' in data for s in screens for _, data in s.frames)
        return shown >= messages

    await eventually(all_shown, within=_ALL_FRAMES_WITHIN, what="all frames")


def _matched(system: System, screens: list[Screen]) -> list[float]:
    committed = Notes(system.notes).committed
    decode = msgspec.json.Decoder(Frame).decode
    delays = []
    for screen in screens:
        for at, data in screen.frames:
            frame = decode(data)
            moment = committed.get(Version(frame.type, frame.id, frame.version))
            if moment is not None:
                delays.append(at - moment)
    return delays
