"""Calling a provider: each call on a connection of its own, against a server that keeps them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp
import pytest

from khalifa.application.ports.messaging import ProviderUnreachable
from khalifa.infrastructure.provider_http import (
    NO_ANSWER,
    Answer,
    open_http,
    request_json,
    send_json,
)
from tests.servers import free_port

ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
    b"Connection: keep-alive\r\n\r\n{}"
)

Call = Callable[[aiohttp.ClientSession, str], Awaitable[Answer]]


@dataclass
class KeepingServer:
    """
    A server that offers to keep each connection, and closes it as the next request comes.

    So does any server whose keep-alive runs out at that moment: the request
    is never read, and to the client its answer seems lost.
    """

    url: str = ""
    connections: int = 0
    unread: int = 0
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)
        await writer.drain()
        while chunk := await reader.read(65536):
            if b"HTTP/1.1" in chunk:
                self.unread += 1
                break
        writer.transport.abort()


@pytest.fixture
async def server() -> AsyncIterator[KeepingServer]:
    keeping = KeepingServer()
    listening = await asyncio.start_server(keeping.serve, "127.0.0.1", 0)
    async with listening:
        keeping.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/send"
        yield keeping


async def ask(http: aiohttp.ClientSession, url: str) -> Answer:
    return await request_json(http, "GET", url, operation="Asking")


async def send(http: aiohttp.ClientSession, url: str) -> Answer:
    return await send_json(http, url, operation="Sending", payload={"text": "hello"})


async def test_each_call_is_reported_with_its_answer_and_never_with_where_it_went(
    server: KeepingServer,
) -> None:
    told: list[tuple[str, float]] = []

    def report(answer: str, seconds: float) -> None:
        told.append((answer, seconds))

    async with open_http(report) as http:
        await ask(http, server.url)
        with pytest.raises(ProviderUnreachable):
            await ask(http, f"http://127.0.0.1:{free_port()}/")

    assert [answer for answer, _ in told] == ["200", NO_ANSWER]
    assert all(0 < seconds < 5 for _, seconds in told)


@pytest.mark.parametrize("call", [ask, send])
async def test_a_connection_that_the_server_closes_is_never_taken_for_a_lost_answer(
    server: KeepingServer, call: Call
) -> None:
    async with open_http() as http:
        for _ in range(3):
            assert (await call(http, server.url)).body == {}

    assert server.connections == 3
    assert server.unread == 0
