"""Whether what was measured again and again is flat: first, last, and the slope between."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, median

# What a process needs once is needed by then.
WARM_UP = 0.25
# First and last are the medians of so much of what follows, at either end.
_END = 0.2
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Limit:
    """How much a figure may grow from first to last: so many per cent, and so much beside."""

    percent: float
    beside: float

    def allows(self, first: float, last: float) -> bool:
        return last <= first * (1 + self.percent / 100) + self.beside


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """What became of one figure after the warm-up; ``slope`` is by the hour."""

    name: str
    unit: str
    first: float
    last: float
    most: float
    slope: float
    limit: Limit

    @property
    def growth(self) -> float:
        """Return the growth from first to last in per cent."""
        return 100 * (self.last / self.first - 1) if self.first else 100.0 * bool(self.last)

    @property
    def is_flat(self) -> bool:
        return self.limit.allows(self.first, self.last)


def trend_of(name: str, unit: str, samples: Sequence[tuple[float, float]], limit: Limit) -> Trend:
    """Look at *samples*, each the seconds since the start and a value, in their order."""
    begun, ended = samples[0][0], samples[-1][0]
    counted = [one for one in samples if one[0] >= begun + WARM_UP * (ended - begun)]
    values = [value for _, value in counted]
    end = max(1, round(_END * len(values)))
    return Trend(
        name=name,
        unit=unit,
        first=median(values[:end]),
        last=median(values[-end:]),
        most=max(values),
        slope=_HOUR * _slope(counted),
        limit=limit,
    )


def _slope(samples: Sequence[tuple[float, float]]) -> float:
    """Return the slope of the straight line with the least squares."""
    at, value = mean(at for at, _ in samples), mean(value for _, value in samples)
    spread = sum((moment - at) ** 2 for moment, _ in samples)
    if not spread:
        return 0.0
    return sum((moment - at) * (one - value) for moment, one in samples) / spread
