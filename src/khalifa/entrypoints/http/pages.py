"""The pages: files built from web/ with the package, and the API's own; served from memory."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePath

from litestar import MediaType, Request, Response, get
from litestar.datastructures import State
from litestar.params import FromPath

from khalifa.domain.errors import NotFound
from khalifa.entrypoints.http.envelope import CONTENT_SECURITY_POLICY

_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
# What the build lays beside a file, the smallest first, and what a browser calls it.
_ENCODINGS = {"br": ".br", "gzip": ".gz"}
# name.HASH.js: another content has another name.
_HASHED = re.compile(r"^[\w-]+\.[\w-]{8}\.\w+$")
_FOR_EVER = "public, max-age=31536000, immutable"
# A file that is about to be sent is shown from the browser's own memory.
PAGE_POLICY = f"{CONTENT_SECURITY_POLICY}; img-src 'self' blob:; media-src 'self' blob:"
NOT_BUILT = b"The desk's pages are not built: run make setup.\n"

PageRequest = Request[object, object, State]


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file as it is sent; ``tag`` changes when it does, ``smaller`` is it by encoding."""

    content: bytes
    media_type: str
    tag: str
    caching: str = "no-cache"
    smaller: dict[str, bytes] = field(default_factory=dict)


def _load() -> dict[str, PageFile]:
    static = files("khalifa.entrypoints.http").joinpath("static")
    return {file.name: _read(file, _beside(file, static)) for file in _files_of(static)} | {
        file.name: _read(file, _beside(file, built))
        for built in (static.joinpath("desk"),)
        if built.is_dir()
        for file in _files_of(built)
    }


def _files_of(folder: Traversable) -> Iterator[Traversable]:
    return (file for file in folder.iterdir() if PurePath(file.name).suffix in _TYPES)


def _beside(file: Traversable, folder: Traversable) -> dict[str, bytes]:
    compressed = ((name, folder.joinpath(file.name + end)) for name, end in _ENCODINGS.items())
    return {name: one.read_bytes() for name, one in compressed if one.is_file()}


def _read(file: Traversable, smaller: dict[str, bytes]) -> PageFile:
    content = file.read_bytes()
    return PageFile(
        content,
        _TYPES[PurePath(file.name).suffix],
        f'"{sha256(content).hexdigest()[:32]}"',
        _FOR_EVER if _HASHED.match(file.name) else "no-cache",
        smaller,
    )


# Read once: a name that is no file's cannot lead anywhere else.
FILES = _load()


def answer(request: PageRequest, name: str) -> Response[bytes]:
    """
    Return the file, or 304 when the browser has it already.

    A browser asks for a page each time, so that it and its parts are always
    of one version; a part whose name has its content's hash it keeps for ever.

    Raises:
        NotFound: there is no such file.
    """
    file = FILES.get(name)
    if file is None:
        raise NotFound("There is no such page.")
    headers = {"ETag": file.tag, "Cache-Control": file.caching, "Vary": "Accept-Encoding"}
    if file.media_type == "text/html":
        headers["Content-Security-Policy"] = PAGE_POLICY
    asked_for = request.headers.get("if-none-match", "")
    if file.tag in (tag.strip().removeprefix("W/") for tag in asked_for.split(",")):
        return Response(b"", status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    content = file.content
    taken = {part.partition(";")[0].strip() for part in _accepted(request).split(",")}
    for encoding, smaller in file.smaller.items():
        if encoding in taken:
            headers["Content-Encoding"], content = encoding, smaller
            break
    return Response(content, media_type=file.media_type, headers=headers)


def _accepted(request: PageRequest) -> str:
    return request.headers.get("accept-encoding", "")


def page(request: PageRequest, name: str) -> Response[bytes]:
    """Return a page of the desk; a checkout whose pages are not built says so."""
    if name in FILES:
        return answer(request, name)
    return Response(
        NOT_BUILT, media_type=MediaType.TEXT, status_code=HTTPStatus.SERVICE_UNAVAILABLE
    )


@get("/", include_in_schema=False, sync_to_thread=False)
def desk(request: PageRequest) -> Response[bytes]:
    """The agents' desk. It asks for sign-in by itself."""
    return page(request, "desk.html")


@get(["/assets/{name:str}", "/static/{name:str}"], include_in_schema=False, sync_to_thread=False)
def part(request: PageRequest, name: FromPath[str]) -> Response[bytes]:
    return answer(request, name)


HANDLERS = (desk, part)
