"""What the server does beside answering: sweeps, the live feed, heartbeats."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

from khalifa.entrypoints.http.error_trace import trace_of

log = structlog.get_logger("khalifa.http")


async def every(seconds: float, work: Callable[[], Awaitable[object]], *, name: str) -> None:
    """Do *work* now and again and again. What fails is noted, and comes again."""
    while True:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - the next round tries again
            log.warning("background work failed", work=name, **trace_of(error))
        await asyncio.sleep(seconds)


async def until_done(seconds: float, work: Callable[[], Awaitable[object]], *, name: str) -> None:
    """Do *work* once, trying again after *seconds* until it has not failed."""
    while True:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - it is tried again
            log.warning("background work failed", work=name, **trace_of(error))
            await asyncio.sleep(seconds)
        else:
            return


@asynccontextmanager
async def running(*work: Awaitable[None]) -> AsyncIterator[None]:
    """Run *work* side by side while inside; all of it has ended when this is left."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
