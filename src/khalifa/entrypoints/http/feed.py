"""The live events of this process: one reader of the stream, fanned out to the open sockets."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import msgspec
import structlog

from khalifa.application.ports.clock import Clock
from khalifa.application.ports.metrics import EVENTS, Metrics
from khalifa.application.ports.notifications import CursorLost, Event, EventStream
from khalifa.domain.agents import Agent
from khalifa.entrypoints.http.error_trace import trace_of

# A screen this many events behind loads anew faster than it catches up.
MOST_WAITING = 1000
TRY_AGAIN_AFTER = 1.0
# Seconds a socket may wait for the stream: to begin, and to tell what was missed.
PATIENCE = 5.0
# Each of them holds a connection of its own while it lasts.
CATCHING_UP_AT_ONCE = 8

# WebSocket close codes. Those from 4000 on are for applications (RFC 6455, 7.4.2).
TRY_LATER = 1013
TOO_SLOW = 4008

log = structlog.get_logger("khalifa.http")


def frame_of(cursor: str, event: Event) -> str:
    """Return the event as sockets send it. The entity is JSON already, and put in as it is."""
    head: dict[str, str | int] = {
        "type": event.kind,
        "cursor": cursor,
        "id": event.entity_id,
        "version": event.version,
    }
    return f'{_json(head)[:-1]},"entity":{event.entity.decode()}}}'


def hello_frame(cursor: str) -> str:
    """Return what a socket sends first: from here on it tells everything."""
    return _json({"type": "hello", "cursor": cursor})


def reload_frame(cursor: str) -> str:
    """Return what tells a screen to load all anew: what it missed is not known any more."""
    return _json({"type": "reload", "cursor": cursor})


def _json(frame: dict[str, str | int]) -> str:
    return msgspec.json.encode(frame).decode()


class Subscription:
    """One open socket: whose it is, by which token, and the frames that wait to be sent."""

    def __init__(self, agent: Agent, token: str) -> None:
        self.agent = agent
        self.token = token
        self._waiting: deque[str] = deque()
        self._news = asyncio.Event()
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def put(self, frame: str) -> None:
        """Let *frame* wait to be sent; too many of them end the subscription."""
        if len(self._waiting) >= MOST_WAITING:
            self.end(TOO_SLOW)
            return
        self._waiting.append(frame)
        self._news.set()

    async def next(self) -> str:
        """Return the frame that waited longest, once there is one."""
        while not self._waiting:
            self._news.clear()
            await self._news.wait()
        return self._waiting.popleft()

    def end(self, code: int) -> None:
        """End the subscription: its socket is closed with *code*, whatever still waits."""
        if not self._ended.done():
            self._ended.set_result(code)

    async def ended(self) -> int:
        """Return the close code, once the subscription is ended from this side."""
        return await asyncio.shield(self._ended)


class StreamAway(Exception):
    """The event stream does not answer; a socket cannot be served now."""


class Feed:
    """
    Reads the event stream once for all sockets of this process.

    While the stream is away, sockets stay open and hear nothing; they miss
    nothing either, for reading goes on where it stopped. A stream that was
    wiped makes every screen load anew.
    """

    def __init__(
        self, stream: Callable[[], EventStream], *, clock: Clock, metrics: Metrics
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._metrics = metrics
        self._subscriptions: set[Subscription] = set()
        self._reading = asyncio.Event()
        self._catching_up = asyncio.Semaphore(CATCHING_UP_AT_ONCE)

    @property
    def subscriptions(self) -> frozenset[Subscription]:
        return frozenset(self._subscriptions)

    @contextmanager
    def subscription(self, agent: Agent, token: str) -> Iterator[Subscription]:
        """Hand *agent* every event that concerns them and is published while inside."""
        subscription = Subscription(agent, token)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    async def frames_since(self, since: str | None, agent: Agent) -> list[str]:
        """
        Return the first frames of a socket: a greeting, and what *agent* missed after *since*.

        Asked inside a subscription, so that what happens meanwhile is told by
        that: nothing is missed, some may be told twice.

        Raises:
            StreamAway: the stream cannot be asked now.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                await self._reading.wait()
                end = await self._stream().cursor()
        except Exception as error:
            raise StreamAway from error
        if since is None or since == end:
            return [hello_frame(end)]
        try:
            async with asyncio.timeout(PATIENCE), self._catching_up:
                return [hello_frame(since), *await self._missed(since, end, agent)]
        except (CursorLost, TimeoutError):
            return [reload_frame(end)]

    async def _missed(self, since: str, end: str, agent: Agent) -> list[str]:
        frames: list[str] = []
        async with self._following(since) as events:
            async for cursor, event in events:
                if event.is_for(agent):
                    frames.append(frame_of(cursor, event))
                if len(frames) > MOST_WAITING:
                    raise CursorLost
                if cursor == end:
                    break
        return frames

    async def run(self) -> None:
        """Read the stream, for ever."""
        since: str | None = None
        while True:
            try:
                if since is None:
                    since = await self._begin()
                async with self._following(since) as events:
                    async for since, event in events:
                        self._hand_out(since, event)
            except CursorLost:
                log.warning("live events lost", sockets=len(self._subscriptions))
                since = None
            except Exception as error:  # noqa: BLE001 - the stream comes back, or the next try fails
                log.warning("live events are away", **trace_of(error))
                await asyncio.sleep(TRY_AGAIN_AFTER)

    async def _begin(self) -> str:
        since = await self._stream().cursor()
        if self._reading.is_set():
            # Begun anew: what lay between is known to nobody.
            for subscription in self._subscriptions:
                subscription.put(reload_frame(since))
        self._reading.set()
        return since

    def _hand_out(self, cursor: str, event: Event) -> None:
        frame: str | None = None
        for subscription in self._subscriptions:
            if event.is_for(subscription.agent):
                frame = frame or frame_of(cursor, event)
                subscription.put(frame)
        waited = self._clock.now() - event.at
        self._metrics.observe(EVENTS, seconds=waited.total_seconds())

    @asynccontextmanager
    async def _following(self, since: str) -> AsyncIterator[AsyncIterator[tuple[str, Event]]]:
        events = self._stream().follow(since)
        try:
            yield events
        finally:
            # What it holds of the stream is given back now, not when it is collected.
            if isinstance(events, AsyncGenerator):
                await events.aclose()
