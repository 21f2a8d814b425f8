"""Webhook to commit: khalifa, a bare list in place of RQ, and RQ used plainly, in turn."""

from contextlib import AsyncExitStack
from statistics import median

from benchmarks.report import Figure
from benchmarks.systems import System
from benchmarks.traffic import CUSTOMERS

ROUNDS = 5
MESSAGES = 10_000
# It makes a twentieth in the same time.
MESSAGES_ONE_BY_ONE = 300


async def run(rounds: int = ROUNDS) -> list[Figure]:
    """Run the three systems in turn; each round gives one ratio of neighbours in time."""
    async with AsyncExitStack() as opened:
        systems = [System(), System("bare-list"), System("one-job-per-message")]
        for system in systems:
            await opened.enter_async_context(system)
            await system.fill()
            system.freeze()
        rates: list[list[float]] = []
        for _ in range(rounds):
            rates.append([])
            for system in systems:
                async with system.thawed():
                    one_by_one = system.variant == "one-job-per-message"
                    messages = MESSAGES_ONE_BY_ONE if one_by_one else MESSAGES
                    rates[-1].append(await system.throughput(messages))
    khalifa, bare, plain = (list(column) for column in zip(*rates, strict=True))
    beside = {
        "khalifa/s": median(khalifa),
        "bare list/s": median(bare),
        "plain RQ/s": median(plain),
    }
    return [
        Figure.of_rounds(
            f"webhook to commit, {CUSTOMERS:,} customers: of a bare Redis list in place of RQ",
            [100 * k / b for k, b in zip(khalifa, bare, strict=True)],
            bar=70,
            at_least=True,
            unit="%",
            beside=beside,
        ),
        Figure.of_rounds(
            "webhook to commit: against one RQ job and one transaction per message",
            [k / p for k, p in zip(khalifa, plain, strict=True)],
            bar=10,
            at_least=True,
            unit="times",
            beside=beside,
        ),
    ]
