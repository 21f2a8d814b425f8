"""Messages, and statuses that wait for theirs, in dictionaries."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from copy import copy
from datetime import datetime

from khalifa.application.ports.messages import KnownMessages, Messages, UnmatchedStatuses
from khalifa.application.ports.unit_of_work import ConcurrentChange
from khalifa.domain.agents import AgentId
from khalifa.domain.contacts import ProviderName
from khalifa.domain.customers import CustomerId
from khalifa.domain.errors import NotFound
from khalifa.domain.messages import DeliveryStatus, Direction, Message, MessageId, StatusUpdate
from khalifa.domain.tickets import TicketId
from khalifa.infrastructure.memory.store import MAX_ID_EXT, KeptStatus, Tables, require_storable

_UNCONFIRMED = {DeliveryStatus.SENDING, DeliveryStatus.UNKNOWN}


class MemoryMessages(Messages):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def get(self, message_id: MessageId) -> Message:
        if message_id not in self._tables.messages:
            reason = "There is no such message."
            raise NotFound(reason)
        return copy(self._tables.messages[message_id])

    async def get_many(self, ids: Collection[MessageId]) -> dict[MessageId, Message]:
        rows = self._tables.messages
        return {id_: copy(rows[id_]) for id_ in sorted(set(ids)) if id_ in rows}

    async def by_whatsapp_ids(
        self, ids: Collection[tuple[ProviderName, str]]
    ) -> dict[tuple[ProviderName, str], Message]:
        found = ((id_, self._known_as("whatsapp", *id_)) for id_ in ids)
        return {id_: message for id_, message in found if message}

    async def by_keys(self, keys: Collection[str]) -> dict[str, Message]:
        found = ((key, self._known_as("key", key)) for key in keys)
        return {key: message for key, message in found if message}

    async def known(
        self, ids: Collection[tuple[ProviderName, str]], keys: Collection[str]
    ) -> KnownMessages:
        return KnownMessages(
            ids=set(await self.by_whatsapp_ids(ids)),
            keys=set(await self.by_keys(keys)),
            awaited=any(
                change.message_id is None
                and ((change.provider, change.target) in ids or change.target_key in keys)
                for change in self._tables.changes.values()
            ),
        )

    async def by_opaque_ids(self, ids: Collection[str]) -> dict[str, Message]:
        found = ((id_, self._known_as("opaque", id_)) for id_ in ids)
        return {id_: message for id_, message in found if message}

    async def newest_of(self, ticket_id: TicketId, limit: int) -> list[Message]:
        said = [row for row in self._tables.messages.values() if row.ticket_id == ticket_id]
        said.sort(key=lambda m: (m.sent_at, m.received_at, m.number, m.position, m.id))
        return [copy(message) for message in said[-limit:]]

    async def unconfirmed_of(self, customers: Collection[CustomerId]) -> list[Message]:
        return [
            copy(message)
            for message in self._tables.messages.values()
            if message.customer_id in customers
            and message.status in _UNCONFIRMED
            and message.whatsapp_message_id is None
        ]

    async def newest_heard(
        self, ticket_id: TicketId, *, provider: ProviderName | None = None
    ) -> Message | None:
        heard = (
            message
            for message in self._tables.messages.values()
            if message.ticket_id == ticket_id
            and message.direction is Direction.IN
            and provider in {None, message.provider}
        )
        newest = max(
            heard,
            key=lambda m: (m.sent_at, m.received_at, m.number, m.position, m.id),
            default=None,
        )
        return copy(newest)

    async def find_by_idempotency_key(self, agent_id: AgentId, key: str) -> Message | None:
        return self._known_as("idempotency", str(agent_id), key)

    async def add_new(self, messages: Sequence[Message]) -> None:
        for message in messages:
            message.id = MessageId(next(self._tables.ids))
            self._store(message)

    async def save(self, messages: Sequence[Message]) -> None:
        for message in messages:
            if message.id in self._tables.messages:
                self._store(message)

    async def remove(self, ids: Collection[MessageId]) -> None:
        for message_id in ids:
            message = self._tables.messages.pop(message_id, None)
            if message is not None:
                self._forget_names(message)

    def _known_as(self, *name: str) -> Message | None:
        message_id = self._tables.message_names.get(name)
        return None if message_id is None else copy(self._tables.messages[message_id])

    def _store(self, message: Message) -> None:
        require_storable([message.text, message.error])
        require_storable([message.whatsapp_message_id, message.reply_to], at_most=MAX_ID_EXT)
        names = dict.fromkeys(_names(message), message.id)
        if any(self._tables.message_names.get(name, message.id) != message.id for name in names):
            reason = "another message has this id or key"
            raise ConcurrentChange(reason)
        before = self._tables.messages.get(message.id)
        if before is not None:
            self._forget_names(before)
        self._tables.message_names.update(names)
        self._tables.messages[message.id] = copy(message)

    def _forget_names(self, message: Message) -> None:
        for name in _names(message):
            del self._tables.message_names[name]


def _names(message: Message) -> Iterator[tuple[str, ...]]:
    """Yield everything that no two messages may share."""
    if message.provider is not None and message.whatsapp_message_id is not None:
        yield "whatsapp", message.provider, message.whatsapp_message_id
    if message.message_key is not None:
        yield "key", message.message_key
    if message.opaque_id is not None:
        yield "opaque", message.opaque_id
    if message.agent_id is not None and message.idempotency_key is not None:
        yield "idempotency", str(message.agent_id), message.idempotency_key


class MemoryUnmatchedStatuses(UnmatchedStatuses):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def keep(self, statuses: Sequence[StatusUpdate], *, at: datetime) -> None:
        ids = [status.whatsapp_message_id for status in statuses]
        require_storable(ids, at_most=MAX_ID_EXT)
        self._tables.statuses.extend(KeptStatus(status=status, at=at) for status in statuses)

    async def take(self, ids: Collection[tuple[ProviderName, str]]) -> list[StatusUpdate]:
        kept = self._tables.statuses
        taken = [row for row in kept if _id_of(row.status) in ids]
        self._tables.statuses = [row for row in kept if _id_of(row.status) not in ids]
        return [row.status for row in taken]

    async def matchable(self, limit: int) -> list[tuple[ProviderName, str]]:
        waited_for = dict.fromkeys(_id_of(row.status) for row in self._tables.statuses)
        known = self._tables.message_names
        return [id_ for id_ in waited_for if ("whatsapp", *id_) in known][:limit]

    async def gaps(self, *, before: datetime) -> dict[ProviderName, int]:
        waited_for = {_id_of(row.status) for row in self._tables.statuses if row.at < before}
        return dict(Counter(provider for provider, _ in waited_for))

    async def forget(self, *, before: datetime) -> int:
        kept = self._tables.statuses
        self._tables.statuses = [row for row in kept if row.at >= before]
        return len(kept) - len(self._tables.statuses)


def _id_of(status: StatusUpdate) -> tuple[ProviderName, str]:
    return status.provider, status.whatsapp_message_id
