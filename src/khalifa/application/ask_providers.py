"""How a provider is and how it is set up, asked now, and not for ever."""

import asyncio

from khalifa.application.ports.messaging import ConnectionStatus, Provider
from khalifa.application.ports.setup import SetupCheck, doubtful

# In seconds.
PATIENCE = 20.0
_SILENT = f"No answer within {PATIENCE:g} seconds."


async def ask_status(provider: Provider) -> ConnectionStatus:
    """Return how *provider* says it is; a silent one is not connected."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await provider.connection.status()
    except TimeoutError:
        return ConnectionStatus(connected=False, state="silent", detail=_SILENT)


async def ask_setup(provider: Provider) -> tuple[SetupCheck, ...]:
    """Return what is found of the set-up; nothing for a provider that has no more to look at."""
    if provider.setup is None:
        return ()
    try:
        async with asyncio.timeout(PATIENCE):
            return tuple(await provider.setup.checks())
    except TimeoutError:
        return (doubtful("set-up", _SILENT),)
