"""Business hours: when customers are answered, and how time passes while they are."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from khalifa.domain.errors import InvalidSettings
from khalifa.domain.words import Words

DAY = 24 * 60
MAX_OPENINGS = 6
MAX_HOLIDAYS = 400
DEFAULT_TIME_ZONE = "Africa/Cairo"
# A business that does not open within this does not open at all.
_HORIZON = MAX_HOLIDAYS + 14
_WEEK = 7

_NO_ZONE = Words(
    "There is no time zone of this name. Write it as in Africa/Cairo.",
    "لا توجد منطقة زمنية بهذا الاسم. اكتبها هكذا: Africa/Cairo.",
)
_OVERLAP = Words(
    "Opening times overlap. One must end before the next begins.",
    "مواعيد العمل متداخلة. يجب أن ينتهي كل موعد قبل بداية التالي.",
)
_MANY_OPENINGS = Words(
    "A day opens at most {most} times.", "أقصى عدد لفترات العمل في اليوم {most}."
)
_MANY_HOLIDAYS = Words("There are at most {most} holidays.", "أقصى عدد للعطلات {most}.")
_NO_TIME = Words("A time is from 00:00 to 24:00.", "الوقت من 00:00 إلى 24:00.")


@dataclass(frozen=True, slots=True, order=True)
class Opening:
    """
    From when until when a day is open, in minutes since its midnight.

    One that does not close after it opened closes on the next day.
    """

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not (0 <= self.opens < DAY and 0 <= self.closes <= DAY):
            raise InvalidSettings(_NO_TIME)

    @property
    def end(self) -> int:
        """Return the minute it closes, counted on past midnight."""
        return self.closes if self.closes > self.opens else self.closes + DAY


Day = tuple[Opening, ...]
ALL_DAY: Day = (Opening(0, DAY),)


@cache
def _zone(name: str) -> ZoneInfo:
    if name not in available_timezones():
        raise InvalidSettings(_NO_ZONE)
    return ZoneInfo(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessHours:
    """
    When the business answers, by its own clocks: a week, Monday first, and days off.

    On a holiday nothing opens; what opened the evening before closes as ever.
    Open at all times unless told otherwise.
    """

    time_zone: str = DEFAULT_TIME_ZONE
    week: tuple[Day, ...] = (ALL_DAY,) * _WEEK
    holidays: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        _zone(self.time_zone)
        if len(self.holidays) > MAX_HOLIDAYS:
            raise InvalidSettings(_MANY_HOLIDAYS.filled(most=MAX_HOLIDAYS))
        if any(len(day) > MAX_OPENINGS for day in self.week):
            raise InvalidSettings(_MANY_OPENINGS.filled(most=MAX_OPENINGS))
        _require_one_after_another(self.week)

    @property
    def never_close(self) -> bool:
        return not self.holidays and all(day == ALL_DAY for day in self.week)

    def is_open(self, at: datetime) -> bool:
        return self.closed_since(at) is None

    def closed_since(self, at: datetime) -> datetime | None:
        """Return when the business closed that is closed at *at*, None when it is open."""
        if self.never_close:
            return None
        for start, end in self._openings_back_from(at):
            if start <= at:
                return None if at < end else end
        return at - timedelta(days=_HORIZON)

    def after(self, at: datetime, worked: timedelta) -> datetime | None:
        """Return when *worked* of open time has passed since *at*; None when it never will."""
        if self.never_close:
            return at + worked
        for opens, end in self._openings_from(at):
            start = max(opens, at)
            if start >= end:
                continue
            if start + worked <= end:
                return start + worked
            worked -= end - start
        return None

    def before(self, at: datetime, worked: timedelta) -> datetime | None:
        """
        Return the last moment since which *worked* of open time has passed at *at*.

        Whoever began to wait at it or earlier has waited that long. None: nobody has.
        """
        if self.never_close:
            return at - worked
        for start, closes in self._openings_back_from(at):
            end = min(closes, at)
            if start >= end:
                continue
            if end - worked >= start:
                return end - worked
            worked -= end - start
        return None

    def _openings_from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        # One of the day before may still be open.
        first = at.astimezone(_zone(self.time_zone)).date() - timedelta(days=1)
        for number in range(_HORIZON):
            yield from self._openings_of(first + timedelta(days=number))

    def _openings_back_from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        last = at.astimezone(_zone(self.time_zone)).date()
        for number in range(_HORIZON):
            yield from reversed(self._openings_of(last - timedelta(days=number)))

    def _openings_of(self, day: date) -> list[tuple[datetime, datetime]]:
        if day in self.holidays:
            return []
        return [
            (self._moment(day, opening.opens), self._moment(day, opening.end))
            for opening in self.week[day.weekday()]
        ]

    def _moment(self, day: date, minute: int) -> datetime:
        """Return when the clocks of the place show *minute* of *day*, in UTC."""
        days, minutes = divmod(minute, DAY)
        shown = datetime.combine(
            day + timedelta(days=days),
            time(minutes // 60, minutes % 60),
            tzinfo=_zone(self.time_zone),
        )
        # Between moments, not between what clocks show: a night is an hour shorter in spring.
        return shown.astimezone(UTC)


def _require_one_after_another(week: Iterable[Day]) -> None:
    spans = [
        (number * DAY + opening.opens, number * DAY + opening.end)
        for number, day in enumerate(week)
        for opening in day
    ]
    if not spans:
        return
    # Sunday's last one may reach into Monday.
    spans.append((spans[0][0] + _WEEK * DAY, spans[0][1] + _WEEK * DAY))
    for (_, end), (start, _) in itertools.pairwise(spans):
        if start < end:
            raise InvalidSettings(_OVERLAP)
