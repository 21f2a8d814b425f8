"""What goes around every answer: an id, the security headers, one line in the log."""

from secrets import token_hex
from time import perf_counter

import structlog
from litestar.types import ASGIApp, HTTPSendMessage, Message, Receive, Scope, Send

from khalifa.application.ports.metrics import REQUESTS, WEBHOOKS, Metrics
from khalifa.domain.agents import Agent
from khalifa.entrypoints.http.problems import REQUEST_ID

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'"
)

# https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_UNLESS_GIVEN = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"cache-control", b"no-store"),
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Under which the configured provider that was called for stands in a request's state.
CALLED_BY = "khalifa_called_by"
# As many servers note who hung up before they were answered.
_NOBODY_LEFT = 499
_NOT_STARTED = 500
_SWITCHING_PROTOCOLS = 101

log = structlog.get_logger("khalifa.http")


class Envelope:
    """
    Wraps the whole application, also what no route answers.

    What a route says itself of caching and of its content stands.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        request_id = token_hex(8)
        scope["state"][REQUEST_ID] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)
        status = _NOBODY_LEFT

        async def send_in_envelope(message: Message) -> None:
            nonlocal status
            match message["type"]:
                case "http.response.start":
                    status = message["status"]
                    _address(message, request_id)
                case "websocket.accept":
                    status = _SWITCHING_PROTOCOLS
            await send(message)

        try:
            await self._app(scope, receive, send_in_envelope)
        except Exception:
            status = _NOT_STARTED if status == _NOBODY_LEFT else status
            raise
        finally:
            seconds = perf_counter() - started
            _note(scope, status, seconds)
            self._count(scope, status, seconds)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        if status == _SWITCHING_PROTOCOLS:
            # It took as long as somebody listened.
            return
        answered = str(int(status))
        provider = scope["state"].get(CALLED_BY)
        if provider is not None:
            self._metrics.observe(WEBHOOKS, provider, answered, seconds=seconds)
            return
        method = str(scope.get("method", "WS"))
        self._metrics.observe(
            REQUESTS,
            method if method in _METHODS else "other",
            str(scope.get("path_template") or ""),
            answered,
            seconds=seconds,
        )


def _address(message: HTTPSendMessage, request_id: str) -> None:
    if message["type"] != "http.response.start":
        return
    given = list(message["headers"])
    names = {name.lower() for name, _ in given}
    message["headers"] = [
        *given,
        (b"x-request-id", request_id.encode()),
        *_ALWAYS,
        *(header for header in _UNLESS_GIVEN if header[0] not in names),
    ]


def _note(scope: Scope, status: int, seconds: float) -> None:
    """Write the request's one line: the route and never the path, which may hold a number."""
    route = scope.get("path_template")
    level = log.debug if route and str(route).startswith("/health/") else log.info
    agent = scope.get("user")
    level(
        "request",
        method=scope.get("method", "WS"),
        route=route,
        status=int(status),
        duration_ms=round(seconds * 1000, 1),
        agent=agent.id if isinstance(agent, Agent) else None,
    )
