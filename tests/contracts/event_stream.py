"""What an event stream promises to those who follow it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from khalifa.application.ports.notifications import (
    ADMINS,
    CursorLost,
    Event,
    EventKind,
    EventStream,
)
from tests.builders import an_event

PATIENCE = 20.0

Wipe = Callable[[], Awaitable[None]]


@asynccontextmanager
async def following(
    stream: EventStream, since: str
) -> AsyncIterator[AsyncIterator[tuple[str, Event]]]:
    """Follow the stream, and let go of it in the end."""
    events = stream.follow(since)
    try:
        yield events
    finally:
        if isinstance(events, AsyncGenerator):
            await events.aclose()


async def take(events: AsyncIterator[tuple[str, Event]], count: int) -> list[tuple[str, Event]]:
    async with asyncio.timeout(PATIENCE):
        return [await anext(events) for _ in range(count)]


async def after(stream: EventStream, since: str, count: int) -> list[tuple[str, Event]]:
    """Return the first *count* events after *since*, with their cursors."""
    async with following(stream, since) as events:
        return await take(events, count)


def _events(count: int) -> list[Event]:
    return [an_event(version=number) for number in range(1, count + 1)]


async def _lost(events: AsyncIterator[tuple[str, Event]]) -> bool:
    """Follow until the stream says that the cursor is lost."""
    try:
        async with asyncio.timeout(PATIENCE):
            async for _ in events:
                pass
    except CursorLost:
        return True
    return False


class EventStreamContract:
    """Wants ``stream``: empty; and ``wipe``, which empties what is behind it under its hands."""

    async def test_an_event_arrives_whole(self, stream: EventStream) -> None:
        since = await stream.cursor()
        events = [
            an_event(kind=kind, recipients=(ADMINS, "7", "12"), entity='{"نص":"💊"}'.encode())
            for kind in EventKind
        ]
        events += [an_event(recipients=(), entity=b"", version=2**53), an_event(entity_id="memory")]
        await stream.publish(events)

        arrived = [event for _, event in await after(stream, since, len(events))]

        assert arrived == events

    async def test_events_arrive_in_the_order_they_were_published(
        self, stream: EventStream
    ) -> None:
        since = await stream.cursor()
        events = _events(300)
        for start in range(0, 300, 60):
            await stream.publish(events[start : start + 60])
        await stream.publish([])

        assert [event for _, event in await after(stream, since, 300)] == events

    async def test_only_what_was_published_after_the_cursor_arrives(
        self, stream: EventStream
    ) -> None:
        before, later = _events(3), _events(2)
        await stream.publish(before)
        since = await stream.cursor()
        await stream.publish(later)

        assert [event for _, event in await after(stream, since, 2)] == later

    async def test_whoever_comes_back_with_an_events_cursor_misses_nothing(
        self, stream: EventStream
    ) -> None:
        since = await stream.cursor()
        events = _events(6)
        await stream.publish(events)
        shown = await after(stream, since, 4)

        for number, (cursor, event) in enumerate(shown, start=1):
            rest = await after(stream, cursor, len(events) - number)
            assert event == events[number - 1]
            assert [row for _, row in rest] == events[number:]

    async def test_the_newest_events_cursor_is_the_streams(self, stream: EventStream) -> None:
        since = await stream.cursor()
        await stream.publish(_events(2))

        [*_, (cursor, _)] = await after(stream, since, 2)

        assert cursor == await stream.cursor()
        assert cursor != since

    async def test_a_follower_that_waits_is_told_at_once(self, stream: EventStream) -> None:
        async with following(stream, await stream.cursor()) as events:
            for event in _events(3):
                arriving = asyncio.create_task(take(events, 1))
                await asyncio.sleep(0)
                await stream.publish([event])
                [(_, arrived)] = await arriving
                assert arrived == event

    async def test_every_follower_gets_every_event(self, stream: EventStream) -> None:
        since = await stream.cursor()
        events = _events(50)
        followers = [asyncio.create_task(after(stream, since, 50)) for _ in range(5)]

        for event in events:
            await stream.publish([event])

        for shown in await asyncio.gather(*followers):
            assert [event for _, event in shown] == events

    async def test_publishers_side_by_side_lose_nothing(self, stream: EventStream) -> None:
        since = await stream.cursor()
        lists: Sequence[list[Event]] = [_events(20) for _ in range(5)]

        await asyncio.gather(*(stream.publish(events) for events in lists))

        arrived = [event.id for _, event in await after(stream, since, 100)]
        assert len(set(arrived)) == 100
        for events in lists:
            ids = [event.id for event in events]
            assert [id_ for id_ in arrived if id_ in set(ids)] == ids

    @pytest.mark.parametrize(
        "cursor", ["", "x", "0", "0-0", "-", "epoch-1", "نص-١", "\x00", "x" * 5000, "a-b-c", "$"]
    )
    async def test_a_cursor_nobody_gave_is_lost(self, stream: EventStream, cursor: str) -> None:
        await stream.publish(_events(1))

        async with following(stream, cursor) as events:
            with pytest.raises(CursorLost):
                await take(events, 1)

    async def test_a_cursor_from_before_a_wipe_is_lost(
        self, stream: EventStream, wipe: Wipe
    ) -> None:
        empty = await stream.cursor()
        await stream.publish(_events(3))
        newest = await stream.cursor()

        await wipe()
        await stream.publish(_events(5))

        for cursor in (empty, newest):
            async with following(stream, cursor) as events:
                assert await _lost(events)

    async def test_a_wipe_under_a_follower_is_noticed(
        self, stream: EventStream, wipe: Wipe
    ) -> None:
        since = await stream.cursor()
        await stream.publish(_events(2))

        async with following(stream, since) as events:
            await take(events, 2)
            waiting = asyncio.create_task(_lost(events))
            await asyncio.sleep(0)
            await wipe()

            assert await waiting

    async def test_after_a_wipe_the_stream_begins_anew(
        self, stream: EventStream, wipe: Wipe
    ) -> None:
        await stream.publish(_events(2))
        await wipe()

        since = await stream.cursor()
        events = _events(2)
        await stream.publish(events)

        assert [event for _, event in await after(stream, since, 2)] == events
