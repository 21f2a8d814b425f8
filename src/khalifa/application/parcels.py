"""What is filed: bodies, what was found in them and where, and what became of each part."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self
from uuid import uuid4

from khalifa.application.kept_body import kept_body
from khalifa.application.ports.journal import JournaledBody
from khalifa.application.ports.ledger import LedgerEntry, LedgerItem, Outcome
from khalifa.application.ports.unit_of_work import UnitOfWork
from khalifa.domain.changes import CHANGES, MessageChange
from khalifa.domain.erasure import ERASED, tombstone_of
from khalifa.domain.first_responses import note_asked
from khalifa.domain.media import MediaFile, clean_filename, new_media_id
from khalifa.domain.messages import (
    DeliveryStatus,
    Direction,
    IdentityChange,
    Ignored,
    IncomingMessage,
    Message,
    MessageKind,
    Reading,
    SenderType,
    StatusUpdate,
)
from khalifa.domain.ratings import rating_in
from khalifa.domain.tickets import Ticket


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
            # What was erased must not be read in what came again, either.
            body=b"" if any(one.reason == ERASED for one in listed) else kept_body(self.body.body),
        )
        return entry if self.earlier is None else self.earlier.filed_again(entry)


@dataclass(slots=True, eq=False)
class Arrival:
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

    @property
    def tombstone(self) -> str:
        """Return what the message would be known by if it had been erased."""
        reading = self.reading
        return tombstone_of(reading.provider, reading.whatsapp_message_id, reading.message_key)

    @property
    def is_notice(self) -> bool:
        """Whether this is WhatsApp's own, and no word of anybody's."""
        return self.reading.kind is MessageKind.SYSTEM

    @property
    def rating(self) -> int | None:
        """Return the rating that the customer's words are, if they are one."""
        reading = self.reading
        is_text = reading.kind is MessageKind.TEXT and not reading.from_us
        return rating_in(reading.text) if is_text else None

    def tell(self, ticket: Ticket) -> None:
        """Let *ticket* take in what was said: of a notice, and when closed, only that it came."""
        reading, at, received_at = self.reading, self.said_at[0], self.parcel.body.received_at
        if not reading.from_us:
            note_asked(ticket, at=received_at)
        if self.is_notice or not ticket.is_open:
            return
        if reading.from_us:
            ticket.answer(reading.text, at=at, kind=reading.kind)
        else:
            ticket.hear(reading.text, at=at, received_at=received_at, kind=reading.kind)

    def file(self, now: datetime) -> MediaFile | None:
        """Return the record of the message's file, which is not here yet."""
        reading, media = self.reading, self.reading.media
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

    def message(self, ticket: Ticket, file: MediaFile | None, now: datetime) -> Message:
        """Return the message to store on *ticket*."""
        reading, body = self.reading, self.parcel.body
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
            sent_at=self.said_at[0],
            received_at=body.received_at,
            journal=body.key.journal,
            number=body.key.number,
            position=self.position,
            id_ext=None if reading.from_us else reading.identities[0].id_ext,
            stored_at=now,
        )


class Accounts:
    """What became of each part of the bodies being filed."""

    def __init__(self) -> None:
        self._items: dict[Parcel, list[LedgerItem]] = {}

    def note(
        self,
        parcel: Parcel,
        position: int,
        outcome: Outcome,
        reason: str,
        whatsapp_message_id: str | None,
    ) -> None:
        """Say what became of one part that was not simply stored."""
        item = LedgerItem(
            position=position,
            outcome=outcome,
            reason=reason,
            whatsapp_message_id=whatsapp_message_id,
        )
        self._items.setdefault(parcel, []).append(item)

    async def write(self, uow: UnitOfWork, parcels: Iterable[Parcel]) -> list[LedgerEntry]:
        """
        Enter the bodies in the ledger, those filed before only where their account differs.

        Returns the entries of those that were not filed before.
        """
        accounts = [
            (parcel, parcel.account(self._items.get(parcel, ()), found=len(parcel.readings)))
            for parcel in parcels
        ]
        first = [entry for parcel, entry in accounts if not parcel.earlier]
        await uow.ledger.add(first)
        if again := [entry for parcel, entry in accounts if parcel.earlier not in {None, entry}]:
            await uow.ledger.replace(again)
        return first


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """What was found in a list of bodies, each with where it was found."""

    arrivals: list[Arrival] = field(default_factory=list)
    statuses: list[tuple[Parcel, int, StatusUpdate]] = field(default_factory=list)
    renamings: list[tuple[Parcel, int, IdentityChange]] = field(default_factory=list)
    changes: list[tuple[Parcel, int, MessageChange]] = field(default_factory=list)

    @classmethod
    def out_of(cls, parcels: Iterable[Parcel], accounts: "Accounts") -> Self:
        """Sort the readings of *parcels*, messages in the order they were said."""
        found = cls()
        for parcel in parcels:
            for position, reading in enumerate(parcel.readings):
                match reading:
                    case IncomingMessage() if reading.kind in CHANGES:
                        change = _change_of(parcel.body, position, reading)
                        found.changes.append((parcel, position, change))
                    case IncomingMessage():
                        found.arrivals.append(Arrival(parcel, position, reading))
                    case StatusUpdate():
                        found.statuses.append((parcel, position, reading))
                    case IdentityChange():
                        found.renamings.append((parcel, position, reading))
                    case Ignored(reason=reason, whatsapp_message_id=id_ext):
                        accounts.note(parcel, position, Outcome.IGNORED, reason, id_ext)
        found.arrivals.sort(key=lambda arrival: arrival.said_at)
        return found


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
