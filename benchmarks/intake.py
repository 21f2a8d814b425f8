"""Webhooks answered a second: khalifa's, and the same handler with nothing behind it."""

from contextlib import AsyncExitStack
from statistics import median

from benchmarks.report import Figure
from benchmarks.systems import System

ROUNDS = 7
# Less than the queue holds, so that every body is journaled and becomes part of a job.
REQUESTS = 8_000


async def run(rounds: int = ROUNDS) -> list[Figure]:
    """
    Run the two servers in turn, without a worker beside them while the clock runs.

    What was taken in is filed after each round: else the next would also be
    charged for sweeping what lies about of the ones before.
    """
    async with AsyncExitStack() as opened:
        systems = [System(), System("verify-only", with_intake=False)]
        for system in systems:
            await opened.enter_async_context(system)
            system.freeze()
        rates: list[list[float]] = []
        for _ in range(rounds):
            rates.append([])
            for system in systems:
                async with system.thawed():
                    before = system.rows.last_message()
                    with system.server_alone():
                        rates[-1].append(await system.taken_in(REQUESTS))
                    if system.with_intake:
                        await system.filed(REQUESTS, after=before)
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
