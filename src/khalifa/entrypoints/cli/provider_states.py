"""How the configured providers are, asked now."""

import asyncio
from dataclasses import dataclass

from khalifa.application.ports.messaging import ConnectionStatus, Provider
from khalifa.container import Container

# In seconds.
PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class ProviderState:
    """One configured provider, and what it said of itself just now."""

    name: str
    status: ConnectionStatus


async def ask_providers(container: Container) -> list[ProviderState]:
    """
    Ask every configured provider how it is, all at once.

    Raises:
        SettingError: WHATSAPP_DRIVER names no provider, or one that lacks a setting.
    """
    providers = container.configured_providers()
    states = [_ask(providers.get(name)) for name in providers.names]
    return list(await asyncio.gather(*states))


async def _ask(provider: Provider) -> ProviderState:
    try:
        async with asyncio.timeout(PATIENCE):
            status = await provider.connection.status()
    except TimeoutError:
        status = ConnectionStatus(
            connected=False, state="silent", detail=f"No answer within {PATIENCE:g} seconds."
        )
    return ProviderState(provider.name, status)
