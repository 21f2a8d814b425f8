"""Reactions, edits and deletions, in a dictionary."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from khalifa.application.ports.message_changes import MessageChanges
from khalifa.application.ports.unit_of_work import ConcurrentChange
from khalifa.domain.changes import MessageChange
from khalifa.domain.contacts import ProviderName
from khalifa.domain.messages import MessageId
from khalifa.infrastructure.memory.store import MAX_ID_EXT, Tables, require_storable


class MemoryMessageChanges(MessageChanges):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def known(
        self, ids: Collection[tuple[ProviderName, str]]
    ) -> set[tuple[ProviderName, str]]:
        return {id_ for id_ in ids if id_ in self._tables.changes}

    async def add(self, changes: Sequence[MessageChange]) -> None:
        for change in changes:
            ids = (change.whatsapp_message_id, change.target, change.target_key)
            require_storable(ids, at_most=MAX_ID_EXT)
            require_storable([change.text])
            if _name(change) in self._tables.changes:
                reason = "one of the changes is on file already"
                raise ConcurrentChange(reason)
            self._tables.changes[_name(change)] = replace(change, id=next(self._tables.ids))

    async def of_messages(self, ids: Collection[MessageId]) -> list[MessageChange]:
        return [change for change in self._tables.changes.values() if change.message_id in ids]

    async def waiting_for(
        self, ids: Collection[tuple[ProviderName, str]], keys: Collection[str]
    ) -> list[MessageChange]:
        return [
            change
            for change in self._waiting()
            if (change.provider, change.target) in ids or change.target_key in keys
        ]

    async def found(self, changes: Sequence[MessageChange]) -> None:
        for change in changes:
            kept = self._tables.changes[_name(change)]
            self._tables.changes[_name(change)] = replace(kept, message_id=change.message_id)

    async def remove(self, changes: Sequence[MessageChange]) -> None:
        for change in changes:
            self._tables.changes.pop(_name(change), None)

    async def wait_again(self, ids: Collection[MessageId]) -> None:
        for change in await self.of_messages(ids):
            self._tables.changes[_name(change)] = replace(change, message_id=None)

    async def matchable(self, limit: int) -> list[MessageChange]:
        names = self._tables.message_names
        return [
            change
            for change in self._waiting()
            if ("whatsapp", change.provider, change.target) in names
            or (change.target_key is not None and ("key", change.target_key) in names)
        ][:limit]

    async def forget_waiting(self, *, before: datetime) -> int:
        old = [change for change in self._waiting() if change.received_at < before]
        for change in old:
            del self._tables.changes[_name(change)]
        return len(old)

    def _waiting(self) -> list[MessageChange]:
        return [change for change in self._tables.changes.values() if change.message_id is None]


def _name(change: MessageChange) -> tuple[ProviderName, str]:
    return change.provider, change.whatsapp_message_id
