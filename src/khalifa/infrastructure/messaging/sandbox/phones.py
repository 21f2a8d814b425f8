"""Customers' phones, as a page plays them."""

import time
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Sequence
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
from khalifa.domain.messages import MessageKind
from khalifa.infrastructure.messaging.sandbox.driver import LATE_BY, new_id, status_of
from khalifa.infrastructure.messaging.sandbox.files import PhoneFiles
from khalifa.infrastructure.messaging.sandbox.outbox import Outbox
from khalifa.infrastructure.messaging.sandbox.store import Kept, PhoneStore, Posting

T = TypeVar("T")

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

    async def write(self, phone: str, name: str, text: str) -> None:
        message = Kept(id=new_id(), text=text, at=time.time())
        event: dict[str, str | int] = {
            "type": "message",
            "id": message.id,
            "from": phone,
            "name": name,
            "text": text,
            "at": int(message.at),
        }
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
        reactions = _reactions(kept)
        return [
            PhoneMessage(
                id=message.id,
                from_us=message.from_us,
                text=message.text,
                at=datetime.fromtimestamp(message.at, UTC),
                status=_status(
                    message, waiting=message.id in waiting, read=message.at <= read_up_to
                ),
                kind=message.kind,
                content=message.content,
                reply_to=message.quoted,
                reactions=reactions.get(message.id, ()),
            )
            for message in kept
            if message.kind is not MessageKind.REACTION
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
    """Return our emoji on each message that has one: the last, unless that took it back."""
    last: dict[str, str] = {}
    for message in kept:
        if message.kind is MessageKind.REACTION and message.content is not None:
            last[str(message.content.get("message_id"))] = str(message.content.get("emoji"))
    return {target: (emoji,) for target, emoji in last.items() if emoji}


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
