"""Webhooks answered a second: khalifa's, and the same handler with nothing behind it."""

from contextlib import AsyncExitStack
from statistics import median

from benchmarks.report import Figure
from benchmarks.systems import System

ROUNDS = 7
# Less than the queue holds, so that every body is journaled and becomes part of a job.
REQUESTS = 8_000


async def run(rounds: int = ROUNDS) -> list[Figure]:
    """Run the two servers in turn, without a worker; the queue is emptied after each round."""
    async with AsyncExitStack() as opened:
        systems = [System(with_intake=False), System("verify-only", with_intake=False)]
        for system in systems:
            await opened.enter_async_context(system)
            system.freeze()
        rates: list[list[float]] = []
        for _ in range(rounds):
            rates.append([])
            for system in systems:
                async with system.thawed():
                    rates[-1].append(await system.taken_in(REQUESTS))
                    system.redis.flushall()
    khalifa, verified = (list(column) for column in zip(*rates, strict=True))
    return [
        Figure.of_rounds(
            "webhooks answered: of the same verified handler with nothing behind it",
            [100 * k / v for k, v in zip(khalifa, verified, strict=True)],
            bar=50,
            at_least=True,
            unit="%",
            beside={"khalifa/s": median(khalifa), "verified only/s": median(verified)},
        )
    ]
