"""The HTTP application: what is mounted, and what runs beside it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from khalifa.container import Container
from khalifa.entrypoints.http import (
    agents,
    auth,
    customer_provider,
    customers,
    figures,
    handling,
    health,
    ledger,
    live,
    media,
    messages,
    metrics,
    pages,
    pairing,
    provider,
    ready_replies,
    reply_route,
    sandbox,
    search,
    settings,
    switching,
    team,
    templates,
    tickets,
    two_step,
)
from khalifa.entrypoints.http.allowed_methods import AllowedMethods
from khalifa.entrypoints.http.background import every, running, until_done
from khalifa.entrypoints.http.documentation import openapi_config
from khalifa.entrypoints.http.envelope import Envelope
from khalifa.entrypoints.http.feed import Feed
from khalifa.entrypoints.http.guards import Site, current_agent, signed_in
from khalifa.entrypoints.http.injection import expose, use_cases
from khalifa.entrypoints.http.problems import MAX_BODY, exception_handlers
from khalifa.entrypoints.http.strict_request import StrictRequest
from khalifa.entrypoints.http.webhooks import PREFIX, WebhookIntake

RECOVER_EVERY = 1.0
TRY_AGAIN_AFTER = 2.0


def create_app(container: Container) -> Litestar:
    """Return the application of one server process. Nothing is opened before it starts."""
    site = Site(public_url=container.settings().public_url)
    feed = Feed(container.event_stream, clock=container.clock(), metrics=container.metrics())
    metrics_token = metrics.MetricsToken(container.settings().metrics_token)
    behind_sign_in = Router(
        path="/",
        route_handlers=[
            *auth.HANDLERS,
            agents.agents,
            agents.presence,
            *two_step.HANDLERS,
            *team.HANDLERS,
            *ready_replies.HANDLERS,
            *tickets.HANDLERS,
            *reply_route.HANDLERS,
            *handling.HANDLERS,
            *settings.HANDLERS,
            *messages.HANDLERS,
            *figures.HANDLERS,
            *ledger.HANDLERS,
            *switching.HANDLERS,
            search.search,
            templates.templates,
            *customer_provider.HANDLERS,
            *customers.HANDLERS,
            *media.HANDLERS,
            provider.details,
            provider.release,
            provider.qr_code,
            provider.qr_text,
            *pairing.HANDLERS,
        ],
        guards=[signed_in(container.who_is, site)],
        dependencies={"me": Provide(current_agent, sync_to_thread=False)},
    )
    app = Litestar(
        route_handlers=[
            behind_sign_in,
            auth.login,
            auth.logout,
            provider.status,
            live.live,
            health.live,
            health.ready,
            metrics.metrics,
            *pages.HANDLERS,
            sandbox.sandbox_routes(
                container.configured_providers,
                container.who_is,
                site,
                region=container.settings().phone_region,
            ),
        ],
        dependencies={
            **use_cases(container),
            "feed": expose(lambda: feed),
            "site": expose(lambda: site),
            "metrics_token": expose(lambda: metrics_token),
            "sign_in_throttle": expose(_constant(auth.SignInThrottle())),
        },
        exception_handlers=exception_handlers(),
        lifespan=[_lifespan(container, feed)],
        openapi_config=openapi_config(),
        request_max_body_size=MAX_BODY,
        request_class=StrictRequest,
        # structlog is set up by the process; Litestar's own logging would set up another.
        logging_config=None,
    )
    intake = WebhookIntake(
        container.configured_providers,
        container.active_provider,
        container.take_in_webhook,
        container.recover_missed,
    )
    app.asgi_handler = Envelope(_before(intake, AllowedMethods.of(app)), container.metrics())
    return app


def _constant(value: object) -> Callable[[], object]:
    return lambda: value


def _before(intake: WebhookIntake, others: ASGIApp) -> ASGIApp:
    """Return an application that gives webhooks to *intake*, all else to *others*."""

    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["path"].startswith(PREFIX):
            await intake(scope, receive, send)
        else:
            await others(scope, receive, send)

    return choose


def _lifespan(
    container: Container, feed: Feed
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        # Built here, inside the loop that they belong to, and before anybody asks: a missing
        # setting ends the start.
        container.configured_providers()
        heartbeats = live.Heartbeats(feed, container.who_is, container.note_seen)
        async with (
            container.cleanup(),
            running(
                # Webhooks are taken in while the database is away; so is the start.
                until_done(
                    TRY_AGAIN_AFTER, container.active_provider().at_start, name="active provider"
                ),
                container.journal_housekeeping().run(),
                every(RECOVER_EVERY, container.recover_missed(), name="recovery"),
                every(live.HEARTBEAT, heartbeats.beat, name="heartbeat"),
                feed.run(),
            ),
        ):
            yield

    return lifespan
