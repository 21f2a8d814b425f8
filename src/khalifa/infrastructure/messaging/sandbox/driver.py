"""Sending to a sandbox phone, and whether it works."""

import asyncio
import secrets
import time
from collections.abc import Collection
from datetime import UTC, datetime

from redis.exceptions import RedisError

from khalifa.application.ports.messaging import (
    Connection,
    ConnectionStatus,
    DeliveryError,
    MessageRejected,
    OutcomeUnknown,
    ProviderUnreachable,
)
from khalifa.application.ports.outgoing import MessageDriver, OutgoingMedia, OutgoingText, Receipt
from khalifa.application.ports.played_phones import PlayedFailures
from khalifa.domain.contacts import Address, Identity, IdentityKind
from khalifa.domain.words import Words
from khalifa.infrastructure.messaging.sandbox.outbox import Outbox
from khalifa.infrastructure.messaging.sandbox.settings import NAME
from khalifa.infrastructure.messaging.sandbox.store import Kept, PhoneStore, Posting

# Seconds until a provider that does not answer is given up, as the real ones are.
PATIENCE = 10.0
# Seconds by which late receipts are late.
LATE_BY = 5.0

_NO_FILES = Words(
    "Files cannot be sent through this provider.", "لا يمكن إرسال الملفات عبر هذا المزوّد."
)
_AWAY = "The sandbox cannot reach Redis, where its phones are. Nothing was sent."
_LOST = "The sandbox lost Redis while it put the message on the phone."
_REFUSED = "The sandbox refused this message, as it was told to on its page."
_SILENT = "The sandbox did not answer, as it was told to on its page."
_CANCELLED = "Sending was interrupted before the sandbox answered."
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


class SandboxDriver(MessageDriver):
    """Puts texts on customers' phones; receipts come later, by webhook."""

    def __init__(self, store: PhoneStore, outbox: Outbox, *, patience: float = PATIENCE) -> None:
        self._store = store
        self._outbox = outbox
        self._patience = patience

    async def send_text(self, message: OutgoingText) -> Receipt:
        failure: DeliveryError
        try:
            return await self._hand_over(message)
        except asyncio.CancelledError:
            failure = OutcomeUnknown(_CANCELLED)
        # Raised out here, so that whoever sends learns the truth and nothing besides.
        raise failure

    async def send_media(self, message: OutgoingMedia) -> Receipt:
        raise MessageRejected(_NO_FILES)

    def address_of(self, identities: Collection[Identity]) -> Address | None:
        for identity in identities:
            if identity.kind is IdentityKind.PHONE:
                return Address(NAME, identity.id_ext)
        return None

    async def _hand_over(self, message: OutgoingText) -> Receipt:
        played = await self._failures()
        if played.refuse_next:
            raise MessageRejected(_REFUSED)
        kept = Kept(
            id=new_id(),
            text=message.text,
            at=time.time(),
            opaque_id=message.opaque_id,
            receipts=not played.no_answer,
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
