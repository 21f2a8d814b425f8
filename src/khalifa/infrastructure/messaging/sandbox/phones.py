"""Customers' phones, as a page plays them."""

import time
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from redis.exceptions import RedisError

from khalifa.application.ports.messaging import ProviderUnreachable
from khalifa.application.ports.played_phones import (
    PhoneMessage,
    PlayedCustomer,
    PlayedFailures,
    PlayedFile,
    PlayedPhones,
)
from khalifa.domain.messages import JsonObject, JsonValue, MessageKind
from khalifa.infrastructure.messaging.sandbox.driver import LATE_BY, new_id, status_of
from khalifa.infrastructure.messaging.sandbox.files import PhoneFiles
from khalifa.infrastructure.messaging.sandbox.outbox import Outbox
from khalifa.infrastructure.messaging.sandbox.store import Kept, PhoneStore, Posting

T = TypeVar("T")

# What is on the message that it is about, and no line of its own.
_ABOUT_ANOTHER = frozenset({MessageKind.REACTION, MessageKind.EDIT, MessageKind.REVOKE})
_AWAY = "The sandbox cannot reach Redis, where its phones are."


class SandboxPhones(PlayedPhones):
    """
    The phones in Redis.

    What a customer writes is ``sent`` until our webhook has taken it, then
    ``delivered``. Ours is ``read`` once its phone was looked at.
    """

    def __init__(self, store: PhoneStore, outbox: Outbox, files: PhoneFiles) -> None:
        self._store = store
        self._files = files
        self._outbox = outbox

    async def write(
        self,
        phone: str,
        name: str,
        text: str,
        *,
        kind: MessageKind = MessageKind.TEXT,
        content: JsonObject | None = None,
        reply_to: str | None = None,
    ) -> None:
        message = Kept(
            id=new_id(),
            text=text,
            at=time.time(),
            kind=kind,
            content=dict(content) if content is not None else None,
            quoted=reply_to,
        )
        event: dict[str, JsonValue] = {
            "type": "message",
            "id": message.id,
            "from": phone,
            "name": name,
            "kind": kind.value,
            "at": int(message.at),
        }
        event |= {"text": text} if text else {}
        event |= {"content": dict(content)} if content is not None else {}
        event |= {"reply_to": reply_to} if reply_to is not None else {}
        posting = Posting(event=event, due=message.at)
        await _reached(self._store.put(phone, message, [posting], name=name))
        self._outbox.nudge()

    async def send_file(
        self, phone: str, name: str, file: PlayedFile, chunks: AsyncIterable[bytes], *, text: str
    ) -> None:
        kept = await _reached(self._files.put(replace(file, id=new_id()), chunks))
        message = Kept(id=new_id(), text=text, at=time.time(), kind=kept.kind, content=asdict(kept))
        event: dict[str, str | int] = {
            "type": "message",
            "id": message.id,
            "from": phone,
            "name": name,
            "text": text,
            "kind": kept.kind.value,
            "file": kept.id,
            "mime_type": kept.mime_type,
            "filename": kept.filename or "",
            "size": kept.size,
            "at": int(message.at),
        }
        posting = Posting(event=event, due=message.at)
        await _reached(self._store.put(phone, message, [posting], name=name))
        self._outbox.nudge()

    async def find_file(self, file_id: str) -> PlayedFile | None:
        return await _reached(self._files.find(file_id))

    def open_file(self, file_id: str) -> AsyncIterator[bytes]:
        return self._files.chunks(file_id)

    async def messages(self, phone: str) -> list[PhoneMessage]:
        kept, unseen = await _reached(self._store.messages(phone))
        waiting = {_id_of(event) for event in await _reached(self._store.waiting())}
        if seen := [message for message in kept if message.id in unseen]:
            await self._see(phone, seen)
        read_up_to = await _reached(self._store.read_up_to(phone))
        reactions, changes = _reactions(kept), _changes(kept)
        return [
            PhoneMessage(
                id=message.id,
                from_us=message.from_us,
                text=changes.get(message.id, message.text),
                at=datetime.fromtimestamp(message.at, UTC),
                status=_status(
                    message, waiting=message.id in waiting, read=message.at <= read_up_to
                ),
                kind=_kind(message, changes),
                content=message.content,
                reply_to=message.quoted,
                reactions=reactions.get(message.id, ()),
            )
            for message in kept
            if message.kind not in _ABOUT_ANOTHER
        ]

    async def is_typing(self, phone: str) -> bool:
        return await _reached(self._store.is_typing(phone))

    async def customers(self) -> list[PlayedCustomer]:
        return await _reached(self._store.customers())

    async def failures(self) -> PlayedFailures:
        return await _reached(self._store.failures())

    async def play(self, failures: PlayedFailures) -> None:
        await _reached(self._store.set_failures(failures))

    async def _see(self, phone: str, seen: list[Kept]) -> None:
        """Tell that *seen* were read; never before telling that they were delivered."""
        failures = await self.failures()
        at = time.time()
        due = at + (LATE_BY if failures.late_receipts else 0)
        postings = [
            status_of(message, "read", at=at, due=max(due, message.at + 0.002)) for message in seen
        ]
        await _reached(self._store.mark_seen(phone, [message.id for message in seen], postings))
        self._outbox.nudge()


def _status(message: Kept, *, waiting: bool, read: bool) -> str:
    if message.from_us:
        return "read"
    if waiting:
        return "sent"
    return "read" if read else "delivered"


def _reactions(kept: Sequence[Kept]) -> dict[str, tuple[str, ...]]:
    """Return the emojis on each message, one of each side: the last, unless that took it back."""
    last: dict[str, dict[bool, str]] = {}
    for message in kept:
        if message.kind is MessageKind.REACTION and message.content is not None:
            of_both = last.setdefault(str(message.content.get("message_id")), {})
            of_both[message.from_us] = str(message.content.get("emoji"))
    emojis = {target: tuple(filter(None, sides.values())) for target, sides in last.items()}
    return {target: some for target, some in emojis.items() if some}


def _changes(kept: Sequence[Kept]) -> dict[str, str]:
    """Return what each message that was edited says now; of a deleted one, nothing."""
    return {
        str(message.content.get("message_id")): message.text
        for message in kept
        if message.kind in {MessageKind.EDIT, MessageKind.REVOKE} and message.content is not None
    }


def _kind(message: Kept, changes: Mapping[str, str]) -> MessageKind:
    return MessageKind.REVOKE if changes.get(message.id) == "" else message.kind


def _id_of(event: bytes) -> str | None:
    with suppress(msgspec.DecodeError):
        return msgspec.json.decode(event, type=_Named).id
    return None


class _Named(msgspec.Struct):
    id: str


async def _reached(answer: Awaitable[T]) -> T:
    try:
        return await answer
    except RedisError:
        failure = ProviderUnreachable(_AWAY)
    raise failure
