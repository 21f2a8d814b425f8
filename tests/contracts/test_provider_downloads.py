"""Downloads from addresses that a provider names: whom they are asked of, and whom never."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer

from khalifa.application.ports.media import FetchFailed, FileGone, NotFetchedYet
from khalifa.infrastructure.provider_downloads import (
    MOST_HOPS,
    Hosts,
    LinkExpired,
    _public_socket,
    download,
)
from khalifa.infrastructure.provider_settings import InvalidSetting

TOKEN = {"Authorization": "Bearer the-token"}
META = "lookaside.fbsbx.com"
Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(answer: Answering) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


def only(*hosts: str) -> Hosts:
    return Hosts.read("CLOUD_API_MEDIA_HOSTS", ",".join(hosts), "hint")


async def loaded(url: str, hosts: Hosts, resolver: AbstractResolver | None = None) -> bytes:
    async with download(url, hosts=hosts, headers=TOKEN, resolver=resolver) as chunks:
        return b"".join([chunk async for chunk in chunks])


@dataclass
class Inside:
    """A server in our own network, which nobody outside may lead us to."""

    port: int
    connections: int = 0


@pytest.fixture
async def inside() -> AsyncIterator[Inside]:
    """Listen wherever this machine is at home, in both kinds of addresses where it has both."""
    listening = socket.create_server(("", 0))
    if socket.has_dualstack_ipv6():
        listening.close()
        listening = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    inside = Inside(listening.getsockname()[1])

    async def meet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inside.connections += 1
        writer.close()

    async with await asyncio.start_server(meet, sock=listening):
        yield inside


@dataclass
class Leading(AbstractResolver):
    """
    Says of every name, one time after the other, that it leads to *addresses*, at *port*.

    As a name server does that belongs to somebody else.
    """

    port: int
    addresses: Sequence[Sequence[str]]
    asked: list[str] = field(default_factory=list)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        now = self.addresses[min(len(self.asked), len(self.addresses) - 1)]
        self.asked.append(host)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=self.port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in now
        ]

    async def close(self) -> None:
        return None


async def test_each_hop_of_a_redirect_must_be_allowed() -> None:
    asked: list[str] = []

    async def file(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        return web.Response(body=b"file")

    async with serving(file) as inside, serving(file) as outside:

        async def lead(request: web.Request) -> web.StreamResponse:
            raise web.HTTPFound(
                {"in": f"{inside}/a", "out": f"{outside}/b", "round": "/round"}[
                    request.path.strip("/")
                ]
            )

        async with serving(lead) as start:
            hosts = only(start, inside)
            assert await loaded(f"{start}/in", hosts) == b"file"
            for way in ("out", "round"):
                with pytest.raises(FileGone):
                    await loaded(f"{start}/{way}", hosts)
    assert asked == ["/a"]


async def test_a_download_that_is_cut_or_refused_is_tried_again_and_tells_nothing() -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Length": "1000000"})
        await answer.prepare(request)
        await answer.write(b"x" * 100_000)
        assert request.transport
        request.transport.close()
        return answer

    async def busy(request: web.Request) -> web.StreamResponse:
        return web.Response(status=503)

    for answer in (cut, busy):
        async with serving(answer) as host:
            with pytest.raises(NotFetchedYet) as failure:
                await loaded(f"{host}/secret-path", only(host))
        told = f"{failure.value} {failure.value.words} {failure.value.__context__}"
        assert "secret-path" not in told
        assert "the-token" not in told

    async def gone(request: web.Request) -> web.StreamResponse:
        return web.Response(status=404)

    async with serving(gone) as host:
        with pytest.raises(LinkExpired):
            await loaded(f"{host}/x", only(host))


@pytest.mark.parametrize(
    "url",
    [
        "http://lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com:8443/x",
        "https://lookaside.fbsbx.com.evil.example/x",
        "https://evil.example/lookaside.fbsbx.com",
        "https://lookaside.fbsbx.com@evil.example/x",
        "https://user:pass@lookaside.fbsbx.com/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "ftp://lookaside.fbsbx.com/x",
        "file:///etc/passwd",
        "https://",
        "//lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com:99999/x",
    ],
)
async def test_only_metas_hosts_over_https_are_asked(url: str) -> None:
    hosts = only(META)
    assert not hosts.allow(url)
    with pytest.raises(FetchFailed):
        await loaded(url, hosts)


def test_metas_own_host_is_allowed() -> None:
    hosts = only(META)
    assert hosts.allow("https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1")
    assert hosts.allow("https://LOOKASIDE.fbsbx.com:443/x")


@pytest.mark.parametrize(
    "value", [",", "ftp://a", "https://u:p@a.example", "a.example/path", "a.example:8443"]
)
def test_hosts_that_cannot_be_meant_are_refused_by_name(value: str) -> None:
    with pytest.raises(InvalidSetting, match="CLOUD_API_MEDIA_HOSTS"):
        only(value)


PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "::1",
    "::ffff:127.0.0.1",
]


@pytest.mark.parametrize("address", PRIVATE)
async def test_a_name_that_leads_into_our_own_network_is_not_followed(
    inside: Inside, address: str
) -> None:
    """Also when the name is allowed: whoever answers for it decides where it leads."""
    resolver = Leading(inside.port, [[address]])

    with pytest.raises(NotFetchedYet):
        await loaded(f"https://{META}/x", only(META), resolver)

    assert (resolver.asked, inside.connections) == ([META], 0)


# Kept for examples: nobody has it, and these tests connect to no other machine anyway.
ELSEWHERE = "3fff::1"


async def test_a_name_that_leads_elsewhere_the_next_time_gains_nothing(inside: Inside) -> None:
    resolver = Leading(inside.port, [[ELSEWHERE], ["127.0.0.1"]])

    # The address that was looked at is the one that is connected to: nobody asks in between.
    with (
        pytest.warns(UserWarning, match=f'connect.*"{ELSEWHERE}"'),
        pytest.raises((NotFetchedYet, RuntimeError)),
    ):
        await loaded(f"https://{META}/x", only(META), resolver)
    assert resolver.asked == [META]
    with pytest.raises(NotFetchedYet):
        await loaded(f"https://{META}/x", only(META), resolver)

    assert (resolver.asked, inside.connections) == ([META, META], 0)


@pytest.mark.parametrize(
    "address",
    [
        *PRIVATE,
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "192.0.0.192",
        "100.64.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "2001:db8::1",
        "fc00::1",
        "fe80::1",
        "fe80::1%1",
        "ff02::1",
        "fec0::1",
        "no address",
    ],
)
def test_what_is_not_public_is_not_connected_to(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with pytest.raises(OSError, match="public"):
        _public_socket((family, socket.SOCK_STREAM, 0, "", (address, 443)))


@pytest.mark.parametrize(
    "address",
    ["157.240.1.1", "2a03:2880:f10c::1", "::ffff:157.240.1.1", "64:ff9b::157.240.1.1"],
)
def test_what_is_public_is_connected_to(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    _public_socket((family, socket.SOCK_STREAM, 0, "", (address, 443))).close()


SPELLINGS = [
    "http://127.0.0.1:{port}/",
    "https://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://localhost.:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://{host}@127.0.0.1:{port}/",
    "http://user:pass@127.0.0.1:{port}/",
    "http://user:pass@{host}/",
    "http://127.0.0.1:{port}#@{host}/",
    "http://127.0.0.1:{port}\\@{host}/",
    "http://127.0.0.1:{port}%2f@{host}/",
    "//127.0.0.1:{port}/",
    "\\\\127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "HTTP://127.0.0.1:{port}/",
    "ftp://127.0.0.1:{port}/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/",
    "data:,x",
    "http://[",
    "http://127.0.0.1:99999/",
    "",
]


@pytest.mark.parametrize("place", SPELLINGS)
async def test_no_redirect_leads_to_where_we_were_not_meant_to_ask(
    inside: Inside, place: str
) -> None:
    asked: list[tuple[str, str | None]] = []

    async def lead(request: web.Request) -> web.StreamResponse:
        asked.append((request.path, request.headers.get("Authorization")))
        host = request.host
        where = place.format(port=inside.port, host=host)
        return web.Response(status=302, headers={"Location": where})

    async with serving(lead) as start:
        with pytest.raises((FetchFailed, LinkExpired)):
            await loaded(f"{start}/begin", only(start))

    assert inside.connections == 0
    # It may lead back to itself, a few times.
    assert 1 <= len(asked) <= MOST_HOPS
    assert {token for _, token in asked} == {TOKEN["Authorization"]}


async def test_what_says_that_it_is_packed_is_not_unpacked() -> None:
    packed = gzip.compress(bytes(50 * 1024 * 1024))

    async def bomb(request: web.Request) -> web.StreamResponse:
        assert request.headers["Accept-Encoding"] == "identity"
        return web.Response(body=packed, headers={"Content-Encoding": "gzip"})

    async with serving(bomb) as host:
        assert await loaded(f"{host}/x", only(host)) == packed
