"""The cost of a message when there are many already."""

from contextlib import AsyncExitStack
from statistics import median

from benchmarks.report import Figure
from benchmarks.systems import System

ROUNDS = 5
FEW = 10_000
MANY = 1_000_000
MESSAGES = 8_000


async def run(rounds: int = ROUNDS) -> list[Figure]:
    """File the same traffic in turn into a database that holds few and one that holds many."""
    async with AsyncExitStack() as opened:
        systems = {FEW: System(), MANY: System()}
        for stored, system in systems.items():
            await opened.enter_async_context(system)
            await system.fill(stored)
            system.freeze()
        costs: dict[int, list[float]] = {FEW: [], MANY: []}
        for _ in range(rounds):
            for stored, system in systems.items():
                async with system.thawed():
                    costs[stored].append(1000 / await system.throughput(MESSAGES))
    return [
        Figure.of_rounds(
            f"cost of a message with {MANY:,} stored, against {FEW:,}",
            [many / few for few, many in zip(costs[FEW], costs[MANY], strict=True)],
            bar=1.3,
            at_least=False,
            unit="times",
            beside={"ms few": median(costs[FEW]), "ms many": median(costs[MANY])},
        )
    ]
