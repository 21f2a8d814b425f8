"""Who asks, and whether a request comes from our own pages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Headers, State
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from khalifa.application.sign_in import WhoIs
from khalifa.domain.agents import Agent
from khalifa.entrypoints.http.refused_requests import ForeignOrigin, NotSignedIn

SESSION_COOKIE = "khalifa_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

Connection: TypeAlias = ASGIConnection[BaseRouteHandler, Agent, object, State]
SignedInRequest: TypeAlias = Request[Agent, object, State]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """
    Where people open us: ``public_url`` when a proxy stands before us.

    Without it, any address a browser reached us by is our own: what counts is
    that the page that asks came from the same one.
    """

    public_url: str | None

    @property
    def is_https(self) -> bool:
        return self.public_url is not None and self.public_url.startswith("https://")

    def is_own(self, origin: str, host: str | None) -> bool:
        """Say whether a page at *origin* is ours, when the browser asked *host*."""
        parts = urlsplit(origin)
        if not parts.netloc or parts.scheme not in {"http", "https"}:
            return False
        if self.public_url is not None and _same_origin(origin, self.public_url):
            return True
        return host is not None and parts.netloc.lower() == host.lower()


def _same_origin(one: str, other: str) -> bool:
    first, second = urlsplit(one), urlsplit(other)
    return (first.scheme, first.netloc.lower()) == (second.scheme, second.netloc.lower())


def require_own_origin(headers: Headers, site: Site, *, or_none: bool = False) -> None:
    """
    Raise `ForeignOrigin` unless the browser says that a page of ours asks.

    With *or_none*, a caller that says nothing of where it comes from passes:
    that is no browser.
    """
    origin = headers.get("origin")
    if origin is not None:
        own = site.is_own(origin, headers.get("host"))
    else:
        came_from = headers.get("sec-fetch-site")
        own = came_from == "same-origin" or (or_none and came_from is None)
    if not own:
        raise ForeignOrigin


def token_of(headers: Headers, cookies: Mapping[str, str]) -> tuple[str | None, bool]:
    """Return the token a caller shows, and whether the browser added it by itself."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip() or None, False
    return cookies.get(SESSION_COOKIE) or None, True


def signed_in(who_is: Callable[[], WhoIs], site: Site) -> Guard:
    """
    Return a guard that lets pass who shows a good token, and notes whose it is.

    A cookie is sent by any page that can make the browser ask; so with one,
    changes are taken from our own pages only. A bearer token needs no such
    care.
    """

    # A function, not an object: Litestar copies guards deeply, and the container with them.
    async def guard(connection: Connection, _: BaseRouteHandler) -> None:
        token, by_cookie = token_of(connection.headers, connection.cookies)
        agent = await who_is()(token) if token is not None else None
        if agent is None:
            raise NotSignedIn
        if by_cookie and connection.scope.get("method") not in SAFE_METHODS:
            require_own_origin(connection.headers, site)
        connection.scope["user"] = agent

    return guard


def admins_only(connection: Connection, _: BaseRouteHandler) -> None:
    """Guard what only administrators may do; comes after `signed_in`."""
    connection.user.require_admin()


def current_agent(request: SignedInRequest) -> Agent:
    """Return who asks, behind `signed_in`."""
    return request.user
