"""Filing a list of bodies in one transaction: the order of things, in set-based steps."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from khalifa.application.change_messages import ChangeRecorder, retell, tell_of_retold
from khalifa.application.events import EventWriter
from khalifa.application.find_quoted import find_quoted, quote_each_other
from khalifa.application.find_tickets import TicketFinder
from khalifa.application.heed_refusals import Refused
from khalifa.application.identify_customers import CustomerFinder, tell_of_customers
from khalifa.application.merge_customers import CustomerMerger
from khalifa.application.parcels import Accounts, Arrival, Parcel, Sorted
from khalifa.application.ports.ledger import LedgerEntry, Outcome
from khalifa.application.ports.unit_of_work import UnitOfWork
from khalifa.application.record_statuses import StatusRecorder
from khalifa.application.views import MessageView
from khalifa.domain.changes import MessageChange
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.erasure import ERASED
from khalifa.domain.media import MediaFile
from khalifa.domain.messages import (
    DeliveryStatus,
    IdentityChange,
    IncomingMessage,
    Message,
    MessageId,
    MessageKind,
)
from khalifa.domain.tickets import Ticket, TicketId
from khalifa.domain.window import opens_window

# How long whoever files has for taking in the files that came with the messages.
TAKE_IN = timedelta(seconds=60)


class Filing:
    """
    One list's way into the database, inside one transaction.

    Customers are the mutex of their conversation: they are locked first, in
    the order of their ids; then come tickets, agents, messages, ledger, events.
    ``refused`` are the replies that a provider had taken and refuses now;
    ``accounts`` are of what was filed for the first time.
    """

    def __init__(
        self, uow: UnitOfWork, events: EventWriter, *, now: datetime, reopen_window: timedelta
    ) -> None:
        self._uow = uow
        self._events = events
        self.refused: Refused = {}
        self.accounts: list[LedgerEntry] = []
        self._now = now
        self._people = CustomerFinder(
            uow=uow, merger=CustomerMerger(uow=uow, events=events, now=now), now=now
        )
        self._accounts = Accounts()
        self._tickets = TicketFinder(
            uow=uow, accounts=self._accounts, now=now, reopen_window=reopen_window
        )
        self._customers: dict[CustomerId, Customer] = {}
        # Whether any change waits for a message that is just being stored.
        self._awaited = False
        self._new: list[Message] = []
        self.files: list[tuple[MediaFile, bytes | memoryview | None]] = []

    async def file(self, parcels: Sequence[Parcel]) -> list[Customer]:
        """
        File *parcels*, or return the customers that must be added before.

        When it returns customers nothing was written: they are added in a
        transaction of their own, and the list is filed again.

        Raises:
            ConcurrentChange: one of them, or one of their messages, has been filed before.
        """
        found = Sorted.out_of(parcels, self._accounts)

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
        new = await self._tickets.put_on(new)
        await self._write_conversations(new)
        retold = await self._record(found, recorder, changer)
        moved = await recorder.write(self._now)
        self.refused = recorder.refused
        await self._follow(found.renamings)

        self.accounts = await self._accounts.write(self._uow, parcels)
        await self._tell(moved, retold)
        return []

    async def _lock(self, found: Sorted, recorder: StatusRecorder, changer: ChangeRecorder) -> None:
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
        self, found: Sorted, recorder: StatusRecorder, changer: ChangeRecorder
    ) -> list[Ticket]:
        """Take in statuses and changes; return tickets whose last message reads otherwise now."""
        if found.statuses or found.changes:
            recorder.know(self._new)
        for parcel, position, status in found.statuses:
            if verdict := recorder.record(status):
                self._accounts.note(parcel, position, *verdict, status.whatsapp_message_id)
        await self._confirm_reactions([change for _, _, change in found.changes], recorder)
        for parcel, position, change in found.changes:
            if verdict := changer.record(change, self._customers):
                self._accounts.note(parcel, position, *verdict, change.whatsapp_message_id)
        changed = await changer.apply(self._new if self._awaited else ())
        return await retell(self._uow, changed, self._tickets.at_hand) if changed else []

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

    async def _follow(self, renamings: Sequence[tuple[Parcel, int, IdentityChange]]) -> None:
        """Let customers go by the names that they have now."""
        changed: dict[CustomerId, Customer] = {}
        for parcel, position, change in renamings:
            customer, outcome, reason = self._people.follow(change)
            if customer is not None:
                changed[customer.id] = customer
            if outcome is not Outcome.STORED:
                self._accounts.note(parcel, position, outcome, reason, change.whatsapp_message_id)
        if changed:
            await self._uow.customers.save(list(changed.values()))
            elsewhere = [c for id_, c in changed.items() if id_ not in self._tickets.open]
            await tell_of_customers(self._uow, self._events, elsewhere)

    def _learn(self, arrival: Arrival, customer: Customer) -> bool:
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
        self, arrivals: Sequence[Arrival], recorder: StatusRecorder
    ) -> list[tuple[Arrival, Customer]]:
        """Return the arrivals that are not known yet, each once; note what the others are."""
        if not arrivals:
            return []
        ids = {(a.reading.provider, a.reading.whatsapp_message_id) for a in arrivals}
        keys = {a.reading.message_key for a in arrivals if a.reading.message_key}
        tombstones = {arrival: arrival.tombstone for arrival in arrivals}
        known = await self._uow.messages.known(ids, keys | set(tombstones.values()))
        self._awaited = known.awaited
        echoed = {self._people.of(a.reading).id for a in arrivals if a.reading.from_us}
        unconfirmed = await self._uow.messages.unconfirmed_of(echoed) if echoed else []

        new: list[tuple[Arrival, Customer]] = []
        for arrival in arrivals:
            reading, customer = arrival.reading, self._people.of(arrival.reading)
            id_ext = (reading.provider, reading.whatsapp_message_id)
            outcome = Outcome.DUPLICATE
            if id_ext in known.ids or reading.message_key in known.keys:
                verdict = "seen before"
            elif tombstones[arrival] in known.keys:
                verdict, outcome = ERASED, Outcome.IGNORED
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
                self._accounts.note(arrival.parcel, arrival.position, outcome, verdict, id_ext[1])
        return new

    async def _write_conversations(self, new: Sequence[tuple[Arrival, Customer]]) -> None:
        if not new:
            return
        changed = {
            customer.id: customer for arrival, customer in new if self._learn(arrival, customer)
        }
        if changed:
            await self._uow.customers.save(list(changed.values()))
        await self._tickets.save()
        for arrival, customer in new:
            file = arrival.file(self._now)
            if file is not None:
                self.files.append((file, arrival.reading.file))
            ticket = self._tickets.of(customer)
            self._new.append(arrival.message(ticket, file, self._now))
        await find_quoted(self._uow, self._new, [arrival.reading for arrival, _ in new])
        await self._uow.messages.add_new(self._new)
        await quote_each_other(self._uow, self._new)
        await self._add_files()

    async def _add_files(self) -> None:
        """Note which files are to be fetched; those that came whole are claimed already."""
        ids = {message.media.id: message.id for message in self._new if message.media}
        for file, _ in self.files:
            file.message_id = ids[file.id]
        if self.files:
            await self._uow.media.add([file for file, _ in self.files], lease=TAKE_IN)

    # Events

    async def _tell(self, moved: Sequence[Message], retold: Sequence[Ticket]) -> None:
        holders = {ticket.id: ticket.agent_id for ticket in (*self._tickets.at_hand, *retold)}
        changed: dict[MessageId, Message] = {m.id: m for m in (*self._new, *moved)}
        if elsewhere := {m.ticket_id for m in changed.values()} - set(holders):
            found = await self._uow.tickets.get_many(elsewhere)
            holders.update({ticket.id: ticket.agent_id for ticket in found.values()})
        events = [
            self._events.message(MessageView.of(message), holder=holders.get(message.ticket_id))
            for message in changed.values()
        ]
        elsewhere_told = {ticket.id: ticket for ticket in (*retold, *self._tickets.rated)}
        for ticket in self._tickets.open.values():
            elsewhere_told.pop(ticket.id, None)
        if elsewhere_told:
            await tell_of_retold(
                self._uow, self._events, list(elsewhere_told.values()), self._customers
            )
        statuses = await self._last_statuses()
        for customer_id, ticket in self._tickets.open.items():
            view = self._events.ticket_view(
                ticket,
                self._customers[customer_id],
                self._tickets.holder_of(ticket),
                last_message_status=statuses.get(ticket.id),
            )
            events.append(self._events.ticket(view))
        if events:
            await self._uow.events.add(events)

    async def _last_statuses(self) -> dict[TicketId, DeliveryStatus | None]:
        """
        Return where the last messages of the tickets at hand stand.

        Nearly always they have just been stored; what came late is shown by none, and there
        the last one is looked up.
        """
        shown_at = {ticket.id: ticket.last_message_at for ticket in self._tickets.open.values()}
        statuses: dict[TicketId, DeliveryStatus | None] = {
            message.ticket_id: message.shown_status
            for message in self._new
            if message.is_said and message.sent_at == shown_at.get(message.ticket_id)
        }
        if late := shown_at.keys() - statuses.keys():
            statuses.update(await self._uow.tickets.last_statuses(late))
        return statuses


def _is_echo(change: MessageChange, reply: Message) -> bool:
    emoji = str((reply.content or {}).get("emoji") or "")
    sent = (reply.kind, reply.provider, reply.reply_to, emoji)
    return sent == (change.kind, change.provider, change.target, change.text)


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
