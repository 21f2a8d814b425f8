"""Downloading from addresses that a provider names: only from hosts we trust, wherever it leads."""

import ipaddress
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Self
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.resolver import ThreadedResolver

from khalifa.application.ports.media import FileGone, NotFetchedYet
from khalifa.domain.words import Words
from khalifa.infrastructure.provider_settings import InvalidSetting

CHUNK = 256 * 1024
MOST_HOPS = 4
_PLAIN = {"Accept-Encoding": "identity"}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Python takes most of it for public; a cloud has its machines' secrets at 192.0.0.192.
_PROTOCOLS = ipaddress.IPv4Network("192.0.0.0/24")
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_TIMEOUT = aiohttp.ClientTimeout(total=None, connect=10, sock_read=30)

_FOREIGN = Words(
    "The file's address is not the provider's own. An administrator may add its host.",
    "عنوان الملف ليس من عناوين المزوّد. يمكن للمسؤول إضافة المضيف.",
)
_BROKEN_OFF = Words("The file could not be fetched: {why}.", "تعذّر تنزيل الملف.")


class LinkExpired(Exception):
    """The address leads nowhere any more; a new one must be asked for."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """
    Hosts that files may come from.

    A plain name means HTTPS there, and public addresses only: whoever answers
    for the name must not lead us into our own network. One written as an
    address (``http://far.side:8080``) is meant to the letter, wherever it is.
    """

    names: frozenset[str]
    origins: frozenset[str] = frozenset()

    @classmethod
    def read(cls, name: str, text: str, hint: str) -> Self:
        """Read a list with commas; raises `InvalidSetting`, which names the variable *name*."""
        entries = [entry.strip().lower().rstrip("/") for entry in text.split(",") if entry.strip()]
        origins = {entry for entry in entries if "://" in entry}
        names = set(entries) - origins
        for entry in entries:
            try:
                parts = urlsplit(entry if "://" in entry else f"https://{entry}")
                usable = bool(parts.hostname) and parts.scheme in {"http", "https"}
                usable = usable and not (parts.path or parts.query or parts.username)
                usable = usable and ("://" in entry or parts.port is None)
            except ValueError:
                usable = False
            if not usable:
                raise InvalidSetting(name, hint)
        if not entries:
            raise InvalidSetting(name, hint)
        return cls(frozenset(names), frozenset(origins))

    def allow(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            return False
        if parts.username or parts.password or not parts.hostname:
            return False
        if self.is_meant(url):
            return True
        return parts.scheme == "https" and port in {None, 443} and parts.hostname in self.names

    def is_meant(self, url: str) -> bool:
        """Say whether this very origin was written down."""
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.netloc.lower()}" in self.origins


def _is_public(address: str) -> bool:
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(read, ipaddress.IPv6Address):
        inner = _inner(read)
        if inner is None and read not in _GLOBAL_UNICAST:
            return False
        read = inner or read
    return read.is_global and not read.is_multicast and read not in _PROTOCOLS


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the older kind of address that *address* is another spelling of, if it is one."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) % 2**32)
    return address.ipv4_mapped or address.sixtofour


@asynccontextmanager
async def download(
    url: str,
    *,
    hosts: Hosts,
    headers: Mapping[str, str],
    resolver: AbstractResolver | None = None,
) -> AsyncIterator[AsyncIterator[bytes]]:
    """
    Return what is at *url* in chunks; redirects are followed while *hosts* allow them.

    The bytes come as they are sent: what says that it is packed stays packed,
    for a few kilobytes may unpack to as many megabytes.

    Raises:
        LinkExpired: there is nothing there (any more).
        FileGone: it leads to a host that is not allowed.
        NotFetchedYet: it broke off, or the host is away.
    """
    failure: NotFetchedYet | FileGone | LinkExpired
    try:
        for _ in range(MOST_HOPS):
            if not hosts.allow(url):
                raise FileGone(_FOREIGN)
            async with (
                _session(resolver, anywhere=hosts.is_meant(url)) as http,
                http.get(url, headers={**_PLAIN, **headers}, allow_redirects=False) as answer,
            ):
                if answer.status in _REDIRECTS and "location" in answer.headers:
                    url = urljoin(url, answer.headers["location"])
                    continue
                _require_ok(answer.status)
                yield answer.content.iter_chunked(CHUNK)
                return
        failure = FileGone(_FOREIGN)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        # Its class only: texts of these errors hold the address.
        failure = NotFetchedYet(_BROKEN_OFF.filled(why=type(error).__name__))
    raise failure


def _session(resolver: AbstractResolver | None, *, anywhere: bool) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        resolver=resolver or ThreadedResolver(),
        socket_factory=None if anywhere else _public_socket,
        force_close=True,
        use_dns_cache=False,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=_TIMEOUT,
        auto_decompress=False,
    )


def _public_socket(connection: aiohttp.AddrInfoType) -> socket.socket:
    """
    Return a socket for a connection to a public address, and for no other.

    Looked at here, and not when the name is asked for: it is this very address
    that is connected to, whatever the name leads to a moment later.
    """
    family, kind, protocol, _, address = connection
    if not _is_public(str(address[0])):
        reason = "the name does not lead to a public address"
        raise OSError(reason)
    return socket.socket(family=family, type=kind, proto=protocol)


def _require_ok(status: int) -> None:
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        raise LinkExpired
    if status != HTTPStatus.OK:
        raise NotFetchedYet(_BROKEN_OFF.filled(why=f"HTTP {status}"))
