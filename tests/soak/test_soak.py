"""Over time nothing grows; and what does would be seen."""

import os
from pathlib import Path

import pytest

from tests.soak.run import REPORT, Plan, show, soak, wide_console, write
from tests.soak.trends import Limit, trend_of

MINUTES = float(os.environ.get("SOAK_MINUTES", "30"))
_LIMIT = Limit(percent=10, beside=4)


def test_what_fills_up_in_the_warm_up_is_flat() -> None:
    samples = [(float(n), min(100.0, 4.0 * n) + n % 3) for n in range(120)]

    trend = trend_of("memory", "MB", samples, _LIMIT)

    assert trend.is_flat
    assert 99 < trend.first < 104
    assert abs(trend.slope) < 60


def test_what_goes_on_growing_is_seen() -> None:
    samples = [(15.0 * n, 100 + 0.25 * n) for n in range(120)]

    trend = trend_of("memory", "MB", samples, _LIMIT)

    assert not trend.is_flat
    assert trend.slope == pytest.approx(60)
    assert trend.growth == pytest.approx(16.6, abs=0.5)


async def test_for_a_short_while_nobody_ends_and_memory_stays(tmp_path: Path) -> None:
    plan = Plan(minutes=0.25)
    outcome = await soak(plan, tmp_path)

    # Files and connections still fill up; what may grow of them is looked at over half an hour.
    grown = {f"{one.name} grew by {one.growth:.1f} %" for one in outcome.trends if not one.is_flat}
    # Beside other tests a machine may have no ten seconds for a call: that says nothing of us.
    faults = [one for one in outcome.faults if one not in grown and "TimeoutError" not in one]
    assert faults == []
    assert [one.name for one in outcome.trends if "memory" in one.name and not one.is_flat] == []
    # That it worked at all: how fast is for a machine with nothing beside it.
    assert outcome.done["messages"] > 60 * plan.minutes


@pytest.mark.long
@pytest.mark.timeout(60 * MINUTES + 600)
async def test_nothing_grows_over_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = await soak(Plan(minutes=MINUTES), tmp_path)

    with capsys.disabled():
        show(outcome, wide_console())
    write(outcome, REPORT)
    assert outcome.faults == []
    assert outcome.done["messages"] > 0.9 * 60 * MINUTES * outcome.plan.rate
