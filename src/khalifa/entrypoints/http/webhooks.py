"""Where the providers call: the busiest route, answered without a framework between."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from http import HTTPStatus
from io import BytesIO
from urllib.parse import parse_qsl

import structlog
from litestar.types import HTTPScope, Receive, Scope, Send

from khalifa.application.ports.journal import JournalUnavailable
from khalifa.application.ports.messaging import Provider, Providers, UntrustedWebhook, WebhookCall
from khalifa.application.recover_messages import RecoverMissed
from khalifa.application.switch_provider import ActiveProvider
from khalifa.application.take_in_webhook import TakeInWebhook
from khalifa.domain.contacts import ProviderName
from khalifa.domain.errors import KhalifaError, NotFound
from khalifa.entrypoints.http.envelope import CALLED_BY
from khalifa.entrypoints.http.error_trace import trace_of
from khalifa.entrypoints.http.problems import PROBLEM_JSON, REQUEST_ID, problem_body
from khalifa.entrypoints.http.refused_requests import (
    BodyTooLarge,
    BodyTooSlow,
    MethodNotAllowed,
    ProviderRetired,
    TooManyRequests,
    UnsignedWebhook,
    WronglySignedWebhook,
)
from khalifa.entrypoints.http.throttle import Throttle

PREFIX = "/api/webhook/"
ROUTE = "/api/webhook/{provider}"

# A provider's own calls are never held back. Whoever cannot show to be one
# is told so this often, then a few times a second.
UNTRUSTED_BURST = 50
UNTRUSTED_EVERY = 0.2

# In bytes: a body above this waits until few others are in memory, and has so many seconds
# to arrive then.
LARGE = 4 * 1024 * 1024
LARGE_AT_ONCE = 2
LARGE_WITHIN = 60.0

_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_TAKEN = b"ok"
_TAKEN_HEADERS = [_TEXT, (b"content-length", b"2")]

log = structlog.get_logger("khalifa.http")


class ClientGone(Exception):
    """The caller hung up before its body was whole. Nobody is left to answer."""


class WebhookIntake:
    """
    Answers `GET|POST /api/webhook/{provider}`, as an ASGI application.

    A call is answered 200 when its body is durable, and not before. It is
    read, verified, and put into the journal; nothing looks into it here.
    """

    def __init__(
        self,
        providers: Callable[[], Providers],
        active_provider: Callable[[], ActiveProvider],
        take_in_webhook: Callable[[], TakeInWebhook],
        recover_missed: Callable[[], RecoverMissed],
    ) -> None:
        self._providers = providers
        self._active_provider = active_provider
        self._recover_missed = recover_missed
        self._take_in_webhook = take_in_webhook
        self._too_large = Counter[ProviderName]()
        self._room = asyncio.Semaphore(LARGE_AT_ONCE)
        self._untrusted = Throttle(burst=UNTRUSTED_BURST, every=UNTRUSTED_EVERY)

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        scope["path_template"] = ROUTE
        try:
            await self._answer(scope, receive, send)
        except ClientGone:
            return
        except UntrustedWebhook as error:
            await self._refuse(scope, send, error)
        except KhalifaError as error:
            if isinstance(error, JournalUnavailable):
                log.warning("webhook not kept", **trace_of(error))
            await _send_problem(scope, send, error)

    async def _answer(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        provider = self._providers().find(scope["path"][len(PREFIX) :])
        if provider is None:
            raise NotFound("There is no provider of this name here.")
        if provider.name in self._active_provider().retired:
            raise ProviderRetired(provider.name)
        scope["state"][CALLED_BY] = provider.name
        match scope["method"]:
            case "POST":
                if provider.webhook.proven_by_headers:
                    provider.webhook.verify(_call(scope, b""))
                try:
                    async with AsyncExitStack() as room:
                        body = await self._read(scope, receive, provider.max_body, room)
                        await self._take_in_webhook()(provider, _call(scope, body))
                except (BodyTooLarge, BodyTooSlow, JournalUnavailable) as error:
                    if isinstance(error, BodyTooLarge):
                        self._note_too_large(provider)
                    # It may not come again by itself.
                    self._recover_missed().expect(provider.name)
                    raise
                await _send(send, HTTPStatus.OK, _TAKEN_HEADERS, _TAKEN)
            case "GET" if provider.handshake is not None:
                answer = provider.handshake.answer(_query(scope)).encode()
                await _send_text(send, answer)
            case _:
                raise MethodNotAllowed("POST" if provider.handshake is None else "GET, POST")

    async def _read(
        self, scope: HTTPScope, receive: Receive, limit: int, room: AsyncExitStack
    ) -> bytes:
        """
        Return the whole body. A large one takes its place in memory, to be left with *room*.

        Raises:
            BodyTooLarge: it is, or says it is; the rest is not read.
            BodyTooSlow: it had its place, and did not come.
            ClientGone: it never became whole.
        """
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value) > limit:
                raise BodyTooLarge(limit)
        body = _Body(receive, limit)
        if await body.read(LARGE):
            return body.whole
        await room.enter_async_context(self._room)
        try:
            async with asyncio.timeout(LARGE_WITHIN):
                await body.read(limit)
        except TimeoutError as late:
            raise BodyTooSlow(LARGE_WITHIN) from late
        return body.whole

    def _note_too_large(self, provider: Provider) -> None:
        """Count what was refused for its size since this process began."""
        self._too_large[provider.name] += 1
        log.warning(
            "webhook too large",
            provider=provider.name,
            limit=provider.max_body,
            refused=self._too_large[provider.name],
        )

    async def _refuse(self, scope: HTTPScope, send: Send, error: UntrustedWebhook) -> None:
        client = scope["client"]
        wait = self._untrusted.take(client[0] if client else None)
        if wait:
            await _send_problem(scope, send, TooManyRequests(wait))
            return
        log.warning("webhook not trusted", reason=str(error))
        refusal = UnsignedWebhook() if error.unsigned else WronglySignedWebhook()
        await _send_problem(scope, send, refusal)


def _call(scope: HTTPScope, body: bytes) -> WebhookCall:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return WebhookCall(headers=headers, query=_query(scope), body=body)


def _query(scope: HTTPScope) -> dict[str, str]:
    raw = scope["query_string"]
    return dict(parse_qsl(raw.decode("latin-1"), keep_blank_values=True)) if raw else {}


class _Body:
    """A body as it arrives: a server sends no more of it than is asked for."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._size = 0
        self._first = b""
        # It hands out what was written to it without a copy: a body may have 32 MB.
        self._rest: BytesIO | None = None

    @property
    def whole(self) -> bytes:
        return self._first if self._rest is None else self._rest.getvalue()

    async def read(self, most: int) -> bool:
        """Read on until it is whole, or above *most* bytes; say whether it is whole."""
        while self._size <= most:
            message = await self._receive()
            if message["type"] != "http.request":
                raise ClientGone
            self._take(message.get("body", b""))
            if not message.get("more_body", False):
                return True
        return False

    def _take(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size > self._limit:
            raise BodyTooLarge(self._limit)
        if self._size == len(chunk):
            self._first = chunk
            return
        if self._rest is None:
            self._rest = BytesIO()
            self._rest.write(self._first)
        self._rest.write(chunk)


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _send_text(send: Send, text: bytes) -> None:
    headers = [_TEXT, (b"content-length", str(len(text)).encode())]
    await _send(send, HTTPStatus.OK, headers, text)


async def _send_problem(scope: Scope, send: Send, error: Exception) -> None:
    status, headers, body = problem_body(error, str(scope["state"].get(REQUEST_ID, "")))
    lines = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    lines.append((b"content-type", PROBLEM_JSON.encode()))
    lines.append((b"content-length", str(len(body)).encode()))
    await _send(send, status, lines, body)
