"""From POST to commit: when little happens, and at half of what khalifa can take."""

from collections.abc import Sequence
from statistics import median

from benchmarks.load import Load
from benchmarks.notes import Notes, percentile
from benchmarks.report import Figure
from benchmarks.systems import System
from benchmarks.traffic import requests_of

ROUNDS = 3
MESSAGES_TO_FIND_THE_MAXIMUM = 10_000
IDLE_RATE = 20
IDLE_MESSAGES = 100
SECONDS_AT_HALF = 6


async def run(rounds: int = ROUNDS) -> list[Figure]:
    """Find the maximum, then post at fixed rates; a request is late from when it was due."""
    idle: list[list[float]] = []
    half: list[list[float]] = []
    async with System("noting") as system:
        await system.fill()
        maximum = median(
            [await system.throughput(MESSAGES_TO_FIND_THE_MAXIMUM) for _ in range(rounds)]
        )
        for _ in range(rounds):
            idle.append(await latencies(system, IDLE_RATE, IDLE_MESSAGES))
            half.append(await latencies(system, maximum / 2, int(maximum / 2 * SECONDS_AT_HALF)))
    return [
        _figure("idle, p50", idle, 50, 20, {"messages/s": IDLE_RATE, "p99 ms": _ms(idle, 99)}),
        _figure("at half of the maximum, p50", half, 50, 30, {"messages/s": maximum / 2}),
        _figure("at half of the maximum, p99", half, 99, 150, {"messages/s": maximum / 2}),
    ]


async def latencies(system: System, rate: float, how_many: int) -> list[float]:
    """Post at *rate* a second; return the seconds from when each was due to its commit."""
    calls = system.traffic.take(how_many)
    after = system.rows.last_message()
    async with Load(system.port) as load:
        due = await load.at(rate, requests_of(calls))
    await system.filed(how_many, after=after)
    committed = Notes(system.notes).message_committed
    return [committed[call.wamid] - moment for call, moment in zip(calls, due, strict=True)]


def _figure(
    name: str,
    rounds: Sequence[list[float]],
    percent: int,
    bar: float,
    beside: dict[str, float],
) -> Figure:
    return Figure.of_rounds(
        f"POST to commit, {name}",
        [1000 * percentile(latencies, percent) for latencies in rounds],
        bar=bar,
        at_least=False,
        unit="ms",
        beside=beside,
    )


def _ms(rounds: Sequence[list[float]], percent: int) -> float:
    return median([1000 * percentile(latencies, percent) for latencies in rounds])
