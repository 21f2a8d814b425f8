"""From commit to the frame on the agent's screen, with 50 agents at their desks."""

from itertools import chain

from benchmarks.load import Load
from benchmarks.notes import Notes, Version, percentile
from benchmarks.report import Figure
from benchmarks.screens import Screens, screens_of
from benchmarks.systems import System
from benchmarks.traffic import requests_of

ROUNDS = 3
AGENTS = 50
# Four customers a second write to each agent.
RATE = 200
MESSAGES = 1200


async def run(rounds: int = ROUNDS) -> list[Figure]:
    """Post at a fixed rate; every message makes two frames on the screen of its agent."""
    async with System("noting", agents=AGENTS) as system:
        await system.fill()
        async with screens_of(system) as screens:
            delays = [await _delays(system, screens) for _ in range(rounds)]
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


async def _delays(system: System, screens: Screens) -> list[float]:
    screens.clear()
    calls = system.traffic.take(MESSAGES)
    after = system.rows.last_message()
    async with Load(system.port) as load:
        await load.at(RATE, requests_of(calls))
    await system.filed(MESSAGES, after=after)
    shown = await screens.all_shown(MESSAGES)
    committed = Notes(system.notes).committed
    return [
        at - moment
        for at, frame in shown
        if (moment := committed.get(Version(frame.type, frame.id, frame.version))) is not None
    ]
