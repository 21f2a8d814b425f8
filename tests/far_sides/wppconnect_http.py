"""Express as WPPConnect Server uses it: bodies, tokens, patched answers, pages for people."""

import html
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, TypeAlias

from aiohttp import web

from tests.far_sides.wppconnect_messages import JsonObject
from tests.far_sides.wppconnect_scenarios import ConnectionDroppedError, HtmlAnsweredError
from tests.far_sides.wppconnect_sessions import Client, Sessions
from tests.far_sides.wppconnect_tokens import Tokens

BODY_LIMIT: Final = 50 * 1024 * 1024
CONTROL: Final = "/_control/"
_EXPRESS_HEADERS: Final = {"X-Powered-By": "Express", "Access-Control-Allow-Origin": "*"}
_TOKEN_ABSENT: Final[JsonObject] = {
    "message": "Token is not present. Check your header and try again"
}
_TOKEN_WRONG: Final[JsonObject] = {"error": "Check that the Session and Token are correct"}

_PARSED: Final = web.RequestKey("parsed body", dict[str, object])
_UPLOADED: Final = web.RequestKey("uploaded file", bytes)
FORM: Final = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Target:
    """A recipient as the request spelled it, and the wid the number check made of it."""

    asked: str
    wid: str


@dataclass(slots=True)
class Call:
    """A request that has passed the body parser and, where the route asks for it, the token."""

    request: web.Request
    body: JsonObject
    session: str = ""
    client: Client | None = None
    targets: list[Target] = field(default_factory=list)

    @property
    def is_form(self) -> bool:
        return self.request.content_type == FORM

    @property
    def upload(self) -> bytes | None:
        """Return the file of a form's `file` field."""
        return self.request.get(_UPLOADED)

    @property
    def is_exactly_json(self) -> bool:
        return self.request.headers.get("Content-Type") == "application/json"

    def part(self, name: str) -> str:
        return self.request.match_info[name]

    def answer(self, payload: JsonObject, status: int = 200) -> web.Response:
        """
        Answer JSON through the patched res.send.

        It adds `session` when the request says exactly `application/json`: "" without a
        client, nothing when the client has lost its name.
        """
        if self.is_exactly_json and not payload.get("session"):
            session = self.client.session if self.client else ""
            payload = payload if session is None else {**payload, "session": session}
        return json_response(payload, status)


Handler: TypeAlias = Callable[[Call], Awaitable[web.StreamResponse]]
WebHandler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


def json_response(payload: object, status: int = 200) -> web.Response:
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    return web.Response(
        text=text, status=status, content_type="application/json", headers=_EXPRESS_HEADERS
    )


def page(text: str, status: int) -> web.Response:
    """Return Express's error page, as its finalhandler writes it."""
    escaped = html.escape(text).replace("&#x27;", "&#39;")
    lines = escaped.replace("\n", "<br>").replace("  ", " &nbsp;")
    body = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>Error</title>\n</head>\n<body>\n<pre>{lines}</pre>\n</body>\n</html>\n"
    )
    return web.Response(
        text=body, status=status, content_type="text/html", headers=_EXPRESS_HEADERS
    )


def authenticated(handler: Handler, sessions: Sessions, tokens: Tokens) -> Handler:
    """Put verifyToken before a handler: a token in the path, else in any two-word header."""

    async def verify(call: Call) -> web.StreamResponse:
        name, *in_path = call.part("session").split(":")
        if in_path:
            token = in_path[0]
        else:
            words = call.request.headers.get("Authorization", "").split(" ")
            if len(words) < 2 or not words[1]:
                return json_response(_TOKEN_ABSENT, HTTPStatus.UNAUTHORIZED)
            token = words[1]
        if not tokens.fits(token, name):
            return json_response(_TOKEN_WRONG, HTTPStatus.UNAUTHORIZED)
        call.session = name
        call.client = sessions.clients.get(name)
        return await handler(call)

    return verify


def as_web_handler(handler: Handler) -> WebHandler:
    async def handle(request: web.Request) -> web.StreamResponse:
        body: JsonObject = request.get(_PARSED, {})
        return await handler(Call(request, body))

    return handle


@web.middleware
async def express(request: web.Request, handler: WebHandler) -> web.StreamResponse:
    """Parse the body before any route, and answer what no route takes with a page."""
    if not request.path.startswith(CONTROL):
        try:
            request[_PARSED] = await _parsed(request)
        except _BodyRefusedError as refused:
            return page(refused.text, refused.status)
    try:
        return await handler(request)
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
        return page(f"Cannot {request.method} {request.rel_url.raw_path}", HTTPStatus.NOT_FOUND)
    except HtmlAnsweredError:
        return page("Error: something broke\n    at process", HTTPStatus.INTERNAL_SERVER_ERROR)
    except ConnectionDroppedError:
        if request.transport:
            request.transport.abort()
        return web.Response()


class _BodyRefusedError(Exception):
    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.text = text
        self.status = status


async def _fields(request: web.Request) -> JsonObject:
    """Read a form: every field is text, `false` too."""
    fields: JsonObject = {}
    for name, value in (await request.post()).items():
        if isinstance(value, str):
            fields[name] = value
        elif name == "file" and isinstance(value, web.FileField):
            request[_UPLOADED] = value.file.read()
    return fields


async def _parsed(request: web.Request) -> JsonObject:
    if request.content_type == FORM:
        return await _fields(request)
    raw = await request.read()
    if len(raw) > BODY_LIMIT:
        raise _BodyRefusedError(
            "PayloadTooLargeError: request entity too large\n    at readStream",
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        )
    if not raw or request.content_type != "application/json":
        return {}
    try:
        body = json.loads(raw)
    except ValueError as failure:
        position = getattr(failure, "pos", 0)
        raise _BodyRefusedError(
            "SyntaxError: Expected property name or '}' in JSON at position "
            f"{position}\n    at JSON.parse (<anonymous>)\n    at parse (body-parser/json.js)",
            HTTPStatus.BAD_REQUEST,
        ) from failure
    if isinstance(body, dict):
        return body
    if isinstance(body, list):
        return {}
    raise _BodyRefusedError(
        "SyntaxError: Unexpected token in JSON at position 0\n    at JSON.parse (<anonymous>)",
        HTTPStatus.BAD_REQUEST,
    )
