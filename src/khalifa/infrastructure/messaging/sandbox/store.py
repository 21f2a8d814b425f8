"""What the sandbox keeps in Redis: the phones' messages, what goes wrong, what is to be posted."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final, cast

import msgspec
from redis.asyncio import Redis
from redis.asyncio.lock import Lock

from khalifa.application.ports.played_phones import PlayedCustomer, PlayedFailures
from khalifa.domain.messages import JsonObject, MessageKind

# A plaything: what nobody touched for a week is forgotten, and no phone fills the memory.
KEPT_FOR: Final = 7 * 24 * 3600
MESSAGES_KEPT: Final = 200
PHONES_KEPT: Final = 200
# Seconds a phone shows that somebody is typing, as WhatsApp's own do.
TYPING_FOR: Final = 10

_CUSTOMERS = "khalifa:sandbox:customers"
_NAMES = "khalifa:sandbox:names"
_FAILURES = "khalifa:sandbox:failures"
_OUTBOX = "khalifa:sandbox:outbox"
_POSTING = "khalifa:sandbox:posting"
# Seconds; longer than one call of the outbox, so that two never post the same at once.
_POSTING_FOR = 15.0
_POSTING_WAIT = 5.0
_POSTING_LOOK = 0.02

# One script, so that all of it happens or none. Said again after a lost answer,
# it changes nothing: every line names its message.
_PUT = """
local function trim(order, details, most)
    local old = redis.call('ZRANGE', order, 0, -(most + 1))
    for _, name in ipairs(old) do
        redis.call('ZREM', order, name)
        redis.call('HDEL', details, name)
    end
    return old
end
local messages, order, unread, customers, names, outbox = unpack(KEYS)
local id, message, at, phone, name, ours, kept_for, messages_kept, phones_kept = unpack(ARGV)
redis.call('HSET', messages, id, message)
redis.call('ZADD', order, at, id)
if ours == '1' then redis.call('SADD', unread, id) end
for _, old in ipairs(trim(order, messages, messages_kept)) do redis.call('SREM', unread, old) end
redis.call('ZADD', customers, at, phone)
if name ~= '' then redis.call('HSET', names, phone, name) end
trim(customers, names, phones_kept)
for entry = 10, #ARGV, 2 do
    redis.call('ZADD', outbox, ARGV[entry], ARGV[entry + 1])
end
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, kept_for) end
return id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """
    A message on a phone. ``opaque_id``: what we gave with ours; None with the customer's.

    ``content`` is what its kind holds beside text, ``quoted`` the message it answers.
    """

    id: str
    text: str
    at: float
    opaque_id: str | None = None
    receipts: bool = True
    kind: MessageKind = MessageKind.TEXT
    content: dict[str, Any] | None = None
    quoted: str | None = None

    @property
    def from_us(self) -> bool:
        return self.opaque_id is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """An event to be posted to our webhook, not before ``due`` (seconds since 1970)."""

    event: JsonObject
    due: float


_DECODER = msgspec.json.Decoder(Kept)


class PhoneStore:
    """Every method raises redis-py's `RedisError` when Redis does not do it."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def ping(self) -> None:
        await self._redis.ping()

    async def put(
        self, phone: str, message: Kept, postings: Sequence[Posting], *, name: str | None = None
    ) -> None:
        """Put *message* on *phone*'s screen, and what is to be posted of it into the outbox."""
        keys = [*_phone_keys(phone), _CUSTOMERS, _NAMES, _OUTBOX]
        arguments: list[str | bytes | int | float] = [
            message.id,
            msgspec.json.encode(message),
            message.at,
            phone,
            name or "",
            int(message.from_us and message.receipts),
            KEPT_FOR,
            MESSAGES_KEPT,
            PHONES_KEPT,
        ]
        for posting in postings:
            arguments += [posting.due, msgspec.json.encode(posting.event)]
        await self._redis.eval(_PUT, len(keys), *keys, *arguments)

    async def messages(self, phone: str) -> tuple[list[Kept], set[str]]:
        """Return what is on *phone*'s screen, oldest first, and the ids of ours not yet seen."""
        details, order, unread = _phone_keys(phone)
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.zrange(order, 0, -1)
            pipeline.hgetall(details)
            pipeline.smembers(unread)
            ids, kept, unseen = await pipeline.execute()
        found = [_DECODER.decode(kept[id_ext]) for id_ext in ids if id_ext in kept]
        return found, {id_ext.decode() for id_ext in unseen}

    async def mark_seen(self, phone: str, ids: Sequence[str], postings: Sequence[Posting]) -> None:
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.srem(_phone_keys(phone)[2], *ids)
            for posting in postings:
                pipeline.zadd(_OUTBOX, {msgspec.json.encode(posting.event): posting.due})
            pipeline.expire(_OUTBOX, KEPT_FOR)
            await pipeline.execute()

    async def read_up_to(self, phone: str) -> float:
        """Return until when we have read what the customer wrote."""
        return float(await self._redis.get(_read_key(phone)) or 0)

    async def note_read(self, phone: str, message_id: str) -> None:
        """Note that we have read a customer's message, and those before it."""
        order = _phone_keys(phone)[1]
        at = await self._redis.zscore(order, message_id)
        if at is not None and at > await self.read_up_to(phone):
            await self._redis.set(_read_key(phone), at, ex=KEPT_FOR)

    async def show_typing(self, phone: str) -> None:
        await self._redis.set(_typing_key(phone), b"1", ex=TYPING_FOR)

    async def is_typing(self, phone: str) -> bool:
        return bool(await self._redis.exists(_typing_key(phone)))

    async def customers(self) -> list[PlayedCustomer]:
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.zrange(_CUSTOMERS, 0, -1, desc=True, withscores=True)
            pipeline.hgetall(_NAMES)
            phones, names = await pipeline.execute()
        return [
            PlayedCustomer(
                phone=phone.decode(),
                name=names[phone].decode() if phone in names else None,
                used_at=datetime.fromtimestamp(at, UTC),
            )
            for phone, at in phones
        ]

    async def failures(self) -> PlayedFailures:
        return _failures(await self._redis.hgetall(_FAILURES))

    async def take_failures(self) -> PlayedFailures:
        """Return what goes wrong with this reply; a single refusal is used up by it."""
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.hgetall(_FAILURES)
            pipeline.hdel(_FAILURES, "refuse_next")
            played, _ = await pipeline.execute()
        return _failures(played)

    async def set_failures(self, failures: PlayedFailures) -> None:
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.delete(_FAILURES)
            if playing := [name for name, played in asdict(failures).items() if played]:
                pipeline.hset(_FAILURES, mapping=dict.fromkeys(playing, "1"))
                pipeline.expire(_FAILURES, KEPT_FOR)
            await pipeline.execute()

    async def waiting(self) -> list[bytes]:
        """Return the events that are not posted yet, due or not."""
        return cast("list[bytes]", await self._redis.zrange(_OUTBOX, 0, -1))

    async def due(self, now: float, limit: int) -> list[bytes]:
        """Return at most *limit* events to be posted now, in the order they came."""
        due = await self._redis.zrangebyscore(_OUTBOX, "-inf", now, start=0, num=limit)
        return cast("list[bytes]", due)

    async def posted(self, events: Sequence[bytes]) -> None:
        await self._redis.zrem(_OUTBOX, *events)

    def one_at_a_time(self) -> Lock:
        """Return a lock for whoever posts, so that events arrive in their order."""
        return self._redis.lock(
            _POSTING, timeout=_POSTING_FOR, blocking_timeout=_POSTING_WAIT, sleep=_POSTING_LOOK
        )


def _phone_keys(phone: str) -> tuple[str, str, str]:
    prefix = f"khalifa:sandbox:phone:{phone}"
    return f"{prefix}:messages", f"{prefix}:order", f"{prefix}:unread"


def _read_key(phone: str) -> str:
    return f"khalifa:sandbox:phone:{phone}:read"


def _typing_key(phone: str) -> str:
    return f"khalifa:sandbox:phone:{phone}:typing"


def _failures(played: Mapping[bytes | str, bytes | str]) -> PlayedFailures:
    return PlayedFailures(
        refuse_next=b"refuse_next" in played,
        no_answer=b"no_answer" in played,
        late_receipts=b"late_receipts" in played,
    )
