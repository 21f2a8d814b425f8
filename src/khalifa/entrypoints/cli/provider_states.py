"""How the configured providers are, asked now."""

import asyncio
from dataclasses import dataclass, replace

from khalifa.application.ports.messaging import ConnectionStatus, Provider
from khalifa.application.ports.setup import SetupCheck, doubtful
from khalifa.container import Container

# In seconds.
PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class ProviderState:
    """
    One configured provider, and what it said of itself just now.

    ``checks``: what was found of its set-up, where that can be looked at.
    """

    name: str
    status: ConnectionStatus
    checks: tuple[SetupCheck, ...] = ()


async def look_at_setups(container: Container) -> list[ProviderState]:
    """Ask as `ask_providers`, and look at each provider's set-up; raises the same."""
    states = await ask_providers(container)
    providers = container.configured_providers()
    checks = await asyncio.gather(*(_check(providers.get(state.name)) for state in states))
    return [replace(state, checks=found) for state, found in zip(states, checks, strict=True)]


async def _check(provider: Provider) -> tuple[SetupCheck, ...]:
    if provider.setup is None:
        return ()
    try:
        async with asyncio.timeout(PATIENCE):
            return tuple(await provider.setup.checks())
    except TimeoutError:
        return (doubtful("set-up", f"No answer within {PATIENCE:g} seconds."),)


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
