"""Figures: days on the business's clocks, and how long customers waited."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from khalifa.domain.agents import AgentId
from khalifa.domain.errors import InvalidFigures
from khalifa.domain.figures import MOST_DAYS, Fact, Figures, days_between

FIRST = date(2026, 3, 1)


def test_a_day_is_from_midnight_to_midnight_on_the_business_s_clocks() -> None:
    # Egypt's clocks go forward at the midnight before the last Friday of April.
    days = days_between(date(2026, 4, 23), date(2026, 4, 25), "Africa/Cairo")

    assert [day.date for day in days] == [date(2026, 4, n) for n in (23, 24, 25)]
    assert days[0].begins == datetime(2026, 4, 22, 22, tzinfo=UTC)
    assert [(day.ends - day.begins) / timedelta(hours=1) for day in days] == [24, 23, 24]
    assert all(day.ends == after.begins for day, after in pairwise(days))


def test_too_many_days_or_none_are_refused() -> None:
    assert len(days_between(FIRST, FIRST, "UTC")) == 1
    assert len(days_between(FIRST, FIRST + timedelta(days=MOST_DAYS - 1), "UTC")) == MOST_DAYS
    for last in (FIRST - timedelta(days=1), FIRST + timedelta(days=MOST_DAYS)):
        with pytest.raises(InvalidFigures):
            days_between(FIRST, last, "UTC")


def test_facts_are_added_up_and_nine_in_ten_were_answered_within() -> None:
    sara = AgentId(7)
    facts = [
        Fact(day=0, agent_id=sara, tickets=20, delays=2),
        Fact(day=0, agent_id=sara, closed=3, messages=4),
        *(Fact(day=0, agent_id=sara, responses=[n * 1_000_000]) for n in range(1, 21)),
    ]

    figures = Figures.of(facts)

    assert (figures.tickets, figures.closed, figures.delays, figures.messages) == (20, 3, 2, 4)
    assert figures.average_response == timedelta(seconds=10.5)
    assert figures.nine_in_ten == timedelta(seconds=18)
    assert Figures.of(facts[:2]).average_response is None
    assert Figures.of(facts[:2]).nine_in_ten is None
    assert Figures.of(facts[2:3]).nine_in_ten == timedelta(seconds=1)
