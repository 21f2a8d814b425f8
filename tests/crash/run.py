"""
Break khalifa at random moments under steady load, then say whether anything was lost or doubled.

`python -m tests.crash.run --seed 7 --seconds 60`: the same seed does the same harm, in the same
order, though never at the very same instruction.
"""

import argparse
import asyncio
import dataclasses
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.crash.far_sides import FAR_SIDES
from tests.crash.harms import EVERYTHING, Harms
from tests.crash.load import Load
from tests.crash.process import GUARDS, NONE, REAL, SHORT
from tests.crash.progress import Progress
from tests.crash.screen import Screen
from tests.crash.system import CrashSystem
from tests.crash.verdict import Verdict
from tests.crash.watch import Watch
from tests.e2e.lines import CloudApiLine
from tests.servers import PrivateMariaDB, PrivateRedis

# A stopped process's locks end with its session: no lock may outlast this.
_LOCKS_END = "--innodb-lock-wait-timeout=10"
_WATCHED_BY = ("admin", "sara")
# Where the logs of a run are kept that found something, or did not come to its end.
KEPT = Path("build/crash-logs")
# Seconds between two looks at how far a run is.
_SHOW_EVERY = 1.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    One run. ``seconds`` of harm, one *every* so many; *pace* in bodies a second, and
    *newcomers* says how much of them is of people who never wrote before.

    What must wait for a time-out of khalifa's own may take ``quiet_within``
    seconds once the harm is over. With an ``outage`` there is no other harm:
    these servers (`redis`, `database`) are away for ``seconds``.
    """

    seed: int
    seconds: float
    provider: str = CloudApiLine.driver
    every: float = 0.6
    longest: float = 3.0
    pace: float = 25.0
    newcomers: float = 0.1
    scale: str = SHORT
    quiet_within: float = 40.0
    guard: str = NONE
    outage: tuple[str, ...] = ()
    weights: Mapping[str, int] = dataclasses.field(default_factory=lambda: EVERYTHING)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run found: ``faults`` is empty when every promise held."""

    plan: Plan
    faults: list[str]
    harms: dict[str, int]
    bodies: int
    posts: int
    refused: dict[int, int]
    replies: int
    statuses: dict[str, int]
    looks: int
    resumed: int
    loaded: int
    wait_median: float
    wait_p99: float
    wait_longest: float
    seconds: float

    @property
    def kills(self) -> int:
        return _kills(self.harms)


def _kills(harms: Mapping[str, int]) -> int:
    return sum(n for kind, n in harms.items() if "kill" in kind or kind == "wrong_clock")


def in_turn(seed: int) -> str:
    """Return the provider whose turn it is with *seed*."""
    return list(FAR_SIDES)[(seed - 1) % len(FAR_SIDES)]


async def _shown(progress: Progress, plan: Plan, figures: Callable[[], str]) -> None:
    """Show how far the harm is, for ever; when it is over, what the verdict does."""
    began = time.monotonic()
    while True:
        await asyncio.sleep(_SHOW_EVERY)
        share = (time.monotonic() - began) / plan.seconds
        progress.show("harm" if share < 1 else "verdict", share, figures())


async def crash(plan: Plan, folder: Path, progress: Progress | None = None) -> Outcome:
    """Do what *plan* says, in *folder*; return what came of it."""
    began = time.monotonic()
    with (
        PrivateMariaDB(durable=True, options=[_LOCKS_END]) as mariadb,
        PrivateRedis() as redis,
    ):
        async with CrashSystem(
            FAR_SIDES[plan.provider].line,
            mariadb,
            redis,
            folder,
            guard=plan.guard,
            scale=plan.scale,
        ) as system:
            load = Load(system, plan.seed, pace=plan.pace, newcomers=plan.newcomers)
            watch = Watch(system)
            screens = {name: Screen(system, name) for name in _WATCHED_BY}
            harms = Harms(
                system=system,
                random=random.Random(plan.seed),
                every=plan.every,
                longest=plan.longest,
                weights=plan.weights,
            )
            verdict = Verdict(system, load.record)

            def figures() -> str:
                kills, record = _kills(harms.done), load.record
                return (
                    f"{record.bodies:,} bodies, {len(record.replies):,} replies, {kills} kills, "
                    f"{len(watch.faults) + len(verdict.faults)} faults; {verdict.doing}"
                )

            loading = asyncio.create_task(load.run())
            watching = [
                asyncio.create_task(work)
                for work in (watch.run(), *(screen.run() for screen in screens.values()))
            ]
            if progress:
                watching.append(asyncio.create_task(_shown(progress, plan, figures)))
            try:
                if plan.outage:
                    await harms.outage(plan.outage, plan.seconds)
                    verdict.back_at = harms.back_at
                else:
                    await harms.run(plan.seconds)
                await load.stop()
                await loading
                await verdict.quiet(within=plan.quiet_within)
                await verdict.give(screens)
            finally:
                for task in [loading, *watching]:
                    task.cancel()
                await asyncio.gather(loading, *watching, return_exceptions=True)
            record, waits = load.record, verdict.waits()
    return Outcome(
        plan=plan,
        faults=[*watch.faults, *verdict.faults],
        harms=dict(harms.done.most_common()),
        bodies=record.bodies,
        posts=sum(record.written.values()) + sum(record.refused.values()),
        refused=dict(record.refused),
        replies=len(record.replies),
        statuses=dict(verdict.statuses),
        looks=watch.looks,
        resumed=sum(screen.resumed for screen in screens.values()),
        loaded=sum(screen.loaded for screen in screens.values()),
        wait_median=round(waits.median, 2),
        wait_p99=round(waits.p99, 2),
        wait_longest=round(waits.longest, 2),
        seconds=round(time.monotonic() - began, 1),
    )


def told(outcome: Outcome) -> str:
    """Return *outcome* in a few lines for people."""
    harms = ", ".join(f"{n} {kind.replace('_', ' ')}" for kind, n in outcome.harms.items())
    plan = outcome.plan
    kills = f"{outcome.kills} kills of {sum(outcome.harms.values())} harms"
    waits = f"{outcome.wait_median} (p99 {outcome.wait_p99}, longest {outcome.wait_longest}) s"
    lines = [
        f"seed {plan.seed}, {plan.provider}: {kills} in {plan.seconds:.0f} s",
        f"  {harms}",
        f"  {outcome.bodies} bodies posted {outcome.posts} times; filed after {waits}",
        f"  {outcome.replies} replies: {outcome.statuses}",
        f"  {outcome.looks} looks; screens resumed {outcome.resumed}, loaded anew {outcome.loaded}",
        *(f"  FAULT {fault}" for fault in outcome.faults[:20]),
    ]
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crash.run", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=1, help="so many seeds, one after another")
    parser.add_argument("--seconds", type=float, default=25.0, help="of harm, in each run")
    parser.add_argument(
        "--provider", choices=tuple(FAR_SIDES), help="whose far side; else in turn, by the seed"
    )
    parser.add_argument("--pace", type=float, default=25.0, help="bodies a second")
    parser.add_argument("--newcomers", type=float, default=0.1, help="share of new customers")
    parser.add_argument("--every", type=float, default=0.6, help="seconds between two harms")
    parser.add_argument("--longest", type=float, default=3.0, help="seconds something is away")
    parser.add_argument("--scale", choices=(SHORT, REAL), default=SHORT, help="khalifa's own times")
    parser.add_argument("--quiet-within", type=float, default=40.0)
    parser.add_argument("--without", choices=tuple(GUARDS), default=NONE, help="take a guard out")
    parser.add_argument("--only", nargs="*", choices=tuple(EVERYTHING), help="only these harms")
    parser.add_argument(
        "--outage", nargs="+", choices=("redis", "database"), help="these are away, all the time"
    )
    parser.add_argument("--json", type=Path, help="write what was found to this file")
    parser.add_argument(
        "--keep", type=Path, help=f"a folder for the logs; else {KEPT} when a run fails"
    )
    return parser.parse_args()


def main() -> int:
    told_to = _arguments()
    outcomes: list[dict[str, Any]] = []
    failed = 0
    progress = Progress()
    for seed in range(told_to.seed, told_to.seed + told_to.runs):
        plan = Plan(
            seed=seed,
            seconds=told_to.seconds,
            provider=told_to.provider or in_turn(seed),
            pace=told_to.pace,
            newcomers=told_to.newcomers,
            every=told_to.every,
            longest=told_to.longest,
            scale=told_to.scale,
            quiet_within=told_to.quiet_within,
            guard=told_to.without,
            outage=tuple(told_to.outage or ()),
            weights={kind: EVERYTHING[kind] for kind in told_to.only or EVERYTHING},
        )
        with tempfile.TemporaryDirectory(prefix="khalifa-crash-") as scratch:
            folder = told_to.keep / str(seed) if told_to.keep else Path(scratch)
            # A journal of an earlier run would have numbers that this database never saw.
            shutil.rmtree(folder, ignore_errors=True)
            sound = False
            try:
                outcome = asyncio.run(crash(plan, folder, progress))
                sound = not outcome.faults
            finally:
                if not sound and not told_to.keep:
                    shutil.copytree(folder / "logs", KEPT / str(seed), dirs_exist_ok=True)
        progress.over()
        sys.stdout.write(told(outcome) + "\n")
        sys.stdout.flush()
        failed += bool(outcome.faults)
        outcomes.append(dataclasses.asdict(outcome))
        if told_to.json:
            told_to.json.parent.mkdir(parents=True, exist_ok=True)
            told_to.json.write_text(json.dumps(outcomes, indent=2))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
