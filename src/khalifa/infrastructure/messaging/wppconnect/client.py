"""Calling WPPConnect Server: its token, and routes of one session."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from urllib.parse import quote

import aiohttp

from khalifa.application.ports.messaging import ChannelStopped, OutcomeUnknown, ProviderUnreachable
from khalifa.domain.messages import JsonObject
from khalifa.domain.words import Words
from khalifa.infrastructure.messaging.wppconnect.settings import WppconnectSettings
from khalifa.infrastructure.provider_http import (
    Answer,
    Body,
    Timeouts,
    request_json,
    send_json,
)

_WRONG_KEY = Words(
    "WPPConnect does not accept WPPCONNECT_SECRET_KEY. An administrator must mend it.",
    "WPPConnect لا يقبل WPPCONNECT_SECRET_KEY. يجب أن يصلحه المسؤول.",
)
_WRONG_TOKEN = Words(
    "WPPConnect does not accept the token it gave us itself.",
    "WPPConnect لا يقبل الرمز الذي أعطانا إياه.",
)
_STRANGER = Words(
    "What answers at WPPCONNECT_URL is not WPPConnect Server. ({status})",
    "ما يرد على WPPCONNECT_URL ليس خادم WPPConnect. ({status})",
)
_SILENT = Words("WPPConnect did not answer.", "لم يرد WPPConnect.")

_Headers = dict[str, str]
# The phone fetches and decrypts the file before the first byte of the answer comes.
_DOWNLOADING = aiohttp.ClientTimeout(total=None, connect=5, sock_read=120)


class WppconnectClient:
    """
    Calls routes of one session, with a token made when first needed.

    Tokens do not expire: they are hashes of session and secret. One that is
    refused (401) means that the secret has changed, and is remade once. The
    secret stands in the path of one route; errors never name any path.
    """

    def __init__(self, settings: WppconnectSettings, http: aiohttp.ClientSession) -> None:
        self._http = http
        self._routes = f"{settings.url}/api/{settings.session}"
        self._token_route = f"{self._routes}/{quote(settings.secret_key, safe='')}/generate-token"
        self._token: str | None = None
        self._making = asyncio.Lock()

    async def get(self, route: str, *, operation: str) -> Answer:
        """
        Return the answer to a question.

        Raises:
            ProviderUnreachable, OutcomeUnknown: there is none.
            ChannelStopped: the secret or the token is refused.
        """

        async def ask(headers: _Headers) -> Answer:
            return await request_json(
                self._http, "GET", self._url(route), operation=operation, headers=headers
            )

        return await self._authorized(ask)

    async def post(self, route: str, payload: JsonObject, *, operation: str) -> Answer:
        """Have something done that does no harm when done twice; raises as `get`."""

        async def order(headers: _Headers) -> Answer:
            return await request_json(
                self._http,
                "POST",
                self._url(route),
                operation=operation,
                headers=headers,
                payload=payload,
            )

        return await self._authorized(order)

    async def send(
        self, route: str, payload: JsonObject, *, operation: str, timeouts: Timeouts
    ) -> Answer:
        """
        Have something done that must not be done twice.

        Raises:
            NotSent: the request did not leave, or was refused at the door.
            OutcomeUnknown: it left, and no complete answer came in time.
        """

        async def send(headers: _Headers) -> Answer:
            return await send_json(
                self._http,
                self._url(route),
                operation=operation,
                headers=headers,
                payload=payload,
                timeouts=timeouts,
            )

        return await self._authorized(send)

    async def send_body(
        self, route: str, body: Body, *, operation: str, timeouts: Timeouts
    ) -> Answer:
        """Send what is too large to be held; raises as `send`."""

        async def send(headers: _Headers) -> Answer:
            return await send_json(
                self._http,
                self._url(route),
                operation=operation,
                headers=headers,
                body=body,
                timeouts=timeouts,
            )

        return await self._authorized(send)

    @asynccontextmanager
    async def open_answer(
        self, route: str, payload: JsonObject
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """
        Ask for what is too large to be held, and let the caller read it.

        Raises what aiohttp raises, and `NotSent` when there is no token.
        """
        token = await self._current_token()
        for last in (False, True):
            async with self._http.post(
                self._url(route),
                json=payload,
                headers={**_bearer(token), "Connection": "close"},
                allow_redirects=False,
                timeout=_DOWNLOADING,
            ) as answer:
                if last or answer.status != HTTPStatus.UNAUTHORIZED:
                    yield answer
                    return
            token = await self._current_token(refused=token)

    def _url(self, route: str) -> str:
        return f"{self._routes}/{route}"

    async def _authorized(self, call: Callable[[_Headers], Awaitable[Answer]]) -> Answer:
        token = await self._current_token()
        answer = await call(_bearer(token))
        if not _is_refusal(answer):
            return answer
        # The token is looked at before any route runs, so nothing was done yet.
        # https://github.com/wppconnect-team/wppconnect-server/blob/main/src/middleware/auth.ts
        token = await self._current_token(refused=token)
        answer = await call(_bearer(token))
        if _is_refusal(answer):
            raise ChannelStopped(_WRONG_TOKEN)
        return answer

    async def _current_token(self, *, refused: str | None = None) -> str:
        """Return the token, a new one if there is none but *refused*; made once for all who ask."""
        async with self._making:
            if self._token is None or self._token == refused:
                self._token = None
                self._token = await self._make_token()
            return self._token

    async def _make_token(self) -> str:
        try:
            answer = await request_json(
                self._http, "POST", self._token_route, operation="Signing in at WPPConnect"
            )
        except OutcomeUnknown:
            failure = ProviderUnreachable(_SILENT)
        else:
            match (answer.status, answer.body):
                case (HTTPStatus.CREATED, {"token": str(token)}) if _fits_a_header(token):
                    return token
                case (HTTPStatus.BAD_REQUEST, {"response": False}):
                    raise ChannelStopped(_WRONG_KEY)
                case _:
                    raise ProviderUnreachable(_STRANGER.filled(status=answer.status))
        raise failure


def _bearer(token: str) -> _Headers:
    return {"Authorization": f"Bearer {token}"}


def _is_refusal(answer: Answer) -> bool:
    """Say whether the token is refused; some routes answer 401 to what they cannot find."""
    found_nothing = isinstance(answer.body, dict) and "status" in answer.body
    return answer.status == HTTPStatus.UNAUTHORIZED and not found_nothing


def _fits_a_header(token: str) -> bool:
    return bool(token) and token.isascii() and token.isprintable() and " " not in token
