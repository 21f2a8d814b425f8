"""What every HTTP provider shares: calling it, and naming what went wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from types import SimpleNamespace

import aiohttp
import structlog

from khalifa.application.ports.messaging import DeliveryError, OutcomeUnknown, ProviderUnreachable
from khalifa.domain.messages import JsonObject, JsonValue
from khalifa.domain.words import Words
from khalifa.infrastructure.provider_json import UnreadableJson, read_json

log = structlog.get_logger(__name__)

# The largest answer either provider gives is a QR code or a list of a few
# messages; a far side that talks without end must not fill the memory.
MAX_ANSWER = 16 * 1024 * 1024
# What a call is reported with that nobody answered.
NO_ANSWER = "none"

_UNREACHED = Words("{operation}: the provider could not be reached.", "تعذّر الوصول إلى المزوّد.")
_NO_ANSWER = Words(
    "{operation}: no complete answer came from the provider.", "لم يصل رد كامل من المزوّد."
)
_INTERRUPTED = Words(
    "{operation}: interrupted before the provider's answer came.",
    "انقطع الإرسال قبل وصول رد المزوّد.",
)

# Raised before a connection stands: DNS, refusal, TLS, time-out.
_NEVER_CONNECTED = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """
    Seconds to wait: for the connection, and from then on for an answer.

    ``answer`` bounds each silence; with ``connect`` it bounds the whole call.
    """

    connect: float = 5.0
    answer: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    A complete answer, whatever its status.

    ``body`` is None when the answer is the JSON word ``null`` or is no JSON;
    ``is_json`` tells these apart. ``raw`` is for what is meant to be no JSON.
    """

    status: int
    content_type: str
    raw: bytes = field(repr=False)
    body: JsonValue = field(default=None, repr=False)
    is_json: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What is posted when it is too large to be held: its bytes in chunks, ``size`` in all."""

    content_type: str
    size: int
    chunks: Callable[[], AsyncIterator[bytes]]


def open_http(
    report: Callable[[str, float], None] = lambda answer, seconds: None,
) -> aiohttp.ClientSession:
    """
    Return the session a provider is called with; to be made inside the event loop and closed.

    It keeps no connection and no cookie from one call to the next. *report* is told of each
    call: the answer's status, or `NO_ANSWER`, and the seconds until its head was there.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(force_close=True),
        cookie_jar=aiohttp.DummyCookieJar(),
        trace_configs=[_timing(report)],
    )


def _timing(report: Callable[[str, float], None]) -> aiohttp.TraceConfig:
    async def begin(_: object, call: SimpleNamespace, __: object) -> None:
        call.begun = perf_counter()

    async def end(_: object, call: SimpleNamespace, ended: aiohttp.TraceRequestEndParams) -> None:
        report(str(ended.response.status), perf_counter() - call.begun)

    async def fail(_: object, call: SimpleNamespace, __: object) -> None:
        report(NO_ANSWER, perf_counter() - call.begun)

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(begin)
    trace.on_request_end.append(end)
    trace.on_request_exception.append(fail)
    return trace


async def request_json(
    http: aiohttp.ClientSession,
    method: str,
    url: str,
    *,
    operation: str,
    headers: Mapping[str, str] | None = None,
    payload: JsonObject | None = None,
    body: Body | None = None,
    timeouts: Timeouts | None = None,
) -> Answer:
    """
    Call a provider and return its complete answer; redirects are answers too.

    *operation* names the call in errors ("Sending a text"). They never hold
    the URL or anything that was sent: some URLs hold secrets. For the same
    reason they carry no cause; its class is in the log.

    Raises:
        ProviderUnreachable: no connection was made, so nothing was sent.
        OutcomeUnknown: a connection was made, and no complete answer came in time.
    """
    timeouts = timeouts or Timeouts()
    failure: DeliveryError
    try:
        return await _call(
            http, method, url, headers=headers or {}, payload=payload, body=body, timeouts=timeouts
        )
    except _NEVER_CONNECTED as error:
        cause: Exception = error
        failure = ProviderUnreachable(_UNREACHED.filled(operation=operation))
    except (aiohttp.ClientError, TimeoutError, OSError, _TooLong) as error:
        cause = error
        failure = OutcomeUnknown(_NO_ANSWER.filled(operation=operation))
    # Raised out here, for an error raised while another is handled drags that one along.
    log.warning("provider gave no answer", operation=operation, failure=type(cause).__name__)
    raise failure


async def send_json(
    http: aiohttp.ClientSession,
    url: str,
    *,
    operation: str,
    headers: Mapping[str, str] | None = None,
    payload: JsonObject | None = None,
    body: Body | None = None,
    timeouts: Timeouts | None = None,
) -> Answer:
    """
    POST what must not be posted twice, as `request_json`.

    Being cancelled meanwhile raises `OutcomeUnknown` too, so that whoever
    sends learns the truth about the message before the task ends.
    """
    try:
        return await request_json(
            http,
            "POST",
            url,
            operation=operation,
            headers=headers,
            payload=payload,
            body=body,
            timeouts=timeouts,
        )
    except asyncio.CancelledError:
        words = _INTERRUPTED.filled(operation=operation)
    raise OutcomeUnknown(words)


async def _call(
    http: aiohttp.ClientSession,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    payload: JsonObject | None,
    body: Body | None,
    timeouts: Timeouts,
) -> Answer:
    told = {**headers, "Connection": "close"}
    if body is not None:
        told |= {"Content-Type": body.content_type, "Content-Length": str(body.size)}
    # A kept connection may be closing as we write to it: a lost answer that
    # never was. One connection a call has only answers that were really lost.
    async with http.request(
        method,
        url,
        headers=told,
        json=payload,
        data=body.chunks() if body is not None else None,
        allow_redirects=False,
        timeout=aiohttp.ClientTimeout(
            total=timeouts.connect + timeouts.answer,
            connect=timeouts.connect,
            sock_read=timeouts.answer,
        ),
    ) as response:
        raw = await _read(response.content)
        status, content_type = response.status, response.content_type
    try:
        value, is_json = read_json(raw), True
    except UnreadableJson:
        value, is_json = None, False
    return Answer(status=status, content_type=content_type, raw=raw, body=value, is_json=is_json)


class _TooLong(Exception):
    """The answer has more bytes than any true one."""


async def _read(content: aiohttp.StreamReader) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in content.iter_any():
        size += len(chunk)
        if size > MAX_ANSWER:
            raise _TooLong
        chunks.append(chunk)
    return b"".join(chunks)
