"""The numbers behind the providers, in a dictionary."""

from collections.abc import Collection
from copy import copy

from khalifa.application.ports.channels import Channels
from khalifa.domain.contacts import ProviderName
from khalifa.domain.pace import Channel
from khalifa.infrastructure.memory.store import Tables


class MemoryChannels(Channels):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def get_many(self, providers: Collection[ProviderName]) -> dict[ProviderName, Channel]:
        known = self._tables.channels
        return {
            name: copy(known[name]) if name in known else Channel(provider=name)
            for name in providers
        }

    async def save(self, channel: Channel) -> None:
        self._tables.channels[channel.provider] = copy(channel)
