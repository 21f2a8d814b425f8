"""The numbers behind the providers."""

from collections.abc import Collection

from sqlalchemy import insert, select, update

from khalifa.application.ports.channels import Channels
from khalifa.domain.contacts import ProviderName
from khalifa.domain.pace import Channel
from khalifa.infrastructure.database.mapping import channel_of, channel_row
from khalifa.infrastructure.database.session import Session
from khalifa.infrastructure.database.tables import channels


class SqlChannels(Channels):
    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: set[ProviderName] = set()

    async def get_many(self, providers: Collection[ProviderName]) -> dict[ProviderName, Channel]:
        query = select(channels).where(channels.c.provider.in_(sorted(providers)))
        known = {row.provider: channel_of(row) for row in await self._session.rows(query)}
        self._known |= known.keys()
        return {name: known.get(name) or Channel(provider=name) for name in providers}

    async def save(self, channel: Channel) -> None:
        row = channel_row(channel)
        if channel.provider not in self._known:
            # Two who know nothing of it yet: the second finds the first one's when it looks again.
            await self._session.run(insert(channels).values(row))
            self._known.add(channel.provider)
        else:
            of_it = channels.c.provider == channel.provider
            await self._session.run(update(channels).where(of_it).values(row))
