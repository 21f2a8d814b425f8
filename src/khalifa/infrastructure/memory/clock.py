"""A clock that moves when it is told to."""

from datetime import UTC, datetime, timedelta

from khalifa.application.ports.clock import Clock

START = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)


class ManualClock(Clock):
    """Stands still at *start* until `advance` is called."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by
