"""
Let a whole system work at a steady rate for long, and say whether anything grows.

`python -m tests.soak.run --minutes 30`, or `make soak MINUTES=30`: MariaDB, Redis, server, intake
and delivery worker, screens, webhooks and replies. What each holds is read every few seconds; after
the first quarter of the time all of it must be flat.
"""

import argparse
import asyncio
import dataclasses
import json
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.crash.progress import Progress
from tests.e2e.lines import CloudApiLine
from tests.e2e.system import System
from tests.servers import PrivateMariaDB, PrivateRedis, Process
from tests.soak.gauges import Gauges, Reading
from tests.soak.load import Load
from tests.soak.trends import Trend, trend_of

REPORT = Path("build/soak.json")
_LOOKS = 240
_LEAST_PAUSE = 1.0
_WIDE = 130
_CALLS_AT_ONCE = 12


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """For how long, how many messages a second come in, and how many screens are open."""

    minutes: float = 30.0
    rate: float = 20.0
    screens: int = 20


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was done, what became of each figure, and ``faults``: none when all is well."""

    plan: Plan
    done: dict[str, int]
    trends: list[Trend]
    faults: list[str]
    samples: dict[str, list[tuple[float, float]]]


class SoakSystem(System):
    """Its processes are started as in production: one that was forked shares memory."""

    def _process(self, *arguments: str, name: str | None = None) -> Process:
        log = self.folder / "logs" / f"{name or '-'.join(arguments)}.log"
        return Process("khalifa", *arguments, env=self.process_env, cwd=self.folder, log=log)


async def soak(plan: Plan, folder: Path, progress: Progress | None = None) -> Outcome:
    """Do what *plan* says, in *folder*; return what came of it."""
    with PrivateMariaDB(durable=True) as mariadb, PrivateRedis() as redis:
        system = SoakSystem(
            CloudApiLine,
            mariadb,
            redis,
            folder,
            log_level="warning",
            # All of them are soon open; what the server holds beyond them is its own.
            connections=plan.screens + _CALLS_AT_ONCE,
        )
        async with system:
            agents = [f"agent-{n}" for n in range(plan.screens)]
            for name in agents:
                await system.add_agent(name, capacity=1000, online=True)
            system.rows("UPDATE agents SET last_seen_at = '2100-01-01' WHERE role = 'agent'")
            load = Load(system, agents, rate=plan.rate)
            loading = asyncio.create_task(load.run())
            try:
                readings = await _watched(plan, Gauges(system, mariadb, redis), load, progress)
                stopped = [
                    f"a process ended: {process.failure('')}"
                    for process in system.processes
                    if not process.is_running
                ]
                if loading.done():
                    loading.result()
            finally:
                loading.cancel()
                with suppress(asyncio.CancelledError):
                    await loading
    samples: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for at, some in readings:
        for reading in some:
            samples[reading.name].append((round(at, 1), round(reading.value, 3)))
    trends = [
        trend_of(reading.name, reading.unit, samples[reading.name], reading.limit)
        for reading in readings[0][1]
    ]
    grown = [f"{one.name} grew by {one.growth:.1f} %" for one in trends if not one.is_flat]
    refused = [f"{n} times: {fault}" for fault, n in load.faults.most_common(10)]
    return Outcome(
        plan=plan,
        done=dict(load.done),
        trends=trends,
        faults=[*stopped, *refused, *grown],
        samples=dict(samples),
    )


async def _watched(
    plan: Plan, gauges: Gauges, load: Load, progress: Progress | None
) -> list[tuple[float, list[Reading]]]:
    seconds = 60 * plan.minutes
    pause = max(_LEAST_PAUSE, seconds / _LOOKS)
    begun = time.monotonic()
    readings: list[tuple[float, list[Reading]]] = []
    while (at := time.monotonic() - begun) < seconds:
        readings.append((at, await asyncio.to_thread(gauges.read)))
        if progress:
            told = ", ".join(f"{n:,} {what}" for what, n in load.done.items())
            progress.show("soak", at / seconds, f"{told}, {load.faults.total()} faults")
        await asyncio.sleep(pause)
    return readings


def table_of(outcome: Outcome) -> Table:
    plan = outcome.plan
    table = Table(
        title=f"{plan.minutes:g} minutes, {plan.rate:g} messages/s, {plan.screens} screens",
        title_justify="left",
    )
    table.add_column("what", overflow="fold")
    for name in ("first", "last", "most", "growth", "an hour", "may grow by"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("flat")
    for one in outcome.trends:
        unit = f" {one.unit}".rstrip()
        table.add_row(
            one.name,
            *(f"{value:,.1f}{unit}" for value in (one.first, one.last, one.most)),
            f"{one.growth:+.1f} %",
            f"{one.slope:+,.1f}{unit}",
            f"{one.limit.percent:g} % + {one.limit.beside:g}{unit}",
            "[green]yes[/green]" if one.is_flat else "[bold red]NO[/bold red]",
        )
    return table


def wide_console() -> Console:
    """Return one that has room for the table, where no terminal says how wide it is."""
    console = Console()
    return console if console.is_terminal else Console(width=_WIDE)


def show(outcome: Outcome, console: Console) -> None:
    console.print(table_of(outcome))
    done = ", ".join(f"{n:,} {what}" for what, n in outcome.done.items())
    console.print(f"{done}; {len(outcome.faults)} faults")
    for fault in outcome.faults:
        console.print(f"FAULT {fault}", markup=False)


def write(outcome: Outcome, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    told: dict[str, Any] = dataclasses.asdict(outcome)
    for trend, one in zip(told["trends"], outcome.trends, strict=True):
        trend |= {"growth": one.growth, "is_flat": one.is_flat}
    path.write_text(json.dumps(told, indent=1) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.run", description=__doc__)
    parser.add_argument("--minutes", type=float, default=Plan().minutes)
    parser.add_argument("--rate", type=float, default=Plan().rate, help="messages a second")
    parser.add_argument("--screens", type=int, default=Plan().screens)
    parser.add_argument("--json", type=Path, default=REPORT)
    told = parser.parse_args()
    plan = Plan(minutes=told.minutes, rate=told.rate, screens=told.screens)
    progress = Progress()
    with tempfile.TemporaryDirectory(prefix="khalifa-soak-") as folder:
        outcome = asyncio.run(soak(plan, Path(folder), progress))
    progress.over()
    show(outcome, wide_console())
    write(outcome, told.json)
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main())
