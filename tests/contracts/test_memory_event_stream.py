"""The stream in memory keeps what followers are promised."""

import pytest

from khalifa.application.ports.notifications import CursorLost
from khalifa.infrastructure.memory.event_stream import MemoryEventStream
from tests.builders import an_event
from tests.contracts.event_stream import EventStreamContract, Wipe, after, following, take


class TestMemoryEventStream(EventStreamContract):
    @pytest.fixture
    def stream(self) -> MemoryEventStream:
        return MemoryEventStream()

    @pytest.fixture
    def wipe(self, stream: MemoryEventStream) -> Wipe:
        async def wipe() -> None:
            stream.forget_everything()

        return wipe


async def test_a_cursor_older_than_the_history_is_lost() -> None:
    stream = MemoryEventStream(history=3)
    too_old = await stream.cursor()
    await stream.publish([an_event()])
    oldest = await stream.cursor()
    events = [an_event() for _ in range(3)]
    await stream.publish(events)

    assert [event for _, event in await after(stream, oldest, 3)] == events
    async with following(stream, too_old) as lost:
        with pytest.raises(CursorLost):
            await take(lost, 1)


async def test_a_follower_left_behind_the_history_is_told() -> None:
    stream = MemoryEventStream(history=2)
    async with following(stream, await stream.cursor()) as events:
        await stream.publish([an_event()])
        await take(events, 1)
        await stream.publish([an_event() for _ in range(3)])

        with pytest.raises(CursorLost):
            await take(events, 3)


async def test_a_stream_that_is_away_says_that_nothing_was_published() -> None:
    stream = MemoryEventStream()
    since = await stream.cursor()

    stream.away = True
    with pytest.raises(ConnectionError):
        await stream.publish([an_event()])

    assert await stream.cursor() == since
