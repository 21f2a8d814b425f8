"""Signing in and out, and who one is."""

from http import HTTPStatus
from typing import Annotated

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import Body

from khalifa.application.ports.notifications import EventStream
from khalifa.application.ports.unit_of_work import DatabaseUnavailable
from khalifa.application.provider_status import ReadProviderStatus
from khalifa.application.sign_in import SESSION, SignIn, SignInRefused, SignOut
from khalifa.application.views import AgentView
from khalifa.domain.agents import Agent
from khalifa.entrypoints.http import schemas
from khalifa.entrypoints.http.errors import BodyTooLarge, ForeignOrigin, TooManyRequests
from khalifa.entrypoints.http.guards import (
    SESSION_COOKIE,
    SignedInRequest,
    Site,
    require_own_origin,
)
from khalifa.entrypoints.http.injection import Injected
from khalifa.entrypoints.http.live_cursor import live_cursor
from khalifa.entrypoints.http.responses import SIGNED_IN, refusals
from khalifa.entrypoints.http.throttle import Throttle

TAGS = ["Signing in"]


class SignInThrottle:
    """
    Slows down guessing: per name and address, and per address whatever the name.

    A password that was right forgives the wrong ones before it.
    """

    def __init__(self) -> None:
        self._guesses = Throttle(burst=5, every=12.0)
        self._address = Throttle(burst=60, every=1.0)

    def require_pause(self, name: str, address: str | None) -> None:
        """Raise `TooManyRequests` when it was too often."""
        wait = self._guesses.take((name.casefold(), address)) or self._address.take(address)
        if wait:
            raise TooManyRequests(wait)

    def forgive(self, name: str, address: str | None) -> None:
        self._guesses.forgive((name.casefold(), address))


@post(
    "/api/auth/login",
    status_code=HTTPStatus.OK,
    tags=TAGS,
    summary="Sign in",
    description="Sets the session cookie, good for thirty days. Guessing is slowed down.",
    security=[{}],
    response_description="Signed in; the session cookie is set.",
    responses=refusals(
        SignInRefused,
        ForeignOrigin,
        TooManyRequests,
        BodyTooLarge,
        DatabaseUnavailable,
        checked=True,
    ),
)
async def login(
    data: Annotated[schemas.Credentials, Body()],
    request: SignedInRequest,
    sign_in: Injected[SignIn],
    sign_in_throttle: Injected[SignInThrottle],
    site: Injected[Site],
) -> Response[schemas.Agent]:
    # A page of another site could sign its visitor in as somebody else.
    require_own_origin(request.headers, site, or_none=True)
    address = request.client.host if request.client else None
    sign_in_throttle.require_pause(data.name, address)
    agent, token = await sign_in(data.name, data.password)
    sign_in_throttle.forgive(data.name, address)
    cookie = _session_cookie(site, token, max_age=int(SESSION.total_seconds()))
    return Response(schemas.shown(schemas.Agent, AgentView.of(agent)), cookies=[cookie])


@post(
    "/api/auth/logout",
    status_code=HTTPStatus.NO_CONTENT,
    tags=TAGS,
    summary="Sign out",
    description="Makes the session worthless and removes the cookie. Without one, does nothing. "
    "A program's token stays good: `khalifa agents disable` ends that.",
    security=[{}],
    responses=refusals(ForeignOrigin, DatabaseUnavailable),
)
async def logout(
    request: SignedInRequest, sign_out: Injected[SignOut], site: Injected[Site]
) -> Response[None]:
    token = request.cookies.get(SESSION_COOKIE)
    if token:
        require_own_origin(request.headers, site)
        await sign_out(token)
    return Response(None, cookies=[_session_cookie(site, "", max_age=0)])


@get(
    "/api/me",
    tags=TAGS,
    summary="Who am I",
    responses=refusals(*SIGNED_IN),
)
async def who_am_i(
    me: Injected[Agent],
    event_stream: Injected[EventStream],
    read_provider_status: Injected[ReadProviderStatus],
) -> schemas.Me:
    cursor = await live_cursor(event_stream)
    provider, capabilities = await read_provider_status.capabilities()
    return schemas.shown(
        schemas.Me,
        AgentView.of(me),
        live_cursor=cursor,
        provider=provider,
        capabilities=list(capabilities),
    )


def _session_cookie(site: Site, token: str, *, max_age: int) -> Cookie:
    """
    Return the cookie that signs a browser in.

    Strict is enough: every page of ours asks for its data by itself, so a link
    from elsewhere still opens signed in.
    """
    return Cookie(
        key=SESSION_COOKIE,
        value=token,
        max_age=max_age,
        path="/",
        httponly=True,
        secure=site.is_https,
        samesite="strict",
    )
