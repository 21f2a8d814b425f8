"""How the configured providers are, asked now."""

import asyncio
from dataclasses import dataclass, replace

from khalifa.application.ask_providers import ask_setup, ask_status
from khalifa.application.ports.messaging import ConnectionStatus
from khalifa.application.ports.setup import SetupCheck
from khalifa.container import Container


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
    checks = await asyncio.gather(*(ask_setup(providers.get(state.name)) for state in states))
    return [replace(state, checks=found) for state, found in zip(states, checks, strict=True)]


async def ask_providers(container: Container) -> list[ProviderState]:
    """
    Ask every configured provider how it is, all at once.

    Raises:
        SettingError: WHATSAPP_DRIVER names no provider, or one that lacks a setting.
    """
    providers = container.configured_providers()
    names = providers.names
    found = await asyncio.gather(*(ask_status(providers.get(name)) for name in names))
    return [ProviderState(name, status) for name, status in zip(names, found, strict=True)]
