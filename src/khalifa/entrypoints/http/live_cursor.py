"""Where the live events stand, for whoever is about to read a list."""

import asyncio

import structlog

from khalifa.application.ports.notifications import EventStream

# A list must not wait for what only makes it livelier.
PATIENCE = 1.0

log = structlog.get_logger("khalifa.http")


async def live_cursor(stream: EventStream) -> str | None:
    """Return the position after the newest event; None while the stream is away."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await stream.cursor()
    except Exception as error:  # noqa: BLE001 - whatever is wrong, the list still answers
        log.warning("live events are away", error=type(error).__name__)
        return None
