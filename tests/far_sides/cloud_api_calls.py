"""A call of the Graph API: who may make it, and how a scenario bends its answer."""

import asyncio
import json
import socket
import struct
import weakref
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hmac import compare_digest

from aiohttp import web

from tests.far_sides.cloud_api_bodies import JsonObject
from tests.far_sides.cloud_api_errors import (
    ErrorCode,
    GraphError,
    bad_token,
    expired_token,
    refusal,
    unknown_object,
)
from tests.far_sides.cloud_api_scenarios import Endpoint, Rule, Scenario, Scenarios
from tests.far_sides.cloud_api_world import SeenRequest, Settings, World, now

GATEWAY_PAGE = (
    "<!DOCTYPE html><html><head><title>Facebook | Error</title></head>"
    "<body><h1>Sorry, something went wrong.</h1></body></html>"
)

# Closing with this option set sends a reset instead of an orderly end.
_LINGER_NOT = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Call:
    request: web.Request
    seen: SeenRequest

    @property
    def node(self) -> str:
        return self.request.match_info["node"]

    async def json(self) -> JsonObject:
        """Return the body; an empty object when it is not a JSON object, as Graph takes it."""
        try:
            body = json.loads(await self.request.read())
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}


Handler = Callable[[Call], Awaitable[web.StreamResponse]]


class ConnectionCut(Exception):
    """The caller's connection was closed on purpose; nobody is left to answer."""


class Calls:
    """Records every call, lets in whoever has the token, and plays the scenarios."""

    def __init__(self, settings: Settings, world: World, scenarios: Scenarios) -> None:
        self._settings = settings
        self._world = world
        self._scenarios = scenarios
        self._answering: set[asyncio.Task[object]] = set()
        self._connections: weakref.WeakSet[asyncio.Transport] = weakref.WeakSet()

    def cut_off(self) -> None:
        """Give up every call under way and close every caller's connection."""
        for task in list(self._answering):
            task.cancel()
        for connection in list(self._connections):
            connection.abort()

    def route(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            seen = SeenRequest(at=now(), method=request.method, path=request.path)
            self._world.requests.append(seen)
            try:
                with self._remembered(request):
                    self._authorise(request)
                    answer = await handler(Call(request, seen))
            except GraphError as error:
                answer = _envelope(error)
            except ConnectionCut:
                return web.Response()
            seen.status = answer.status
            return answer

        return serve

    async def play(
        self,
        call: Call,
        endpoint: Endpoint,
        act: Callable[[Rule], Awaitable[web.Response]],
        *,
        to: str | None = None,
    ) -> web.Response:
        """
        Answer with what *act* returns, or with whatever the scenario arranged makes of it.

        Raises:
            GraphError: the scenario is a refusal.
            ConnectionCut: the scenario cut the caller off.
        """
        rule = self._scenarios.take(endpoint, to)
        call.seen.endpoint, call.seen.to, call.seen.scenario = endpoint, to, rule.scenario
        if rule.scenario is Scenario.HANG:
            await self._scenarios.hang()
        answer = await act(rule) if rule.is_taken else web.Response()
        if rule.refusal is not None:
            raise _refused(rule.refusal)
        return await self._bend(answer, rule, call.request)

    @contextmanager
    def _remembered(self, request: web.Request) -> Iterator[None]:
        task = asyncio.current_task()
        assert task
        if request.transport:
            self._connections.add(request.transport)
        self._answering.add(task)
        try:
            yield
        finally:
            self._answering.discard(task)

    async def _bend(self, answer: web.Response, rule: Rule, request: web.Request) -> web.Response:
        match rule.scenario:
            case Scenario.SLOW:
                await asyncio.sleep(rule.seconds)
            case Scenario.HANG_AFTER_ACTING:
                await self._scenarios.hang()
            case Scenario.DROP_AFTER_ACTING:
                _cut(request, reset=False)
            case Scenario.DROP_BEFORE_READING:
                _cut(request, reset=True)
            case Scenario.HTML_502:
                return web.Response(text=GATEWAY_PAGE, status=502, content_type="text/html")
            case Scenario.GARBAGE:
                return web.Response(text='{"messages":[{"id":', content_type="application/json")
            case Scenario.EMPTY_OBJECT:
                return web.json_response({})
        return answer

    def _authorise(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "")
        expected = f"Bearer {self._settings.access_token}"
        if request.path.endswith("/subscriptions"):
            # An app's own affairs are for the app itself.
            expected = f"Bearer {self._settings.app_id}|{self._settings.app_secret}"
        if not compare_digest(given.encode(), expected.encode()):
            raise bad_token()

    def number(self, call: Call) -> None:
        """
        Make sure that the call is to our phone number.

        Raises:
            GraphError: it is another node, or none.
        """
        if call.node != self._settings.line.phone_number_id:
            raise unknown_object(call.node, call.request.method)

    def account(self, call: Call) -> None:
        """
        Make sure that the call is to our business account.

        Raises:
            GraphError: it is another node, or none.
        """
        if call.node != self._settings.line.waba_id:
            raise unknown_object(call.node, call.request.method)


def success() -> web.Response:
    return web.json_response({"success": True})


def _refused(code: ErrorCode) -> GraphError:
    return expired_token() if code is ErrorCode.TOKEN else refusal(code)


def _envelope(error: GraphError) -> web.Response:
    answer = web.json_response(error.envelope, status=error.status)
    if error.status == web.HTTPUnauthorized.status_code:
        answer.headers["WWW-Authenticate"] = 'OAuth "Facebook Platform" "invalid_token"'
    return answer


def _cut(request: web.Request, *, reset: bool) -> None:
    transport = request.transport
    if transport is not None and reset:
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        transport.abort()
    elif transport is not None:
        transport.close()
    raise ConnectionCut
