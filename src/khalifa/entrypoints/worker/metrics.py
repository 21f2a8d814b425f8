"""What Prometheus asks a worker for: a port of its own, as a worker has no other."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from hmac import compare_digest

import structlog
from aiohttp import web

from khalifa.application.ports.metrics import MetricsReport

_log = structlog.get_logger()


@asynccontextmanager
async def serving_metrics(
    report: Callable[[], MetricsReport], *, host: str, port: int, token: str
) -> AsyncIterator[None]:
    """
    Answer `GET /metrics` to whoever shows *token*, and nothing else.

    A port that cannot be had is said, and no reason not to work.
    """

    async def metrics(request: web.Request) -> web.Response:
        shown = request.headers.get("Authorization", "")
        if not compare_digest(shown.encode(errors="surrogateescape"), f"Bearer {token}".encode()):
            return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"})
        media_type, page = report().page()
        return web.Response(body=page, headers={"Content-Type": media_type})

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    runner = web.AppRunner(app, access_log=None, handle_signals=False)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            _log.error("metrics not served", port=port, error=type(error).__name__)
        yield
    finally:
        await runner.cleanup()
