"""A road between khalifa and a server that can be cut while somebody is on it."""

import asyncio
import contextlib
from types import TracebackType
from typing import Self

from tests.servers import free_port

_AT_ONCE = 64 * 1024


class Road:
    """Carries TCP connections from a port of its own to *port*; `cut` resets all there are."""

    def __init__(self, port: int) -> None:
        self.port = free_port()
        self._to = port
        self._open: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._begin, "127.0.0.1", self.port)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        self.cut()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    def cut(self) -> int:
        """Reset every connection, wherever in a request or a reply it is; return how many."""
        cut = len(self._open)
        for writer in list(self._open):
            writer.transport.abort()
        return cut

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._carry(reader, writer))
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, back}
        self._open |= both
        try:
            await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))
        finally:
            self._open -= both
            for end in both:
                end.transport.abort()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while some := await reader.read(_AT_ONCE):
            writer.write(some)
            await writer.drain()
    # One way ended: the other has nobody to speak to.
    writer.transport.abort()
