"""Signing in and out, and who one is."""

from http import HTTPStatus
from typing import Annotated, TypeAlias

from litestar import Response, delete, get, post
from litestar.datastructures import Cookie
from litestar.params import Body, PathParameter

from khalifa.application.ports.notifications import EventStream
from khalifa.application.ports.unit_of_work import DatabaseUnavailable
from khalifa.application.provider_status import ReadProviderStatus
from khalifa.application.sign_in import (
    SESSION,
    ChangeOwnPassword,
    Sessions,
    SessionView,
    SignIn,
    SignInRefused,
    SignOut,
    WhoIs,
    WrongPassword,
)
from khalifa.application.views import AgentView
from khalifa.domain.agents import Agent, AgentId
from khalifa.domain.errors import InvalidAgent, NotAllowed, NotFound
from khalifa.domain.sessions import SignInLocked
from khalifa.domain.two_step import CodeRefused, CodeWanted
from khalifa.entrypoints.http import schemas, team_schemas
from khalifa.entrypoints.http.guards import (
    SESSION_COOKIE,
    SignedInRequest,
    Site,
    admins_only,
    require_own_origin,
    token_of,
)
from khalifa.entrypoints.http.injection import Injected
from khalifa.entrypoints.http.live_cursor import live_cursor
from khalifa.entrypoints.http.refused_requests import (
    BodyTooLarge,
    ForeignOrigin,
    NotSignedIn,
    TooManyRequests,
)
from khalifa.entrypoints.http.responses import SIGNED_IN, SIGNED_IN_TO_CHANGE, refusals
from khalifa.entrypoints.http.team import AgentNumber
from khalifa.entrypoints.http.throttle import Throttle

TAGS = ["Signing in"]

WhichSession: TypeAlias = Annotated[
    str, PathParameter(max_length=64, description="The session's `id`.")
]


class SignInThrottle:
    """Slows down an address that tries many names: hashing passwords costs."""

    def __init__(self) -> None:
        self._address = Throttle(burst=60, every=1.0)

    def require_pause(self, address: str | None) -> None:
        """Raise `TooManyRequests` when it was too often."""
        wait = self._address.take(address)
        if wait:
            raise TooManyRequests(wait)


@post(
    "/api/auth/login",
    status_code=HTTPStatus.OK,
    tags=TAGS,
    summary="Sign in",
    description="Sets a new session cookie, good for thirty days; the one before is worthless. "
    "Five wrong passwords for a name from one address, and that address waits fifteen minutes; "
    "from elsewhere the answer only takes longer, so that nobody can lock anybody out. With "
    "two-step sign-in a right password alone is answered with `code-wanted`: the same again with "
    "`code`. Five wrong codes, from wherever, and the agent's codes wait fifteen minutes.",
    security=[{}],
    response_description="Signed in; the session cookie is set.",
    responses=refusals(
        SignInRefused,
        CodeWanted,
        CodeRefused,
        ForeignOrigin,
        TooManyRequests,
        SignInLocked,
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
    address = address_of(request)
    sign_in_throttle.require_pause(address)
    agent, token = await sign_in(
        data.name,
        data.password,
        code=data.code,
        address=address,
        device=request.headers.get("user-agent"),
        replaces=request.cookies.get(SESSION_COOKIE),
    )
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
    request: SignedInRequest,
    *,
    who_is: Injected[WhoIs],
    event_stream: Injected[EventStream],
    read_provider_status: Injected[ReadProviderStatus],
) -> schemas.Me:
    cursor = await live_cursor(event_stream)
    # What is remembered of somebody is as old as their last request.
    token, _ = token_of(request.headers, request.cookies)
    me = await who_is(token, anew=True) if token is not None else None
    if me is None:
        raise NotSignedIn
    provider, capabilities = await read_provider_status.capabilities()
    return schemas.shown(
        schemas.Me,
        AgentView.of(me),
        sees_all=me.sees_everything,
        live_cursor=cursor,
        provider=provider,
        capabilities=list(capabilities),
    )


@post(
    "/api/me/password",
    status_code=HTTPStatus.NO_CONTENT,
    tags=TAGS,
    summary="Change one's own password",
    description="Wherever else one is signed in, one is not any more; programs' tokens go, too.",
    responses=refusals(
        *SIGNED_IN_TO_CHANGE, InvalidAgent, WrongPassword, SignInLocked, checked=True
    ),
)
async def own_password(
    data: Annotated[team_schemas.PasswordChange, Body()],
    request: SignedInRequest,
    me: Injected[Agent],
    change_own_password: Injected[ChangeOwnPassword],
) -> None:
    token, _ = token_of(request.headers, request.cookies)
    await change_own_password(
        me, data.current, data.new, kept=token or "", address=address_of(request)
    )


@get(
    "/api/me/sessions",
    tags=TAGS,
    summary="List where one is signed in",
    description="The newest first; programs' tokens too.",
    responses=refusals(*SIGNED_IN),
)
async def own_sessions(
    request: SignedInRequest, me: Injected[Agent], sessions: Injected[Sessions]
) -> team_schemas.SessionList:
    token, _ = token_of(request.headers, request.cookies)
    return _listed(await sessions.of(me.id, current=token))


@delete(
    "/api/me/sessions/{session:str}",
    status_code=HTTPStatus.NO_CONTENT,
    tags=TAGS,
    summary="Sign out somewhere else",
    responses=refusals(*SIGNED_IN_TO_CHANGE, NotFound),
)
async def end_own_session(
    session: WhichSession, me: Injected[Agent], sessions: Injected[Sessions]
) -> None:
    await sessions.revoke(me, me.id, session)


@get(
    "/api/agents/{agent_id:int}/sessions",
    guards=[admins_only],
    tags=TAGS,
    summary="List where an agent is signed in",
    description="For administrators.",
    responses=refusals(*SIGNED_IN, NotAllowed, NotFound),
)
async def agents_sessions(
    agent_id: AgentNumber, sessions: Injected[Sessions]
) -> team_schemas.SessionList:
    return _listed(await sessions.of(AgentId(agent_id)))


@delete(
    "/api/agents/{agent_id:int}/sessions/{session:str}",
    guards=[admins_only],
    status_code=HTTPStatus.NO_CONTENT,
    tags=TAGS,
    summary="Sign an agent out somewhere",
    description="For administrators. A program's token is revoked the same way.",
    responses=refusals(*SIGNED_IN_TO_CHANGE, NotAllowed, NotFound),
)
async def end_agents_session(
    agent_id: AgentNumber,
    session: WhichSession,
    me: Injected[Agent],
    sessions: Injected[Sessions],
) -> None:
    await sessions.revoke(me, AgentId(agent_id), session)


def _listed(views: list[SessionView]) -> team_schemas.SessionList:
    return team_schemas.SessionList(
        items=[schemas.shown(team_schemas.Session, view) for view in views]
    )


def address_of(request: SignedInRequest) -> str | None:
    """Return the network address the request came from, as far as the server knows it."""
    return request.client.host if request.client else None


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


HANDLERS = (
    who_am_i,
    own_password,
    own_sessions,
    end_own_session,
    agents_sessions,
    end_agents_session,
)
