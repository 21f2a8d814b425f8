"""Filing a list of bodies in one transaction: the order of things, in set-based steps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Self
from uuid import uuid4

from khalifa.application.change_messages import ChangeRecorder, retell, tell_of_retold
from khalifa.application.events import EventWriter
from khalifa.application.identify_customers import CustomerFinder, tell_of_customers
from khalifa.application.kept_body import kept_body
from khalifa.application.merge_customers import CustomerMerger
from khalifa.application.ports.journal import JournaledBody
from khalifa.application.ports.ledger import LedgerEntry, LedgerItem, Outcome
from khalifa.application.ports.unit_of_work import UnitOfWork
from khalifa.application.record_statuses import StatusRecorder
from khalifa.application.views import MessageView
from khalifa.domain.agents import Agent, AgentId, AgentName, Rota
from khalifa.domain.changes import CHANGES, MessageChange
from khalifa.domain.contacts import ProviderName
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.media import MediaFile, clean_filename, new_media_id
from khalifa.domain.messages import (
    DeliveryStatus,
    Direction,
    IdentityChange,
    Ignored,
    IncomingMessage,
    Message,
    MessageId,
    MessageKind,
    Reading,
    SenderType,
    StatusUpdate,
)
from khalifa.domain.tickets import UNSAVED, Ticket, TicketEvent, TicketEventKind
from khalifa.domain.window import opens_window

# How long whoever files has for taking in the files that came with the messages.
TAKE_IN = timedelta(seconds=60)

_NOTICE = "a notice, and no conversation to show it in"
_EVER = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parcel:
    """
    A body and what was read from it, or why nothing could be.

    ``earlier`` is its account when it was filed before and is meant to be filed again.
    """

    body: JournaledBody
    readings: tuple[Reading, ...] = ()
    failure: str | None = None
    earlier: LedgerEntry | None = None

    def rejected(self, reason: str) -> Self:
        return replace(self, readings=(), failure=reason)

    def account(self, items: Iterable[LedgerItem], *, found: int) -> LedgerEntry:
        """Make the ledger's entry: *items* are what was not simply stored."""
        listed = tuple(items)
        if self.failure is not None:
            listed = (LedgerItem(position=0, outcome=Outcome.REJECTED, reason=self.failure),)
            found = 1
        entry = LedgerEntry(
            key=self.body.key,
            provider=self.body.provider,
            received_at=self.body.received_at,
            found=found,
            stored=found - len(listed),
            items=listed,
            body=kept_body(self.body.body),
        )
        return entry if self.earlier is None else self.earlier.filed_again(entry)


@dataclass(slots=True, eq=False)
class _Arrival:
    """A message on its way in, and where it was found."""

    parcel: Parcel
    position: int
    reading: IncomingMessage

    @property
    def said_at(self) -> tuple[datetime, datetime, int, int]:
        """Return the order in which messages are shown."""
        body = self.parcel.body
        sent_at = self.reading.sent_at or body.received_at
        return (
            sent_at.replace(microsecond=0),
            body.received_at,
            body.key.number,
            self.position,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sorted:
    """What was found in a list of bodies, each with where it was found."""

    arrivals: list[_Arrival] = field(default_factory=list)
    statuses: list[tuple[Parcel, int, StatusUpdate]] = field(default_factory=list)
    renamings: list[tuple[Parcel, int, IdentityChange]] = field(default_factory=list)
    changes: list[tuple[Parcel, int, MessageChange]] = field(default_factory=list)


class Filing:
    """
    One list's way into the database, inside one transaction.

    Customers are the mutex of their conversation: they are locked first, in
    the order of their ids; then come tickets, agents, messages, ledger, events.
    ``failed`` are the codes of the replies that a provider took and refused now.
    """

    def __init__(
        self, uow: UnitOfWork, events: EventWriter, *, now: datetime, reopen_window: timedelta
    ) -> None:
        self._uow = uow
        self._events = events
        self.failed: dict[ProviderName, list[str | None]] = {}
        self._now = now
        self._reopen_window = reopen_window
        self._people = CustomerFinder(
            uow=uow, merger=CustomerMerger(uow=uow, events=events, now=now), now=now
        )
        self._customers: dict[CustomerId, Customer] = {}
        self._tickets: dict[CustomerId, Ticket] = {}
        # Closed ones, on which only notices are put.
        self._closed: dict[CustomerId, Ticket] = {}
        self._history: list[tuple[Ticket, TicketEventKind, AgentId | None]] = []
        self._agents: dict[AgentId, Agent | AgentName] = {}
        # Whether any change waits for a message that is just being stored.
        self._awaited = False
        self._new: list[Message] = []
        self.files: list[tuple[MediaFile, bytes | memoryview | None]] = []
        self._items: dict[Parcel, list[LedgerItem]] = {}

    async def file(self, parcels: Sequence[Parcel]) -> list[Customer]:
        """
        File *parcels*, or return the customers that must be added before.

        When it returns customers nothing was written: they are added in a
        transaction of their own, and the list is filed again. Parcels filed
        before are passed over.
        """
        filed = await self._uow.ledger.filed([parcel.body.key for parcel in parcels])
        fresh = {p.body.key: p for p in parcels if p.earlier or p.body.key not in filed}
        if not fresh:
            return []
        found = self._sort_out(fresh.values())

        strangers = await self._people.find(
            [arrival.reading for arrival in found.arrivals],
            [renaming for _, _, renaming in found.renamings],
        )
        if strangers:
            return strangers

        recorder = StatusRecorder(self._uow)
        changer = ChangeRecorder(uow=self._uow, messages=recorder)
        await self._lock(found, recorder, changer)

        new = await self._keep_new(found.arrivals, recorder)
        new = await self._put_on_tickets(new)
        await self._write_conversations(new)
        retold = await self._record(found, recorder, changer)
        moved = await recorder.write(self._now)
        self.failed = {}
        for message in moved:
            if message.status is DeliveryStatus.FAILED and message.provider:
                self.failed.setdefault(message.provider, []).append(message.error_code)
        await self._follow(found.renamings)

        await self._account(fresh.values())
        await self._tell(moved, retold)
        return []

    async def _lock(
        self, found: _Sorted, recorder: StatusRecorder, changer: ChangeRecorder
    ) -> None:
        """Lock everybody concerned, and know the messages that what was found is about."""
        changes = [change for _, _, change in found.changes]
        await recorder.find(
            [status for _, _, status in found.statuses],
            also={(change.provider, change.target) for change in changes},
            keys={change.target_key for change in changes if change.target_key},
        )
        authors = await changer.find(changes)
        self._customers = await self._people.lock(recorder.customers | authors)
        await recorder.find_again(self._customers)
        await changer.find_again()

    async def _record(
        self, found: _Sorted, recorder: StatusRecorder, changer: ChangeRecorder
    ) -> list[Ticket]:
        """Take in statuses and changes; return tickets whose last message reads otherwise now."""
        if found.statuses or found.changes:
            recorder.know(self._new)
        for parcel, position, status in found.statuses:
            if verdict := recorder.record(status):
                self._note(parcel, position, *verdict, status.whatsapp_message_id)
        await self._confirm_reactions([change for _, _, change in found.changes], recorder)
        for parcel, position, change in found.changes:
            if verdict := changer.record(change, self._customers):
                self._note(parcel, position, *verdict, change.whatsapp_message_id)
        changed = await changer.apply(self._new if self._awaited else ())
        at_hand = (*self._tickets.values(), *self._closed.values())
        return await retell(self._uow, changed, at_hand) if changed else []

    async def _confirm_reactions(
        self, changes: Sequence[MessageChange], recorder: StatusRecorder
    ) -> None:
        """Let a reaction of ours that is seen tell that it was sent, where nobody knew."""
        ours = [c for c in changes if c.from_us and c.kind is MessageKind.REACTION]
        unconfirmed = await self._uow.messages.unconfirmed_of(self._customers) if ours else []
        for reply in unconfirmed:
            seen = next((change for change in ours if _is_echo(change, reply)), None)
            if seen is not None:
                reply.accept(seen.whatsapp_message_id, None)
                recorder.moved(reply)

    async def _account(self, parcels: Iterable[Parcel]) -> None:
        accounts = [
            (parcel, parcel.account(self._items.get(parcel, ()), found=len(parcel.readings)))
            for parcel in parcels
        ]
        await self._uow.ledger.add([entry for parcel, entry in accounts if not parcel.earlier])
        if again := [entry for parcel, entry in accounts if parcel.earlier not in {None, entry}]:
            await self._uow.ledger.replace(again)

    def _note(
        self,
        parcel: Parcel,
        position: int,
        outcome: Outcome,
        reason: str,
        whatsapp_message_id: str | None,
    ) -> None:
        item = LedgerItem(
            position=position,
            outcome=outcome,
            reason=reason,
            whatsapp_message_id=whatsapp_message_id,
        )
        self._items.setdefault(parcel, []).append(item)

    def _sort_out(self, parcels: Iterable[Parcel]) -> _Sorted:
        found = _Sorted()
        for parcel in parcels:
            for position, reading in enumerate(parcel.readings):
                match reading:
                    case IncomingMessage() if reading.kind in CHANGES:
                        change = _change_of(parcel.body, position, reading)
                        found.changes.append((parcel, position, change))
                    case IncomingMessage():
                        found.arrivals.append(_Arrival(parcel, position, reading))
                    case StatusUpdate():
                        found.statuses.append((parcel, position, reading))
                    case IdentityChange():
                        found.renamings.append((parcel, position, reading))
                    case Ignored(reason=reason, whatsapp_message_id=id_ext):
                        self._note(parcel, position, Outcome.IGNORED, reason, id_ext)
        found.arrivals.sort(key=lambda arrival: arrival.said_at)
        return found

    async def _follow(self, renamings: Sequence[tuple[Parcel, int, IdentityChange]]) -> None:
        """Let customers go by the names that they have now."""
        changed: dict[CustomerId, Customer] = {}
        for parcel, position, change in renamings:
            customer, outcome, reason = self._people.follow(change)
            if customer is not None:
                changed[customer.id] = customer
            if outcome is not Outcome.STORED:
                self._note(parcel, position, outcome, reason, change.whatsapp_message_id)
        if changed:
            await self._uow.customers.save(list(changed.values()))
            elsewhere = [c for id_, c in changed.items() if id_ not in self._tickets]
            await tell_of_customers(self._uow, self._events, elsewhere)

    def _learn(self, arrival: _Arrival, customer: Customer) -> bool:
        """Take in what a message says of its sender; say whether anything is to be written."""
        reading, heard = arrival.reading, customer.last_inbound_at
        learnt = self._people.learn(reading)
        if opens_window(reading):
            # A clock that is ahead must not keep the window open for longer.
            received_at = arrival.parcel.body.received_at
            customer.heard(reading.provider, min(reading.sent_at or received_at, received_at))
        return learnt or heard != customer.last_inbound_at

    # Messages

    async def _keep_new(
        self, arrivals: Sequence[_Arrival], recorder: StatusRecorder
    ) -> list[tuple[_Arrival, Customer]]:
        """Return the arrivals that are not known yet, each once; note what the others are."""
        if not arrivals:
            return []
        ids = {(a.reading.provider, a.reading.whatsapp_message_id) for a in arrivals}
        keys = {a.reading.message_key for a in arrivals if a.reading.message_key}
        known = await self._uow.messages.known(ids, keys)
        self._awaited = known.awaited
        echoed = {self._people.of(a.reading).id for a in arrivals if a.reading.from_us}
        unconfirmed = await self._uow.messages.unconfirmed_of(echoed) if echoed else []

        new: list[tuple[_Arrival, Customer]] = []
        for arrival in arrivals:
            reading, customer = arrival.reading, self._people.of(arrival.reading)
            id_ext = (reading.provider, reading.whatsapp_message_id)
            outcome = Outcome.DUPLICATE
            if id_ext in known.ids or reading.message_key in known.keys:
                verdict = "seen before"
            elif reply := _reply_echoed(reading, customer.id, unconfirmed):
                reply.accept(reading.whatsapp_message_id, reading.message_key)
                recorder.moved(reply)
                verdict = "our own reply"
            elif customer.is_blocked and not reading.from_us:
                verdict, outcome = "the customer is blocked", Outcome.IGNORED
            else:
                verdict = ""
                new.append((arrival, customer))
            known.ids.add(id_ext)
            if reading.message_key:
                known.keys.add(reading.message_key)
            if verdict:
                self._note(arrival.parcel, arrival.position, outcome, verdict, id_ext[1])
        return new

    def _message(self, arrival: _Arrival, ticket: Ticket) -> Message:
        reading, body = arrival.reading, arrival.parcel.body
        file = _file_in(reading, self._now)
        if file is not None:
            self.files.append((file, reading.file))
        return Message(
            ticket_id=ticket.id,
            customer_id=ticket.customer_id,
            direction=Direction.OUT if reading.from_us else Direction.IN,
            sender_type=SenderType.PHONE if reading.from_us else SenderType.CUSTOMER,
            kind=reading.kind,
            text=reading.text,
            media=file.shown() if file is not None else None,
            content=reading.content,
            status=DeliveryStatus.SENT if reading.from_us else DeliveryStatus.RECEIVED,
            provider=reading.provider,
            whatsapp_message_id=reading.whatsapp_message_id,
            message_key=reading.message_key,
            reply_to=reading.reply_to,
            sent_at=arrival.said_at[0],
            received_at=body.received_at,
            journal=body.key.journal,
            number=body.key.number,
            position=arrival.position,
            id_ext=None if reading.from_us else reading.identities[0].id_ext,
            stored_at=self._now,
        )

    # Tickets and agents

    async def _put_on_tickets(
        self, new: Sequence[tuple[_Arrival, Customer]]
    ) -> list[tuple[_Arrival, Customer]]:
        """
        Find, reopen or open each conversation's ticket, choose its agent, take the words in.

        A notice of WhatsApp's is no word of anybody's: it only stands where there
        is a conversation. Return the arrivals that have a ticket.
        """
        if not new:
            return []
        writers = {c.id: a.reading for a, c in reversed(new) if not _is_notice(a.reading)}
        talking = {customer.id for _, customer in new}
        self._tickets, holders = await self._uow.tickets.open_with_holders(talking)
        self._agents.update(holders)
        without = set(writers) - set(self._tickets)
        if without:
            closed = await self._uow.tickets.last_closed_of(
                without, since=self._now - self._reopen_window
            )
            await self._open_tickets({c: writers[c] for c in sorted(without)}, closed)
        noticed = talking - set(self._tickets)
        if noticed:
            self._closed = await self._uow.tickets.last_closed_of(noticed, since=_EVER)
        placed: list[tuple[_Arrival, Customer]] = []
        for arrival, customer in new:
            if customer.id not in self._tickets and customer.id not in self._closed:
                id_ext = arrival.reading.whatsapp_message_id
                self._note(arrival.parcel, arrival.position, Outcome.IGNORED, _NOTICE, id_ext)
                continue
            placed.append((arrival, customer))
            if not _is_notice(arrival.reading):
                _take_in(arrival, self._tickets[customer.id])
        return placed

    async def _open_tickets(
        self,
        writers: dict[CustomerId, IncomingMessage],
        closed: dict[CustomerId, Ticket],
    ) -> None:
        online = await self._uow.agents.lock_online()
        rota = Rota(online, await self._uow.tickets.loads() if online else {})
        for customer_id, reading in writers.items():
            ticket, preferred = closed.get(customer_id), None
            if ticket and ticket.may_reopen(self._now, self._reopen_window):
                preferred = ticket.agent_id
                ticket.reopen()
                self._history.append((ticket, TicketEventKind.REOPENED, None))
            else:
                ticket = Ticket(
                    customer_id=customer_id,
                    provider=reading.provider,
                    id_ext=reading.identities[0].id_ext,
                    opened_at=self._now,
                )
                self._history.append((ticket, TicketEventKind.OPENED, None))
            agent_id = rota.take(now=self._now, preferred=preferred)
            if agent_id is not None:
                ticket.assign(agent_id)
                self._history.append((ticket, TicketEventKind.ASSIGNED, agent_id))
            self._tickets[customer_id] = ticket
        self._agents.update({agent.id: agent for agent in online})
        given = {t.agent_id for t in self._tickets.values() if t.agent_id is not None}
        await self._uow.agents.save(rota.touched(given))

    async def _write_conversations(self, new: Sequence[tuple[_Arrival, Customer]]) -> None:
        if not new:
            return
        changed = {
            customer.id: customer for arrival, customer in new if self._learn(arrival, customer)
        }
        if changed:
            await self._uow.customers.save(list(changed.values()))
        spoken = {c.id for a, c in new if not _is_notice(a.reading)}
        tickets = [ticket for ticket in self._tickets.values() if ticket.customer_id in spoken]
        opened = [ticket for ticket in tickets if ticket.id == UNSAVED]
        if opened:
            await self._uow.tickets.add_new(opened)
        if was_open := [ticket for ticket in tickets if ticket not in opened]:
            await self._uow.tickets.save(was_open)
        if self._history:
            await self._uow.tickets.record(
                [
                    TicketEvent(ticket_id=ticket.id, kind=kind, at=self._now, to_agent_id=agent_id)
                    for ticket, kind, agent_id in self._history
                ]
            )
        conversations = self._closed | self._tickets
        self._new = [
            self._message(arrival, conversations[customer.id]) for arrival, customer in new
        ]
        await self._find_quoted([arrival.reading for arrival, _ in new])
        await self._uow.messages.add_new(self._new)
        await self._quote_each_other()
        await self._add_files()

    async def _add_files(self) -> None:
        """Note which files are to be fetched; those that came whole are claimed already."""
        ids = {message.media.id: message.id for message in self._new if message.media}
        for file, _ in self.files:
            file.message_id = ids[file.id]
        if self.files:
            await self._uow.media.add([file for file, _ in self.files], lease=TAKE_IN)

    async def _find_quoted(self, readings: Sequence[IncomingMessage]) -> None:
        """Find out which of our messages those quote that are just being stored."""
        ids = {(r.provider, r.reply_to) for r in readings if r.reply_to}
        if not ids:
            return
        by_id = await self._uow.messages.by_whatsapp_ids(ids)
        keys = {r.reply_to_key for r in readings if r.reply_to_key}
        by_key = await self._uow.messages.by_keys(keys) if keys else {}
        for message, reading in zip(self._new, readings, strict=True):
            quoted = by_id.get((reading.provider, reading.reply_to or "")) or by_key.get(
                reading.reply_to_key or ""
            )
            if quoted is not None and quoted.customer_id == message.customer_id:
                message.reply_to_id = quoted.id

    async def _quote_each_other(self) -> None:
        """Let messages that came together quote each other, now that each has an id."""
        ids = {(m.customer_id, m.provider, m.whatsapp_message_id): m.id for m in self._new}
        quoting: list[Message] = []
        for message in self._new:
            if message.reply_to is None or message.reply_to_id is not None:
                continue
            quoted = ids.get((message.customer_id, message.provider, message.reply_to))
            if quoted is not None:
                message.reply_to_id = quoted
                quoting.append(message)
        if quoting:
            await self._uow.messages.save(quoting)

    # Events

    async def _tell(self, moved: Sequence[Message], retold: Sequence[Ticket]) -> None:
        at_hand = (*self._tickets.values(), *self._closed.values(), *retold)
        holders = {ticket.id: ticket.agent_id for ticket in at_hand}
        changed: dict[MessageId, Message] = {m.id: m for m in (*self._new, *moved)}
        if elsewhere := {m.ticket_id for m in changed.values()} - set(holders):
            found = await self._uow.tickets.get_many(elsewhere)
            holders.update({ticket.id: ticket.agent_id for ticket in found.values()})
        events = [
            self._events.message(MessageView.of(message), holder=holders.get(message.ticket_id))
            for message in changed.values()
        ]
        if elsewhere_told := [t for t in retold if t not in self._tickets.values()]:
            await tell_of_retold(self._uow, self._events, elsewhere_told, self._customers)
        for customer_id, ticket in self._tickets.items():
            agent = self._agents.get(ticket.agent_id) if ticket.agent_id else None
            view = self._events.ticket_view(ticket, self._customers[customer_id], agent)
            events.append(self._events.ticket(view))
        if events:
            await self._uow.events.add(events)


def _file_in(reading: IncomingMessage, now: datetime) -> MediaFile | None:
    """Return the record of a message's file, which is not here yet."""
    media = reading.media
    if media is None:
        return None
    return MediaFile(
        id=new_media_id(),
        provider=reading.provider,
        id_ext=media.id_ext,
        url=media.url,
        kind=reading.kind,
        declared_type=media.mime_type,
        filename=clean_filename(media.filename),
        declared_size=media.size,
        declared_sha256=media.sha256,
        token=uuid4().hex if reading.file is not None else None,
        created_at=now,
    )


def _is_echo(change: MessageChange, reply: Message) -> bool:
    emoji = str((reply.content or {}).get("emoji") or "")
    sent = (reply.kind, reply.provider, reply.reply_to, emoji)
    return sent == (change.kind, change.provider, change.target, change.text)


def _is_notice(reading: IncomingMessage) -> bool:
    return reading.kind is MessageKind.SYSTEM


def _take_in(arrival: _Arrival, ticket: Ticket) -> None:
    reading, at = arrival.reading, arrival.said_at[0]
    if reading.from_us:
        ticket.answer(reading.text, at=at, kind=reading.kind)
    else:
        received_at = arrival.parcel.body.received_at
        ticket.hear(reading.text, at=at, received_at=received_at, kind=reading.kind)


def _change_of(body: JournaledBody, position: int, reading: IncomingMessage) -> MessageChange:
    content = reading.content or {}
    target, emoji = content.get("message_id"), content.get("emoji")
    said = str(emoji or "") if reading.kind is MessageKind.REACTION else reading.text
    # The last one counts: a clock that is ahead must not make it the last for ever.
    at = min(reading.sent_at or body.received_at, body.received_at)
    return MessageChange(
        provider=reading.provider,
        whatsapp_message_id=reading.whatsapp_message_id,
        kind=reading.kind,
        target=target if isinstance(target, str) else "",
        target_key=reading.reply_to_key,
        identities=reading.identities,
        from_us=reading.from_us,
        text=None if reading.kind is MessageKind.REVOKE else said,
        at=at.replace(microsecond=0),
        received_at=body.received_at,
        number=body.key.number,
        position=position,
    )


def _reply_echoed(
    reading: IncomingMessage, customer_id: CustomerId, unconfirmed: Sequence[Message]
) -> Message | None:
    """Return the reply that *reading* echoes: sent by us the same way, with the same words."""
    if not reading.from_us:
        return None
    return next(
        (
            reply
            for reply in unconfirmed
            if reply.customer_id == customer_id
            and reply.provider == reading.provider
            and reply.whatsapp_message_id is None
            and (reply.kind, reply.text) == (reading.kind, reading.text)
        ),
        None,
    )
