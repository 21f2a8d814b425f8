"""Token buckets of one process; here the time passes as a test says."""

from datetime import timedelta

import pytest

from khalifa.domain.pace import Borrowed, Cap, Limit, Steady
from khalifa.infrastructure.memory.clock import ManualClock
from khalifa.infrastructure.memory.pace import MemoryPace
from tests.contracts.pace import PaceContract, key, take


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def pace(clock: ManualClock) -> MemoryPace:
    return MemoryPace(clock)


class TestMemoryPace(PaceContract):
    pass


async def given(pace: MemoryPace, clock: ManualClock, limit: Limit, *, seconds: int) -> int:
    """Ask each second; return how often leave was given."""
    taken = 0
    for _ in range(seconds):
        while not await take(pace, limit):
            taken += 1
        clock.advance(timedelta(seconds=1))
    return taken


async def test_a_number_sends_its_rate_and_no_more(pace: MemoryPace, clock: ManualClock) -> None:
    limit = Steady(key(), 1 / 80, 80)

    assert await given(pace, clock, limit, seconds=1) == 80
    assert await given(pace, clock, limit, seconds=10) == pytest.approx(800, abs=5)


async def test_one_recipient_gets_ten_a_minute_however_they_are_asked(
    pace: MemoryPace, clock: ManualClock
) -> None:
    limit = Borrowed(key(), 6.0, 45, 6.0)

    # A burst of 45, paid back for four and a half minutes.
    assert await given(pace, clock, limit, seconds=1) == 45
    assert await given(pace, clock, limit, seconds=268) == 0
    clock.advance(timedelta(seconds=1))
    assert await take(pace, limit) == 0.0


async def test_a_cap_looks_back_over_exactly_its_time(pace: MemoryPace, clock: ManualClock) -> None:
    cap = Cap(key(), 2, 3600.0)
    assert await take(pace, cap) == 0.0
    clock.advance(timedelta(minutes=40))
    assert await take(pace, cap) == 0.0

    assert await take(pace, cap) == pytest.approx(20 * 60)
    clock.advance(timedelta(minutes=20))
    assert await take(pace, cap) == 0.0
    assert await take(pace, cap) == pytest.approx(40 * 60)


async def test_a_slow_down_is_over_by_itself(pace: MemoryPace, clock: ManualClock) -> None:
    limit = Steady(key(), 0.1, 10)
    for _ in range(5):
        await pace.slow_down(limit, pause=0.0)

    slow = await given(pace, clock, limit, seconds=60)
    clock.advance(timedelta(minutes=5))

    assert slow < 100
    assert await given(pace, clock, limit, seconds=60) > 560


async def test_what_says_nothing_any_more_is_forgotten(
    pace: MemoryPace, clock: ManualClock
) -> None:
    for _ in range(6000):
        await take(pace, Steady(key(), 1.0))
    clock.advance(timedelta(hours=1))

    await take(pace, Steady(key(), 1.0))

    assert len(pace._buckets) + len(pace._given) < 10
