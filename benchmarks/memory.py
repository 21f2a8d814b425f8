"""Memory that does not grow: a process is as large after 100,000 messages as after 10,000."""

import asyncio
from pathlib import Path

from benchmarks.report import Figure
from benchmarks.systems import System

FEW = 10_000
MANY = 100_000
# Seconds until what was filed is forgotten by the journal.
_REST = 3.0


async def run() -> list[Figure]:
    """Post and file without a pause; measure the server and the intake worker at rest."""
    async with System() as system:
        await system.fill()
        few = await _after(system, FEW)
        many = await _after(system, MANY - FEW)
    grown = {name: 100 * (many[name] / few[name] - 1) for name in few}
    return [
        Figure(
            name=f"memory of the {name} process: growth from {FEW:,} to {MANY:,} messages",
            value=grown[name],
            bar=10,
            at_least=False,
            unit="%",
            beside={"MB before": few[name], "MB after": many[name]},
        )
        for name in few
    ]


async def _after(system: System, messages: int) -> dict[str, float]:
    for _ in range(messages // FEW):
        await system.throughput(FEW)
    await asyncio.sleep(_REST)
    return {
        "server": resident(system.server.pid),
        "intake": resident(system.processes[-1].pid),
    }


def resident(pid: int) -> float:
    """Return the megabytes of a process that are in memory and shared with no other."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise LookupError("the kernel does not say")
