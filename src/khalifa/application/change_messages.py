"""Reactions, edits and deletions: put on their message, or kept until it is known."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from khalifa.application.events import EventWriter
from khalifa.application.ports.ledger import Outcome
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.record_statuses import StatusRecorder, WhatsAppId
from khalifa.application.tickets import tell_of_tickets
from khalifa.application.views import MessageView
from khalifa.domain.changes import MessageChange, make_of
from khalifa.domain.contacts import Identity
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.erasure import ERASED, tombstone_of
from khalifa.domain.messages import Message, MessageId, MessageKind
from khalifa.domain.tickets import Ticket, TicketId

Verdict = tuple[Outcome, str]

_SEEN = (Outcome.DUPLICATE, "seen before")
_BLOCKED = (Outcome.IGNORED, "the customer is blocked")
_GONE = (Outcome.IGNORED, ERASED)
_NO_TARGET = (Outcome.IGNORED, "it names no message")
_NO_TEXT = (Outcome.IGNORED, "an edit that says nothing")
NOT_THEIRS = (Outcome.IGNORED, "of a message that is somebody else's")


@dataclass(slots=True, kw_only=True)
class ChangeRecorder:
    """
    Matches changes to messages, inside a transaction, and makes these what all their changes say.

    First `find`, to know whose conversations to lock; then `find_again`; then
    `record` each change; then `apply`. Messages are looked up through
    *messages*, so that a message that a status moves, too, is one object.
    """

    uow: UnitOfWork
    messages: StatusRecorder
    _named: dict[Identity, CustomerId] = field(default_factory=dict)
    _known: set[WhatsAppId] = field(default_factory=set)
    _identities: set[Identity] = field(default_factory=set)
    _new: list[MessageChange] = field(default_factory=list)
    _texts: dict[MessageId, tuple[Message, str | None]] = field(default_factory=dict)

    async def find(self, changes: Sequence[MessageChange]) -> set[CustomerId]:
        """Return whom *changes* are by. Whose messages they are about *messages* knows then."""
        if not changes:
            return set()
        own_ids = {id_ for change in changes for id_ in (_own_id(change), _erased_id(change))}
        self._known = await self.uow.changes.known(own_ids)
        return await self._name(changes)

    async def find_again(self) -> None:
        """Look again whose each identity is, now that customers are locked, and perhaps merged."""
        if self._identities:
            self._named = await self.uow.customers.named(self._identities)

    async def _name(self, changes: Sequence[MessageChange]) -> set[CustomerId]:
        self._identities |= {identity for change in changes for identity in change.identities}
        self._named = await self.uow.customers.named(self._identities)
        return set(self._named.values())

    def record(
        self, change: MessageChange, customers: Mapping[CustomerId, Customer]
    ) -> Verdict | None:
        """Take one change in; return what became of it unless it was simply stored."""
        if (met := self._met_before(change)) is not None:
            return met
        if not change.target:
            return _NO_TARGET
        if change.kind is MessageKind.EDIT and change.text is None:
            return _NO_TEXT
        by = [customers[id_] for id_ in self._by(change) if id_ in customers]
        if not change.from_us and any(customer.is_blocked for customer in by):
            return _BLOCKED
        message = self._message_of(change)
        if message is not None and not self._may(change, message):
            return NOT_THEIRS
        self._known.add(_own_id(change))
        self._new.append(replace(change, message_id=message.id if message else None))
        return None

    def _met_before(self, change: MessageChange) -> Verdict | None:
        if _own_id(change) in self._known:
            return _SEEN
        return _GONE if _erased_id(change) in self._known else None

    async def apply(self, stored: Sequence[Message]) -> list[tuple[Message, str | None]]:
        """
        Write what was recorded, and take up what waited for *stored*.

        Return the messages whose words changed, with the text each had before.
        """
        waited = await self._waited_for(stored)
        await self._put_on([change for change in (*self._new, *waited) if change.message_id])
        await self.uow.changes.add(self._new)
        await self.uow.changes.found(waited)
        return list(self._texts.values())

    async def take_up(self, waiting: Sequence[MessageChange]) -> list[tuple[Message, str | None]]:
        """Put changes that waited on their messages, which are looked up and locked by now."""
        matched = await self._match(waiting)
        await self._put_on(matched)
        await self.uow.changes.found(matched)
        return list(self._texts.values())

    async def _waited_for(self, stored: Sequence[Message]) -> list[MessageChange]:
        ids = {
            (message.provider, message.whatsapp_message_id)
            for message in stored
            if message.provider and message.whatsapp_message_id
        }
        if not ids:
            return []
        keys = {message.message_key for message in stored if message.message_key}
        waiting = await self.uow.changes.waiting_for(ids, keys)
        if waiting:
            self.messages.know(stored)
            await self._name(waiting)
        return await self._match(waiting)

    async def _match(self, waiting: Sequence[MessageChange]) -> list[MessageChange]:
        """Return those of *waiting* whose message is theirs to touch, with its id."""
        matched: list[MessageChange] = []
        refused: list[MessageChange] = []
        for change in waiting:
            message = self._message_of(change)
            if message is not None and self._may(change, message):
                matched.append(replace(change, message_id=message.id))
            elif message is not None:
                refused.append(change)
        if refused:
            await self.uow.changes.remove(refused)
        return matched

    async def _put_on(self, changes: Sequence[MessageChange]) -> None:
        ids = {change.message_id for change in changes if change.message_id is not None}
        if not ids:
            return
        earlier = await self.uow.changes.of_messages(ids)
        targets = {
            message.id: message
            for change in changes
            if (message := self._message_of(change)) is not None
        }
        for message_id, message in targets.items():
            ever = [one for one in (*earlier, *changes) if one.message_id == message_id]
            before = (message.text, message.revoked_at)
            if make_of(message, ever):
                self.messages.changed(message)
                if before != (message.text, message.revoked_at):
                    self._texts[message_id] = (message, before[0])
        if self._texts:
            await self.uow.search.fold_again([message for message, _ in self._texts.values()])

    def _message_of(self, change: MessageChange) -> Message | None:
        return self.messages.message_of((change.provider, change.target), change.target_key)

    def _by(self, change: MessageChange) -> set[CustomerId]:
        return {self._named[one] for one in change.identities if one in self._named}

    def _may(self, change: MessageChange, message: Message) -> bool:
        """
        Say whether *change* is by whom it would have to be.

        An id from a customer's side proves nothing: only who takes part in the
        conversation reacts in it. Somebody yet unknown may, under a name that a
        provider has not tied to the customer's number so far.
        """
        by = self._by(change)
        is_theirs = message.customer_id in by
        unknown = not by and change.kind is MessageKind.REACTION
        return (is_theirs or unknown) and change.may_touch(message)


def _own_id(change: MessageChange) -> WhatsAppId:
    return change.provider, change.whatsapp_message_id


def _erased_id(change: MessageChange) -> WhatsAppId:
    return change.provider, tombstone_of(change.provider, change.whatsapp_message_id)


async def retell(
    uow: UnitOfWork,
    changed: Sequence[tuple[Message, str | None]],
    at_hand: Collection[Ticket] = (),
) -> list[Ticket]:
    """Let tickets that show one of the *changed* messages show it as it is now; return these."""
    tickets: dict[TicketId, Ticket] = {ticket.id: ticket for ticket in at_hand}
    missing = {message.ticket_id for message, _ in changed} - tickets.keys()
    if missing:
        tickets |= await uow.tickets.get_many(missing)
    retold: dict[TicketId, Ticket] = {}
    for message, before in changed:
        ticket = tickets[message.ticket_id]
        now = message.text if message.revoked_at is None else None
        if ticket.say_otherwise(before, now, at=message.sent_at, kind=message.shown_kind):
            retold[ticket.id] = ticket
    if retold:
        await uow.tickets.save(list(retold.values()))
    return list(retold.values())


async def tell_of_retold(
    uow: UnitOfWork,
    events: EventWriter,
    tickets: Sequence[Ticket],
    customers: Mapping[CustomerId, Customer],
) -> None:
    """Add the events of tickets whose last message was changed."""
    held = {ticket.agent_id for ticket in tickets if ticket.agent_id is not None}
    agents = await uow.agents.get_many(held) if held else {}
    await tell_of_tickets(uow, events, tickets, customers, agents)


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchChanges:
    """Take up changes that came before their message was on file, and were left."""

    transact: Transact
    events: EventWriter

    async def __call__(self, waiting: Sequence[MessageChange]) -> int:
        """Apply those of *waiting* that still wait; return how many messages changed."""

        async def work(uow: UnitOfWork) -> int:
            ids = {(change.provider, change.target) for change in waiting}
            keys = {change.target_key for change in waiting if change.target_key}
            messages = StatusRecorder(uow)
            await messages.find([], also=ids, keys=keys)
            customers = await uow.customers.lock(messages.customers)
            await messages.find_again(customers)
            recorder = ChangeRecorder(uow=uow, messages=messages)
            # Whoever looked at the same time may have taken some up.
            still = await uow.changes.waiting_for(ids, keys)
            await recorder.find(still)
            retold = await retell(uow, await recorder.take_up(still))
            moved = await messages.save()
            tickets = await uow.tickets.get_many({message.ticket_id for message in moved})
            await uow.events.add(
                [
                    self.events.message(
                        MessageView.of(message), holder=tickets[message.ticket_id].agent_id
                    )
                    for message in moved
                ]
            )
            await tell_of_retold(uow, self.events, retold, customers)
            return len(moved)

        return await self.transact(work) if waiting else 0
