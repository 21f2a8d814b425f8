"""Recording what providers report of our messages, inside a transaction."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from khalifa.application.events import EventWriter
from khalifa.application.heed_refusals import HeedRefusals, Refused
from khalifa.application.our_reactions import reacted_to
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.ledger import Outcome
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.views import MessageView
from khalifa.domain.contacts import ProviderName
from khalifa.domain.customers import CustomerId
from khalifa.domain.messages import (
    DeliveryStatus,
    Direction,
    Message,
    MessageId,
    StatusUpdate,
)
from khalifa.domain.words import Words

WhatsAppId = tuple[ProviderName, str]


@dataclass(slots=True)
class StatusRecorder:
    """
    Matches statuses to messages and moves them, forward only.

    First `find`, to know whose conversations to lock; then `find_again`,
    because a message may have moved before the lock was held; then `record`
    each status; then `write`. A status of an id not yet known is kept, and
    taken up when some reply gets that id. ``refused`` are the replies that were
    taken before and are reported as failed now.
    """

    uow: UnitOfWork
    customers: set[CustomerId] = field(default_factory=set)
    refused: dict[ProviderName, list[str | None]] = field(default_factory=dict)
    _ids: set[WhatsAppId] = field(default_factory=set)
    _keys: set[str] = field(default_factory=set)
    _opaque_ids: set[str] = field(default_factory=set)
    _by_id: dict[WhatsAppId, Message] = field(default_factory=dict)
    _by_key: dict[str, Message] = field(default_factory=dict)
    _by_opaque_id: dict[str, Message] = field(default_factory=dict)
    _moved: dict[MessageId, Message] = field(default_factory=dict)
    _newly_known: set[WhatsAppId] = field(default_factory=set)
    _unmatched: list[StatusUpdate] = field(default_factory=list)

    async def find(
        self,
        statuses: Iterable[StatusUpdate],
        *,
        also: Collection[WhatsAppId] = (),
        keys: Collection[str] = (),
    ) -> None:
        """Look up the messages of *statuses*, and those *also* known by these ids or *keys*."""
        self._ids.update(also)
        self._keys.update(keys)
        for status in statuses:
            self._ids.add((status.provider, status.whatsapp_message_id))
            if status.opaque_id:
                self._opaque_ids.add(status.opaque_id)
        await self._look_up()
        found = (*self._by_id.values(), *self._by_key.values(), *self._by_opaque_id.values())
        self.customers = {message.customer_id for message in found}

    async def find_again(self, locked: Collection[CustomerId]) -> None:
        """Look again, now that the customers *locked* are: found ones may have become another's."""
        if self.customers:
            self.customers = set(locked)
            await self._look_up()

    async def _look_up(self) -> None:
        if self._ids:
            self._by_id = await self.uow.messages.by_whatsapp_ids(self._ids)
        if self._opaque_ids:
            self._by_opaque_id = await self.uow.messages.by_opaque_ids(self._opaque_ids)
        if self._keys:
            self._by_key = await self.uow.messages.by_keys(self._keys)
        # The same message found in several ways must be one object.
        same = {message.id: message for message in self._by_id.values()}
        for found in (self._by_opaque_id, self._by_key):
            for name, message in found.items():
                found[name] = same.setdefault(message.id, message)

    def know(self, messages: Iterable[Message]) -> None:
        """Take in messages just stored: what came with them may be about them."""
        for message in messages:
            if message.provider and message.whatsapp_message_id:
                self._by_id[message.provider, message.whatsapp_message_id] = message
            if message.message_key:
                self._by_key[message.message_key] = message
            self.customers.add(message.customer_id)

    def message_of(self, id_: WhatsAppId, key: str | None) -> Message | None:
        """Return the message known by *id_* or *key*, if its conversation is locked."""
        message = self._by_id.get(id_) or (self._by_key.get(key) if key else None)
        return message if message and message.customer_id in self.customers else None

    def changed(self, message: Message) -> None:
        """Note a message that changed elsewhere, under the names it had: it is written."""
        self._moved[message.id] = message

    def moved(self, message: Message) -> None:
        """Note a message that changed elsewhere: it is written, and its statuses looked for."""
        self._moved[message.id] = message
        if message.provider and message.whatsapp_message_id:
            known_as = (message.provider, message.whatsapp_message_id)
            self._newly_known.add(known_as)
            self._by_id[known_as] = message

    def record(self, status: StatusUpdate) -> tuple[Outcome, str] | None:
        """Take one status in; return what became of it unless it was simply stored."""
        known_as = (status.provider, status.whatsapp_message_id)
        message = self._by_id.get(known_as)
        if message is None and status.opaque_id:
            message = self._by_opaque_id.get(status.opaque_id)
        if message is None:
            self._unmatched.append(status)
            return None
        if message.direction is Direction.IN:
            return Outcome.IGNORED, "a status of a message that is not ours"
        if message.customer_id not in self.customers and message.id not in self._moved:
            # Found only after the lock: the sweep takes it up under the right one.
            self._unmatched.append(status)
            return None
        if message.whatsapp_message_id is None:
            message.whatsapp_message_id = status.whatsapp_message_id
            self.moved(message)
        words = Words(status.error, status.error_ar) if status.error else None
        if not message.report(status.status, words, status.error_code):
            return Outcome.DUPLICATE, "the message is as far already"
        if message.status is DeliveryStatus.FAILED:
            self.refused.setdefault(status.provider, []).append(message.error_code)
        self._moved[message.id] = message
        return None

    async def write(self, now: datetime) -> list[Message]:
        """Write what moved and keep what matched nothing; return the messages that moved."""
        if self._newly_known:
            for status in await self.uow.statuses.take(self._newly_known):
                self.record(status)
        for message in await reacted_to(self.uow, self._moved):
            self._moved[message.id] = message
        if self._unmatched:
            await self.uow.statuses.keep(self._unmatched, at=now)
        return await self.save()

    async def save(self) -> list[Message]:
        """Write what moved or changed, and return it."""
        moved = list(self._moved.values())
        if moved:
            await self.uow.messages.save(moved)
        return moved


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchStatuses:
    """Take up statuses that came before their message was known by its id, and were left."""

    transact: Transact
    heed_refusals: HeedRefusals
    events: EventWriter
    clock: Clock

    async def __call__(self, ids: Sequence[WhatsAppId]) -> int:
        """Apply the statuses kept for *ids*; return how many messages moved."""

        async def work(uow: UnitOfWork) -> tuple[int, Refused]:
            found = await uow.messages.by_whatsapp_ids(ids)
            locked = await uow.customers.lock({m.customer_id for m in found.values()})
            recorder = StatusRecorder(uow)
            statuses = await uow.statuses.take(ids)
            await recorder.find(statuses)
            # Whoever has become part of another meanwhile is left to the next sweep.
            recorder.customers &= locked.keys()
            for status in statuses:
                recorder.record(status)
            moved = await recorder.write(self.clock.now())
            tickets = await uow.tickets.get_many({message.ticket_id for message in moved})
            await uow.events.add(
                [
                    self.events.message(
                        MessageView.of(message), holder=tickets[message.ticket_id].agent_id
                    )
                    for message in moved
                ]
            )
            return len(moved), recorder.refused

        if not ids:
            return 0
        moved, refused = await self.transact(work)
        await self.heed_refusals(refused)
        return moved
