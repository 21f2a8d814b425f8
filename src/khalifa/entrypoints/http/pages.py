"""The pages: files that need no building, served from memory."""

from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from importlib.resources import files
from pathlib import PurePath

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.params import FromPath

from khalifa.domain.errors import NotFound

_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}

PageRequest = Request[object, object, State]


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file as it is sent; ``tag`` changes when it does."""

    content: bytes
    media_type: str
    tag: str


def _load() -> dict[str, PageFile]:
    found: dict[str, PageFile] = {}
    for file in files("khalifa.entrypoints.http").joinpath("static").iterdir():
        media_type = _TYPES.get(PurePath(file.name).suffix)
        if media_type is not None:
            content = file.read_bytes()
            tag = f'"{sha256(content).hexdigest()[:32]}"'
            found[file.name] = PageFile(content, media_type, tag)
    return found


# Read once: a name that is no file's cannot lead anywhere else.
FILES = _load()


def answer(request: PageRequest, name: str) -> Response[bytes]:
    """
    Return the file, or 304 when the browser has it already.

    A browser asks each time, so that a page and its parts are always of one
    version.

    Raises:
        NotFound: there is no such file.
    """
    file = FILES.get(name)
    if file is None:
        raise NotFound("There is no such page.")
    headers = {"ETag": file.tag, "Cache-Control": "no-cache"}
    asked_for = request.headers.get("if-none-match", "")
    if file.tag in (tag.strip().removeprefix("W/") for tag in asked_for.split(",")):
        return Response(b"", status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(file.content, media_type=file.media_type, headers=headers)


@get("/", include_in_schema=False, sync_to_thread=False)
def desk(request: PageRequest) -> Response[bytes]:
    """The agents' desk. It asks for sign-in by itself."""
    return answer(request, "desk.html")


@get("/static/{name:str}", include_in_schema=False, sync_to_thread=False)
def part(request: PageRequest, name: FromPath[str]) -> Response[bytes]:
    return answer(request, name)


HANDLERS = (desk, part)
