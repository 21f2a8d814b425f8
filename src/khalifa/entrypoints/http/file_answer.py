"""Answering with a file: in part or whole, never all of it in memory, harmless in a browser."""

import mimetypes
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus
from typing import Protocol
from urllib.parse import quote

from litestar.datastructures import Headers
from litestar.types import Receive, Scope, Send

from khalifa.application.ports.media import NotInStore
from khalifa.domain.errors import NotFound
from khalifa.domain.media import SHOWN_INLINE
from khalifa.entrypoints.http.ranges import Part, is_known, part_asked

# A customer's file is nothing to be run as a page. That no browser guesses what it is, is said
# around every answer.
HARMLESS = {
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    # Whoever asks again is looked at again, and sent nothing twice.
    "Cache-Control": "private, no-cache",
}


class File(Protocol):
    @property
    def size(self) -> int: ...

    @property
    def sha256(self) -> str: ...

    @property
    def mime_type(self) -> str: ...

    def part(
        self, start: int, length: int
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]: ...


class FileAnswer:
    """An ASGI application that answers with *file*; *name* is what it is saved as."""

    def __init__(self, file: File, name: str | None, kind: str) -> None:
        self._file = file
        inline = file.mime_type in SHOWN_INLINE
        named = name or kind + (mimetypes.guess_extension(file.mime_type) or ".bin")
        self._headers = {
            **HARMLESS,
            "Content-Type": file.mime_type,
            "Content-Disposition": disposition(named, inline=inline),
            "Accept-Ranges": "bytes",
            "ETag": f'"{file.sha256}"',
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked, tag = Headers.from_scope(scope), self._headers["ETag"]
        if is_known(asked, tag):
            await _begin(send, HTTPStatus.NOT_MODIFIED, self._headers, 0)
            return
        part = part_asked(asked, self._file.size, tag)
        status, headers = HTTPStatus.OK, self._headers
        if part is not None:
            status, last = HTTPStatus.PARTIAL_CONTENT, part.start + part.length - 1
            shown = f"bytes {part.start}-{last}/{self._file.size}"
            headers = {**headers, "Content-Range": shown}
        wanted = part or Part(0, self._file.size)
        if scope.get("method") == "HEAD":
            await _begin(send, status, headers, wanted.length)
        else:
            await self._send(send, status, headers, wanted)

    async def _send(
        self, send: Send, status: HTTPStatus, headers: dict[str, str], wanted: Part
    ) -> None:
        try:
            async with self._file.part(wanted.start, wanted.length) as chunks:
                await _begin(send, status, headers, wanted.length, more=True)
                async for chunk in chunks:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except NotInStore:
            raise NotFound("The file is not there any more.") from None
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _begin(
    send: Send, status: HTTPStatus, headers: dict[str, str], length: int, *, more: bool = False
) -> None:
    lines = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    if status is not HTTPStatus.NOT_MODIFIED:
        lines.append((b"content-length", str(length).encode()))
    await send({"type": "http.response.start", "status": status, "headers": lines})
    if not more:
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def disposition(name: str, *, inline: bool) -> str:
    """Return the header that names a file in any script (RFC 6266), for old readers in ASCII."""
    plain = "".join(
        letter if letter.isascii() and letter.isprintable() and letter not in '"\\%' else "_"
        for letter in name
    )
    way = "inline" if inline else "attachment"
    return f"{way}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
