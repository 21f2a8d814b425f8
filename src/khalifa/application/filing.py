"""Filing a list of bodies in one transaction: the order of things, in set-based steps."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self
from uuid import uuid4

from khalifa.application.events import EventWriter
from khalifa.application.identify_customers import CustomerFinder, tell_of_customers
from khalifa.application.kept_body import kept_body
from khalifa.application.merge_customers import CustomerMerger
from khalifa.application.ports.journal import JournaledBody
from khalifa.application.ports.ledger import LedgerEntry, LedgerItem, Outcome
from khalifa.application.ports.unit_of_work import UnitOfWork
from khalifa.application.record_statuses import StatusRecorder
from khalifa.application.views import MessageView
from khalifa.domain.agents import Agent, AgentId, Rota
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
    Reading,
    SenderType,
    StatusUpdate,
)
from khalifa.domain.tickets import UNSAVED, Ticket, TicketEvent, TicketEventKind
from khalifa.domain.window import opens_window

# How long whoever files has for taking in the files that came with the messages.
TAKE_IN = timedelta(seconds=60)


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


class Filing:
    """
    One list's way into the database, inside one transaction.

    Customers are the mutex of their conversation: they are locked first, in
    the order of their ids; then come tickets, agents, messages, ledger, events.
    ``failed`` counts the replies that a provider took and refused now.
    """

    def __init__(
        self, uow: UnitOfWork, events: EventWriter, *, now: datetime, reopen_window: timedelta
    ) -> None:
        self._uow = uow
        self._events = events
        self.failed: Counter[ProviderName] = Counter()
        self._now = now
        self._reopen_window = reopen_window
        self._people = CustomerFinder(
            uow=uow, merger=CustomerMerger(uow=uow, events=events, now=now), now=now
        )
        self._customers: dict[CustomerId, Customer] = {}
        self._tickets: dict[CustomerId, Ticket] = {}
        self._history: list[tuple[Ticket, TicketEventKind, AgentId | None]] = []
        self._agents: dict[AgentId, Agent] = {}
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
        arrivals, statuses, changes = self._sort_out(fresh.values())

        strangers = await self._people.find(
            [arrival.reading for arrival in arrivals], [change for _, _, change in changes]
        )
        if strangers:
            return strangers

        recorder = StatusRecorder(self._uow)
        await recorder.find([status for _, _, status in statuses])
        self._customers = await self._people.lock(recorder.customers)
        await recorder.find_again(self._customers)

        new = await self._keep_new(arrivals, recorder)
        await self._put_on_tickets(new)
        await self._write_conversations(new)
        for parcel, position, status in statuses:
            if verdict := recorder.record(status):
                self._note(parcel, position, *verdict, status.whatsapp_message_id)
        moved = await recorder.write(self._now)
        self.failed = Counter(
            m.provider for m in moved if m.status is DeliveryStatus.FAILED and m.provider
        )
        await self._follow(changes)

        await self._account(fresh.values())
        await self._tell(moved)
        return []

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

    def _sort_out(
        self, parcels: Iterable[Parcel]
    ) -> tuple[
        list[_Arrival],
        list[tuple[Parcel, int, StatusUpdate]],
        list[tuple[Parcel, int, IdentityChange]],
    ]:
        arrivals: list[_Arrival] = []
        statuses: list[tuple[Parcel, int, StatusUpdate]] = []
        changes: list[tuple[Parcel, int, IdentityChange]] = []
        for parcel in parcels:
            for position, reading in enumerate(parcel.readings):
                match reading:
                    case IncomingMessage():
                        arrivals.append(_Arrival(parcel, position, reading))
                    case StatusUpdate():
                        statuses.append((parcel, position, reading))
                    case IdentityChange():
                        changes.append((parcel, position, reading))
                    case Ignored(reason=reason, whatsapp_message_id=id_ext):
                        self._note(parcel, position, Outcome.IGNORED, reason, id_ext)
        arrivals.sort(key=lambda arrival: arrival.said_at)
        return arrivals, statuses, changes

    async def _follow(self, changes: Sequence[tuple[Parcel, int, IdentityChange]]) -> None:
        """Let customers go by the names that they have now."""
        changed: dict[CustomerId, Customer] = {}
        for parcel, position, change in changes:
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
        known_ids, known_keys = await self._uow.messages.known(ids, keys)
        echoed = {self._people.of(a.reading).id for a in arrivals if a.reading.from_us}
        unconfirmed = await self._uow.messages.unconfirmed_of(echoed) if echoed else []

        new: list[tuple[_Arrival, Customer]] = []
        for arrival in arrivals:
            reading, customer = arrival.reading, self._people.of(arrival.reading)
            id_ext = (reading.provider, reading.whatsapp_message_id)
            outcome = Outcome.DUPLICATE
            if id_ext in known_ids or reading.message_key in known_keys:
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
            known_ids.add(id_ext)
            if reading.message_key:
                known_keys.add(reading.message_key)
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

    async def _put_on_tickets(self, new: Sequence[tuple[_Arrival, Customer]]) -> None:
        """Find, reopen or open each conversation's ticket, choose its agent, take the words in."""
        writers = {customer.id: arrival.reading for arrival, customer in reversed(new)}
        if not writers:
            return
        self._tickets = await self._uow.tickets.open_of(set(writers))
        without = set(writers) - set(self._tickets)
        if without:
            closed = await self._uow.tickets.last_closed_of(
                without, since=self._now - self._reopen_window
            )
            await self._open_tickets({c: writers[c] for c in sorted(without)}, closed)
        for arrival, customer in new:
            ticket, reading = self._tickets[customer.id], arrival.reading
            at = arrival.said_at[0]
            if reading.from_us:
                ticket.answer(reading.text, at=at)
            else:
                ticket.hear(reading.text, at=at, received_at=arrival.parcel.body.received_at)
        holders = {t.agent_id for t in self._tickets.values() if t.agent_id is not None}
        if missing := holders - set(self._agents):
            self._agents.update(await self._uow.agents.get_many(missing))

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
        tickets = list(self._tickets.values())
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
        self._new = [
            self._message(arrival, self._tickets[customer.id]) for arrival, customer in new
        ]
        await self._uow.messages.add_new(self._new)
        await self._add_files()

    async def _add_files(self) -> None:
        """Note which files are to be fetched; those that came whole are claimed already."""
        ids = {message.media.id: message.id for message in self._new if message.media}
        for file, _ in self.files:
            file.message_id = ids[file.id]
        if self.files:
            await self._uow.media.add([file for file, _ in self.files], lease=TAKE_IN)

    # Events

    async def _tell(self, moved: Sequence[Message]) -> None:
        holders = {ticket.id: ticket.agent_id for ticket in self._tickets.values()}
        if elsewhere := {m.ticket_id for m in moved} - set(holders):
            found = await self._uow.tickets.get_many(elsewhere)
            holders.update({ticket.id: ticket.agent_id for ticket in found.values()})
        events = [
            self._events.message(MessageView.of(message), holder=holders.get(message.ticket_id))
            for message in (*self._new, *moved)
        ]
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
