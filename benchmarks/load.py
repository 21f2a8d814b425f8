"""Posting ready-made requests over kept-open connections, as cheaply as Python can."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self, cast

CONNECTIONS = 48

_TAKEN = b"\r\n\r\nok"
_OK = b"HTTP/1.1 200 "


class NotTaken(Exception):
    """A webhook call was not answered 200."""


class _Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self._answer: asyncio.Future[None] | None = None
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's own are none of asyncio's classes.
        self._transport = cast("asyncio.Transport", transport)

    async def post(self, request: bytes) -> None:
        """
        Raises:
            NotTaken: the answer is any other than what a taken webhook is answered.
        """
        if self._transport is None:
            raise NotTaken("not connected")
        self._received = b""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        await self._answer

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._answer is None or self._answer.done():
            return
        if not self._received.startswith(_OK):
            self._answer.set_exception(NotTaken(self._received.split(b"\r\n")[0].decode()))
        elif self._received.endswith(_TAKEN):
            self._answer.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(NotTaken("the server hung up"))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Load:
    """Open connections to a server's port. Use as an async context manager."""

    def __init__(self, port: int, connections: int = CONNECTIONS) -> None:
        self._port = port
        self._count = connections
        self._connections: list[_Connection] = []
        self._opened = AsyncExitStack()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for _ in range(self._count):
            _, connection = await loop.create_connection(_Connection, "127.0.0.1", self._port)
            self._opened.callback(connection.close)
            self._connections.append(connection)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._opened.aclose()

    async def as_answered(self, requests: Sequence[bytes]) -> float:
        """Post all, each connection its next as soon as it has its answer; return the seconds."""
        waiting = iter(requests)

        async def work(connection: _Connection) -> None:
            for request in waiting:
                await connection.post(request)

        begun = time.monotonic()
        await asyncio.gather(*map(work, self._connections))
        return time.monotonic() - begun

    async def at(self, rate: float, requests: Sequence[bytes]) -> list[float]:
        """
        Post *rate* requests a second, whatever the answers do; return when each was due.

        A request that finds no free connection waits, and its waiting counts:
        the moments are those of the plan, on the monotonic clock.
        """
        idle = asyncio.Queue[_Connection]()
        for connection in self._connections:
            idle.put_nowait(connection)

        async def post(connection: _Connection, request: bytes) -> None:
            await connection.post(request)
            idle.put_nowait(connection)

        begun = time.monotonic() + 0.05
        due = [begun + number / rate for number in range(len(requests))]
        async with asyncio.TaskGroup() as posting:
            for moment, request in zip(due, requests, strict=True):
                if (pause := moment - time.monotonic()) > 0:
                    await asyncio.sleep(pause)
                posting.create_task(post(await idle.get(), request))
        return due
