"""Everything is broken under load, and nothing is lost or doubled. Without a guard, it is."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.crash.harms import EVERYTHING
from tests.crash.process import GUARDS, REAL
from tests.crash.run import Outcome, Plan, crash, in_turn, told

pytestmark = pytest.mark.timeout(240)


async def run(plan: Plan, folder: Path) -> Outcome:
    outcome = await crash(plan, folder)
    # Shown when the test fails.
    print(told(outcome))  # noqa: T201
    return outcome


def only(*harms: str) -> dict[str, int]:
    return {harm: EVERYTHING[harm] for harm in harms}


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_nothing_is_lost_or_doubled(seed: int, tmp_path: Path) -> None:
    outcome = await run(Plan(seed=seed, seconds=20, provider=in_turn(seed)), tmp_path)

    assert outcome.faults == []
    assert outcome.kills >= 5
    assert outcome.bodies >= 100
    assert outcome.replies >= 5
    assert outcome.looks >= 20


# For each guard the harm it is there for, and a word of what is seen without it.
_WITHOUT: dict[str, tuple[dict[str, Any], str]] = {
    "unique key and customer lock": (
        {"weights": only("kill_intake", "cut_database")},
        "not closed",
    ),
    "claim": ({"weights": only("kill_delivery", "far_side")}, "sent more than once"),
    "write before answer": ({"weights": only("kill_server")}, "not filed"),
    "sweep": ({"weights": only("wipe_redis", "kill_intake")}, "not filed"),
    # Away for longer than a unit of work is repeated, and back while it is done once more; and
    # so few bodies that one comes alone.
    "halving only for bad data": (
        {"weights": only("kill_database"), "every": 2, "longest": 9, "pace": 4, "seconds": 30},
        "not filed",
    ),
    "forward-only statuses": ({"weights": only("far_side")}, "went back"),
    "event rows": ({"weights": only("cut_redis"), "every": 0.1}, "screen shows an old"),
}


def test_every_guard_is_tried() -> None:
    assert _WITHOUT.keys() == GUARDS.keys()


@pytest.mark.long
@pytest.mark.parametrize("guard", GUARDS)
async def test_without_a_guard_the_suite_fails(guard: str, tmp_path: Path) -> None:
    harm, seen = _WITHOUT[guard]
    found: list[str] = []
    # Chance decides at which instruction a process dies.
    for seed in range(1, 9):
        usual = Plan(seed=seed, seconds=20, every=0.3, quiet_within=15, guard=guard)
        found = (await run(replace(usual, **harm), tmp_path / str(seed))).faults
        if any(seen in fault for fault in found):
            return
    pytest.fail(f"nothing was seen without the guard: {found}")


@pytest.mark.long
async def test_an_outage_refuses_no_body_and_loses_none(tmp_path: Path) -> None:
    found = await run(Plan(seed=1, seconds=6, outage=("redis", "database")), tmp_path)

    assert found.faults == []
    assert found.refused == {}


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("outage", [("redis",), ("database",), ("redis", "database")])
async def test_an_outage_of_ten_minutes_refuses_no_body_and_loses_none(
    outage: tuple[str, ...], tmp_path: Path
) -> None:
    plan = Plan(seed=1, seconds=600, outage=outage, pace=10, scale=REAL, quiet_within=600)
    found = await run(plan, tmp_path)

    assert found.faults == []
    assert found.refused == {}


@pytest.mark.long
@pytest.mark.timeout(7200)
async def test_half_an_hour_of_it_at_khalifas_own_times(tmp_path: Path) -> None:
    plan = Plan(
        seed=1,
        seconds=1800,
        every=3.5,
        longest=5,
        pace=60,
        newcomers=0.003,
        scale=REAL,
        quiet_within=300,
    )
    found = await run(plan, tmp_path)

    assert found.faults == []
    assert found.bodies >= 100_000
    assert found.kills >= 200
