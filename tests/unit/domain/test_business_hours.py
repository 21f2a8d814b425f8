"""Business hours: how time passes while customers are answered."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khalifa.domain.business_hours import ALL_DAY, BusinessHours, Day, Opening
from khalifa.domain.business_settings import AutomaticText, BusinessSettings
from khalifa.domain.errors import InvalidSettings

CLOSED: Day = ()
NINE_TO_FIVE: Day = (Opening(9 * 60, 17 * 60),)
TILL_TWO: Day = (Opening(9 * 60, 2 * 60),)
SHOP = BusinessHours(week=(*(NINE_TO_FIVE,) * 4, CLOSED, CLOSED, NINE_TO_FIVE))
MINUTES = timedelta(minutes=1)


def cairo(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of March 2026, when Cairo is two hours ahead; the 2nd is a Monday."""
    return datetime(2026, 3, day, tzinfo=UTC) + timedelta(hours=hour - 2, minutes=minute)


def test_a_business_that_never_closes_counts_every_minute() -> None:
    always = BusinessHours()

    assert always.is_open(cairo(6, 3))
    assert always.after(cairo(6, 3), 3 * MINUTES) == cairo(6, 3, 3)
    assert always.before(cairo(6, 3), 3 * MINUTES) == cairo(6, 2, 57)


@pytest.mark.parametrize(
    ("since", "late"),
    [
        (cairo(2, 10), cairo(2, 10, 3)),
        # Written at night: the three minutes begin when the shop opens.
        (cairo(2, 3), cairo(2, 9, 3)),
        # Two minutes before closing, and the third one in the morning.
        (cairo(2, 16, 58), cairo(3, 9, 1)),
        # Thursday evening; Friday and Saturday are off.
        (cairo(5, 16, 59), cairo(8, 9, 2)),
        # The very end of a day still counts as that day.
        (cairo(2, 16, 57), cairo(2, 17)),
    ],
)
def test_the_clock_stands_while_the_business_is_closed(since: datetime, late: datetime) -> None:
    settings = BusinessSettings(hours=SHOP)

    assert settings.late_at(since) == late
    a_moment = timedelta(microseconds=1)
    assert (found := settings.late_since(late))
    assert found >= since
    assert (before := settings.late_since(late - a_moment)) is None or before < since


def test_on_a_holiday_nothing_opens_and_the_evening_before_ends_as_ever() -> None:
    hours = BusinessHours(week=(TILL_TWO,) * 7, holidays=frozenset({date(2026, 3, 3)}))

    assert hours.is_open(cairo(3, 1, 59))
    assert not hours.is_open(cairo(3, 2))
    assert not hours.is_open(cairo(3, 12))
    assert not hours.is_open(cairo(4, 1))
    assert hours.closed_since(cairo(4, 8)) == cairo(3, 2)
    assert hours.after(cairo(3, 12), 3 * MINUTES) == cairo(4, 9, 3)
    assert hours.after(cairo(3, 1), 3 * MINUTES) == cairo(3, 1, 3)


def test_hours_are_the_clocks_of_the_place_in_summer_as_in_winter() -> None:
    hours = BusinessHours(week=(NINE_TO_FIVE,) * 7)
    # Egypt's summer time began on 24 April 2026, at midnight.
    winter, summer = datetime(2026, 4, 23, 6, 59, tzinfo=UTC), datetime(2026, 4, 24, 6, tzinfo=UTC)

    assert not hours.is_open(winter)
    assert hours.is_open(summer)
    assert BusinessHours(week=(TILL_TWO,) * 7).closed_since(summer - 2 * MINUTES) == datetime(
        2026, 4, 23, 23, tzinfo=UTC
    )


def test_a_business_that_never_opens_is_never_late() -> None:
    never = BusinessSettings(hours=BusinessHours(week=(CLOSED,) * 7))

    assert never.late_at(cairo(2, 10)) is None
    assert never.late_since(cairo(2, 10)) is None
    assert never.hours.closed_since(cairo(2, 10)) is not None


@pytest.mark.parametrize(
    "monday",
    [
        (Opening(9 * 60, 12 * 60), Opening(11 * 60, 17 * 60)),
        (Opening(14 * 60, 17 * 60), Opening(9 * 60, 12 * 60)),
        # Into Tuesday's morning.
        (Opening(20 * 60, 10 * 60),),
    ],
)
def test_openings_follow_one_another(monday: Day) -> None:
    with pytest.raises(InvalidSettings, match="overlap"):
        BusinessHours(week=(monday, *(NINE_TO_FIVE,) * 6))


def test_sunday_night_may_not_reach_into_monday_that_is_open() -> None:
    with pytest.raises(InvalidSettings, match="overlap"):
        BusinessHours(week=(*(ALL_DAY,) * 6, TILL_TWO))


def test_what_cannot_be_is_refused_with_the_limit_in_both_languages() -> None:
    with pytest.raises(InvalidSettings, match="time zone"):
        BusinessHours(time_zone="Mars/Olympus")
    with pytest.raises(InvalidSettings, match="1440") as refused:
        BusinessSettings(delay=timedelta(seconds=30))
    assert "1440" in str(refused.value.words.arabic)
    with pytest.raises(InvalidSettings, match="1,000"):
        AutomaticText(text="x" * 1001)
    with pytest.raises(InvalidSettings, match="some text"):
        AutomaticText(text="  ")
    with pytest.raises(InvalidSettings, match="24:00"):
        Opening(24 * 60, 60)


_DAYS = st.sampled_from([CLOSED, NINE_TO_FIVE, (Opening(0, 60), Opening(600, 601))])


@given(
    week=st.tuples(*[_DAYS] * 7),
    hour=st.floats(0, 200 * 24),
    delay=st.integers(1, 1440),
)
def test_who_is_late_is_the_same_from_either_side(
    week: tuple[Day, ...], hour: float, delay: int
) -> None:
    settings = BusinessSettings(hours=BusinessHours(week=week), delay=delay * MINUTES)
    at = datetime(2026, 4, 20, tzinfo=UTC) + timedelta(hours=hour)
    late = settings.late_at(at)
    if late is None:
        return

    threshold = settings.late_since(late)
    just_before = settings.late_since(late - timedelta(microseconds=1))

    assert threshold is not None
    assert at <= threshold
    assert just_before is None or just_before < at
