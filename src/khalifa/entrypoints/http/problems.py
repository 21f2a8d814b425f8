"""Errors as the API tells them: problem details (RFC 9457)."""

import math
import re
from datetime import UTC, datetime
from http import HTTPStatus

import msgspec
import structlog
from litestar import Request, Response
from litestar.datastructures import State
from litestar.enums import ParamType
from litestar.exceptions import HTTPException, SerializationException, ValidationException
from litestar.types import ExceptionHandlersMap
from msgspec import structs

from khalifa.domain.errors import KhalifaError, NotFound
from khalifa.domain.pace import FirstContactsUsedUp
from khalifa.domain.sessions import SignInLocked
from khalifa.domain.window import WindowClosed
from khalifa.entrypoints.http.error_trace import trace_of
from khalifa.entrypoints.http.errors import KINDS, Kind
from khalifa.entrypoints.http.refused_requests import (
    BodyTooLarge,
    RequestRefused,
    TooManyRequests,
)
from khalifa.entrypoints.http.schemas import FieldProblem, Problem
from khalifa.entrypoints.http.template_schemas import template_of

PROBLEM_JSON = "application/problem+json"
NO_KIND = "about:blank"
REQUEST_ID = "khalifa_request_id"
# Of everything but webhooks: the longest text, escaped, takes 50 kB.
MAX_BODY = 64 * 1024

Headers = dict[str, str]
AnyRequest = Request[object, object, State]

log = structlog.get_logger("khalifa.http")


# Of no error's class: what a request must look like, the API's document says.
INVALID_REQUEST = Problem(
    type="/docs/errors#invalid-request",
    title="The request is not as described",
    status=HTTPStatus.UNPROCESSABLE_ENTITY,
    detail="limit: Expected `int` <= 500",
    detail_ar="الطلب ليس كما يصفه التوثيق.",
    errors=[FieldProblem(field="limit", detail="Expected `int` <= 500")],
)


UNREADABLE_BODY = Problem(
    type="/docs/errors#unreadable-body",
    title="The body cannot be read",
    status=HTTPStatus.UNPROCESSABLE_ENTITY,
    detail="It must be one JSON object in UTF-8, with whole characters (no lone surrogates).",
    detail_ar="لا يمكن قراءة الطلب.",
)


def slug_of(error: type[Exception]) -> str:
    """Return the kind's name in a link: ``ticket-already-closed``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", error.__name__).lower()


def problem_of_kind(error: type[Exception]) -> Problem:
    """Return what the API says of every error of one kind."""
    kind = KINDS[error]
    return Problem(
        type=f"/docs/errors#{slug_of(error)}",
        title=kind.title,
        status=kind.status,
        detail=kind.hint,
        detail_ar=kind.arabic,
    )


def problem_of(error: Exception, request_id: str = "") -> tuple[Problem, Headers]:
    """Return what the API says of *error*, which must be of a known kind, and its headers."""
    family = next(family for family in type(error).__mro__ if family in KINDS)
    problem = problem_of_kind(family)
    closed = error if isinstance(error, WindowClosed) else None
    problem = structs.replace(
        problem,
        # A KhalifaError's text is for people and holds nobody's data; a bare one says nothing.
        detail=str(error) or problem.detail,
        detail_ar=_arabic_of(error) or problem.detail_ar,
        request_id=request_id,
        window_closed_at=closed.closed_at if closed else None,
        templates=[template_of(one) for one in closed.templates] if closed else None,
    )
    return problem, _headers_of(error, KINDS[family])


def _arabic_of(error: Exception) -> str | None:
    return error.words.arabic if isinstance(error, KhalifaError) else None


def _headers_of(error: Exception, kind: Kind) -> Headers:
    match error:
        case TooManyRequests(retry_after=seconds) | SignInLocked(retry_after=seconds):
            return {"Retry-After": str(seconds)}
        case FirstContactsUsedUp(free_at=free_at):
            seconds = math.ceil((free_at - datetime.now(UTC)).total_seconds())
            return {"Retry-After": str(max(1, seconds))}
        case RequestRefused(headers=headers) if headers:
            return dict(headers)
    if kind.status is HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": 'Bearer realm="khalifa"'}
    return {} if kind.retry_after is None else {"Retry-After": str(kind.retry_after)}


def _answer(problem: Problem, headers: Headers) -> Response[Problem]:
    return Response(problem, status_code=problem.status, media_type=PROBLEM_JSON, headers=headers)


def _request_id(request: AnyRequest) -> str:
    return str(request.scope["state"].get(REQUEST_ID, ""))


def answer_known(request: AnyRequest, error: Exception) -> Response[Problem]:
    problem, headers = problem_of(error, _request_id(request))
    return _answer(problem, headers)


def answer_http_error(request: AnyRequest, error: HTTPException) -> Response[Problem]:
    """Answer what Litestar refuses by itself: no such route, a method, an unreadable body."""
    status = HTTPStatus(error.status_code)
    if error.detail == _CLIENT_GONE:
        status = HTTPStatus.BAD_REQUEST
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return answer_unexpected(request, error)
    if status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return answer_known(request, BodyTooLarge(MAX_BODY))
    if isinstance(error.__cause__, SerializationException):
        return answer_unreadable(request, error)
    # Litestar's own words may hold the address that was asked for, and its query.
    detail = _PLAIN_WORDS.get(status, status.description)
    problem = Problem(
        type=NO_KIND,
        title=status.phrase,
        status=status,
        detail=detail,
        detail_ar="تعذّر تنفيذ الطلب.",
        request_id=_request_id(request),
    )
    return _answer(problem, dict(error.headers or {}))


# Litestar calls it an error of ours when a caller hangs up before its body is whole.
# https://github.com/litestar-org/litestar/blob/main/litestar/connection/request.py
_CLIENT_GONE = "client disconnected prematurely"
_PLAIN_WORDS = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address. The API is described at /docs.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take this method.",
    HTTPStatus.BAD_REQUEST: "The request cannot be read; a header or the address is not valid.",
}


def answer_unreadable(request: AnyRequest, _: Exception) -> Response[Problem]:
    """Answer a body that is not one JSON object, or holds half a character."""
    return _answer(structs.replace(UNREADABLE_BODY, request_id=_request_id(request)), {})


def answer_invalid(request: AnyRequest, error: ValidationException) -> Response[Problem]:
    """Answer a request that does not fit the API's document, naming the field and the limit."""
    problems, sources = _field_problems(error)
    if sources == {ParamType.PATH}:
        # An id that cannot be one names nothing that is there.
        return answer_known(request, NotFound("There is no such thing."))
    return _answer_fields(request, problems)


def _answer_fields(request: AnyRequest, problems: list[FieldProblem]) -> Response[Problem]:
    detail = "; ".join(f"{one.field}: {one.detail}" for one in problems) or "See /docs."
    problem = structs.replace(
        INVALID_REQUEST, detail=detail, request_id=_request_id(request), errors=problems
    )
    return _answer(problem, {})


def _field_problems(error: ValidationException) -> tuple[list[FieldProblem], set[object]]:
    """Return the fields that are wrong, and where they were: path, query, header, body."""
    problems: list[FieldProblem] = []
    sources: set[object] = set()
    for entry in error.extra if isinstance(error.extra, list) else []:
        match entry:
            case {"message": str(message), **rest}:
                key = str(rest.get("key", "data"))
                if message == "'data'":
                    message = "A JSON object is needed"
                problems.append(
                    FieldProblem(field="body" if key == "data" else key, detail=message)
                )
                sources.add(rest.get("source"))
    return problems, sources


def answer_unexpected(request: AnyRequest, error: Exception) -> Response[Problem]:
    """Answer what nobody foresaw. The answer says nothing of it, the log says where."""
    log.error("request failed", **trace_of(error))
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    problem = Problem(
        type=NO_KIND,
        title=status.phrase,
        status=status,
        detail="Something went wrong here. The server's log says where, under the request id.",
        detail_ar="حدث خطأ في الخادم.",
        request_id=_request_id(request),
    )
    return _answer(problem, {})


def problem_body(error: Exception, request_id: str = "") -> tuple[int, Headers, bytes]:
    """Return status, headers and body for an answer that is made without Litestar."""
    problem, headers = problem_of(error, request_id)
    return problem.status, headers, msgspec.json.encode(problem)


def exception_handlers() -> ExceptionHandlersMap:
    """Return who answers which error."""
    handlers: ExceptionHandlersMap = {
        Exception: answer_unexpected,
        HTTPException: answer_http_error,
        ValidationException: answer_invalid,
        # From the JSON decoder, which lets them through: nested too deep, not UTF-8.
        RecursionError: answer_unreadable,
        UnicodeDecodeError: answer_unreadable,
    }
    return {**handlers, **dict.fromkeys(KINDS, answer_known)}
