"""Events in a list, followed by whoever listens in this process."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from secrets import token_hex

from khalifa.application.ports.notifications import CursorLost, Event, EventStream

HISTORY = 1000


class MemoryEventStream(EventStream):
    """
    Keeps the last *history* events; older cursors are lost.

    A cursor is ``<epoch>-<number of the event>``. While ``away`` is true,
    publishing fails.
    """

    def __init__(self, history: int = HISTORY) -> None:
        self.away = False
        self._history = history
        self._begin()

    def _begin(self) -> None:
        self._epoch = token_hex(8)
        self._events: list[Event] = []
        self._last = 0
        self._news = asyncio.Event()

    def forget_everything(self) -> None:
        """Lose all events, as a wiped Redis does: a new epoch begins, old cursors are lost."""
        news = self._news
        self._begin()
        news.set()

    async def publish(self, events: Sequence[Event]) -> None:
        if self.away:
            reason = "the event stream is away"
            raise ConnectionError(reason)
        self._events = [*self._events, *events][-self._history :]
        self._last += len(events)
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def cursor(self) -> str:
        return self._cursor(self._last)

    async def follow(self, since: str) -> AsyncIterator[tuple[str, Event]]:
        number = self._read(since)
        while True:
            news = self._news
            # What is read here stays whole while a slow reader takes its time over it.
            for event in self._after(number):
                number += 1
                yield self._cursor(number), event
            if news is self._news:
                await news.wait()
            self._read(since)

    def _after(self, number: int) -> list[Event]:
        trimmed = self._last - len(self._events)
        if not trimmed <= number <= self._last:
            raise CursorLost
        return self._events[number - trimmed :]

    def _cursor(self, number: int) -> str:
        return f"{self._epoch}-{number}"

    def _read(self, cursor: str) -> int:
        epoch, _, number = cursor.rpartition("-")
        if epoch != self._epoch or not (number.isascii() and number.isdigit()):
            raise CursorLost
        return int(number)
