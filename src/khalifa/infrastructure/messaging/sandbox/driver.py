"""Sending to a sandbox phone, and whether it works."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Collection
from dataclasses import asdict, replace
from datetime import UTC, datetime

from redis.exceptions import RedisError

from khalifa.application.ports.media import StoredFile
from khalifa.application.ports.messaging import (
    Connection,
    ConnectionStatus,
    DeliveryError,
    MessageRejected,
    OutcomeUnknown,
    ProviderUnreachable,
)
from khalifa.application.ports.outgoing import (
    ContactSender,
    InteractiveSender,
    LocationSender,
    MessageDriver,
    Outgoing,
    OutgoingContacts,
    OutgoingInteractive,
    OutgoingLocation,
    OutgoingMedia,
    OutgoingReaction,
    OutgoingTemplate,
    OutgoingText,
    QuotedMessage,
    ReactionSender,
    ReadReceipts,
    Receipt,
    TemplateSender,
    Typing,
)
from khalifa.application.ports.played_phones import PlayedFailures, PlayedFile
from khalifa.domain.contacts import Address, Identity, IdentityKind
from khalifa.domain.drafts import Draft
from khalifa.domain.messages import JsonObject, MessageKind
from khalifa.domain.words import Words
from khalifa.infrastructure.messaging.sandbox.files import PhoneFiles
from khalifa.infrastructure.messaging.sandbox.outbox import Outbox
from khalifa.infrastructure.messaging.sandbox.settings import NAME
from khalifa.infrastructure.messaging.sandbox.store import Kept, PhoneStore, Posting

# Seconds until a provider that does not answer is given up, as the real ones are.
PATIENCE = 10.0
# Seconds by which late receipts are late.
LATE_BY = 5.0

_AWAY = Words(
    "The sandbox cannot reach Redis, where its phones are. Nothing was sent.",
    "لا يصل Sandbox إلى Redis حيث هواتفه. لم يُرسل شيء.",
)
_LOST = Words(
    "The sandbox lost Redis while it put the message on the phone.",
    "انقطع Redis أثناء وضع الرسالة على الهاتف.",
)
_REFUSED = Words(
    "The sandbox refused this message, as it was told to on its page.",
    "رفض Sandbox هذه الرسالة كما طُلب منه في صفحته.",
)
_SILENT = Words(
    "The sandbox did not answer, as it was told to on its page.",
    "لم يرد Sandbox كما طُلب منه في صفحته.",
)
_CANCELLED = Words(
    "Sending was interrupted before the sandbox answered.",
    "انقطع الإرسال قبل رد Sandbox.",
)
_DETAIL = "Redis, where the sandbox's phones are, cannot be reached. Check REDIS_URL."


def new_id() -> str:
    """Return an id nobody can guess."""
    return f"{NAME}.{secrets.token_urlsafe(16)}"


def status_of(message: Kept, status: str, *, at: float, due: float) -> Posting:
    """Return what is to be posted when *message*, one of ours, became *status*."""
    event: dict[str, str | int] = {
        "type": "status",
        "id": message.id,
        "opaque_id": message.opaque_id or "",
        "status": status,
        "at": int(at),
    }
    return Posting(event=event, due=due)


class SandboxDriver(
    MessageDriver,
    LocationSender,
    ContactSender,
    ReactionSender,
    TemplateSender,
    InteractiveSender,
    ReadReceipts,
    Typing,
):
    """Puts messages of every kind on customers' phones; receipts come later, by webhook."""

    def __init__(
        self,
        store: PhoneStore,
        outbox: Outbox,
        files: PhoneFiles,
        *,
        patience: float = PATIENCE,
    ) -> None:
        self._store = store
        self._files = files
        self._outbox = outbox
        self._patience = patience

    async def send_text(self, message: OutgoingText) -> Receipt:
        return await self._send(message, Draft(kind=MessageKind.TEXT, text=message.text))

    async def send_location(self, message: OutgoingLocation) -> Receipt:
        return await self._send(message, Draft.of_location(message.location))

    async def send_contacts(self, message: OutgoingContacts) -> Receipt:
        return await self._send(message, Draft.of_contacts(message.contacts))

    async def send_reaction(self, message: OutgoingReaction) -> Receipt:
        target = message.target.whatsapp_message_id
        content: JsonObject = {"message_id": target, "emoji": message.emoji}
        return await self._send(message, Draft(kind=MessageKind.REACTION, content=content))

    async def send_template(self, message: OutgoingTemplate) -> Receipt:
        draft, file = Draft.of_template(message.template), message.file
        if file is None:
            return await self._send(message, draft)
        header = message.template.header
        name = header.filename if header else None
        kept = await self._keep(file, draft.file_kind, file.mime_type, name)
        content: JsonObject = {**(draft.content or {}), **kept}
        return await self._send(message, replace(draft, content=content))

    async def send_interactive(self, message: OutgoingInteractive) -> Receipt:
        return await self._send(message, Draft.of_interactive(message.interactive))

    async def mark_read(self, last: QuotedMessage) -> None:
        await _reached(self._store.note_read(last.chat.id_ext, last.whatsapp_message_id))

    async def show_typing(self, last: QuotedMessage) -> None:
        await _reached(self._store.show_typing(last.chat.id_ext))

    async def send_media(self, message: OutgoingMedia) -> Receipt:
        content = await self._keep(message.file, message.kind, message.mime_type, message.filename)
        draft = Draft(kind=message.kind, text=message.caption, content=content)
        return await self._send(message, draft)

    async def _keep(
        self, file: StoredFile, kind: MessageKind, mime_type: str, filename: str | None
    ) -> JsonObject:
        """Put a file where the phones have theirs; return what the phone is told of it."""
        played = PlayedFile(
            id=new_id(), kind=kind, mime_type=mime_type, filename=filename, size=file.size
        )
        try:
            async with file.open() as chunks:
                await self._files.put(played, chunks)
        except RedisError:
            failure = ProviderUnreachable(_AWAY)
        else:
            return asdict(played)
        raise failure

    async def _send(self, message: Outgoing, what: Draft) -> Receipt:
        failure: DeliveryError
        try:
            return await self._hand_over(message, what)
        except asyncio.CancelledError:
            failure = OutcomeUnknown(_CANCELLED)
        # Raised out here, so that whoever sends learns the truth and nothing besides.
        raise failure

    def address_of(self, identities: Collection[Identity]) -> Address | None:
        for identity in identities:
            if identity.kind is IdentityKind.PHONE:
                return Address(NAME, identity.id_ext)
        return None

    async def _hand_over(self, message: Outgoing, what: Draft) -> Receipt:
        played = await self._failures()
        if played.refuse_next:
            raise MessageRejected(_REFUSED)
        kept = Kept(
            id=new_id(),
            text=what.text or "",
            at=time.time(),
            opaque_id=message.opaque_id,
            receipts=not played.no_answer,
            kind=what.kind,
            content=None if what.content is None else dict(what.content),
            quoted=message.quoted.whatsapp_message_id if message.quoted else None,
        )
        await self._put(message.to, kept, late=played.late_receipts)
        if played.no_answer:
            await asyncio.sleep(self._patience)
            raise OutcomeUnknown(_SILENT)
        self._outbox.nudge()
        return Receipt(kept.id)

    async def _failures(self) -> PlayedFailures:
        """Knock before handing over: while this does not answer, nothing is on its way."""
        try:
            return await self._store.take_failures()
        except RedisError:
            failure = ProviderUnreachable(_AWAY)
        raise failure

    async def _put(self, to: Address, kept: Kept, *, late: bool) -> None:
        due = kept.at + (LATE_BY if late else 0)
        # A hair apart, for the outbox is sorted by time.
        receipts = [
            status_of(kept, "sent", at=kept.at, due=due),
            status_of(kept, "delivered", at=kept.at, due=due + 0.001),
        ]
        try:
            await self._store.put(to.id_ext, kept, receipts if kept.receipts else [])
        except RedisError:
            failure = OutcomeUnknown(_LOST)
        else:
            return
        raise failure


async def _reached(told: Awaitable[None]) -> None:
    try:
        await told
    except RedisError:
        failure = ProviderUnreachable(_AWAY)
    else:
        return
    raise failure


class SandboxConnection(Connection):
    """Works when Redis does."""

    def __init__(self, store: PhoneStore) -> None:
        self._store = store

    async def status(self) -> ConnectionStatus:
        try:
            await self._store.ping()
        except RedisError:
            return ConnectionStatus(connected=False, state="unreachable", detail=_DETAIL)
        return ConnectionStatus(connected=True, state="connected", last_proven_at=datetime.now(UTC))
