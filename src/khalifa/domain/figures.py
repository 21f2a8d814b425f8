"""Figures: what was done each day, and by whom."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from math import ceil
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from khalifa.domain.agents import AgentId
from khalifa.domain.errors import InvalidFigures
from khalifa.domain.words import Words

MOST_DAYS = 92
_DAYS = Words(
    f"Figures are of 1 to {MOST_DAYS} days, the first before the last.",
    f"الأرقام ليوم واحد إلى {MOST_DAYS} يومًا، أولها قبل آخرها.",
)


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the business, from midnight to midnight on its clocks."""

    date: date
    begins: datetime
    ends: datetime


def days_between(first: date, last: date, time_zone: str) -> list[Day]:
    """
    Return the days from *first* to *last*, both of them too.

    Raises:
        InvalidFigures: there is none, or there are too many.
    """
    if not 0 <= (last - first).days < MOST_DAYS:
        raise InvalidFigures(_DAYS)
    zone = ZoneInfo(time_zone)

    def midnight(day: date) -> datetime:
        return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)

    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [Day(day, midnight(day), midnight(day + timedelta(days=1))) for day in days]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What was said from ``at`` on for a while: by customers, and by agents."""

    at: datetime
    received: int = 0
    sent: int = 0


class Fact(NamedTuple):
    """
    What one agent, or nobody, did on one day: some of the counts, some of the first responses.

    ``day`` is its place among the days that were asked for. ``delayed`` are tickets,
    ``delays`` are waits: one ticket may have several. ``stars`` is the sum of the ratings,
    ``responses`` how long each customer waited for the first answer, in microseconds: there are
    tens of thousands.
    """

    day: int
    agent_id: AgentId | None
    tickets: int = 0
    closed: int = 0
    delayed: int = 0
    delays: int = 0
    messages: int = 0
    rated: int = 0
    stars: int = 0
    responses: Sequence[int] = ()


class Figures(NamedTuple):
    """The sum of facts, with their names in their order; ``responses`` is all of theirs, sorted."""

    tickets: int = 0
    closed: int = 0
    delayed: int = 0
    delays: int = 0
    messages: int = 0
    rated: int = 0
    stars: int = 0
    responses: tuple[int, ...] = ()

    @classmethod
    def of(cls, facts: Iterable[Fact]) -> "Figures":
        return cls._sum(list(zip(*facts, strict=True))[2:])

    @classmethod
    def total(cls, figures: Iterable["Figures"]) -> "Figures":
        return cls._sum(list(zip(*figures, strict=True)))

    @classmethod
    def _sum(cls, columns: list[tuple[Any, ...]]) -> "Figures":
        # Column by column: for months of a large team there are tens of thousands.
        if not columns:
            return cls()
        *counts, responses = columns
        return cls._make([*map(sum, counts), tuple(sorted(chain.from_iterable(responses)))])

    @property
    def satisfaction(self) -> float | None:
        """Return the mean of the ratings, 1 to 5; None of none."""
        return self.stars / self.rated if self.rated else None

    @property
    def average_response(self) -> timedelta | None:
        """Return the mean of the first responses; None of none."""
        if not self.responses:
            return None
        return timedelta(microseconds=sum(self.responses) / len(self.responses))

    @property
    def nine_in_ten(self) -> timedelta | None:
        """Return within what time nine in ten were answered; None of none."""
        if not self.responses:
            return None
        within = self.responses[ceil(len(self.responses) * 0.9) - 1]
        return timedelta(microseconds=within)
