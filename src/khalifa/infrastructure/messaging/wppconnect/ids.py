"""WhatsApp Web's names for people, chats and messages, in every spelling WPPConnect has."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from khalifa.domain.contacts import Identity, IdentityKind, PhoneNumber
from khalifa.domain.messages import JsonValue
from khalifa.infrastructure.messaging.wppconnect.settings import NAME

# What a database column of ids holds; WhatsApp's own have some sixty characters.
MAX_ID = 512

_PARTS = 3
_LONGEST_LID = 20
_PHONE_SERVERS = frozenset({"c.us", "s.whatsapp.net"})
_LID_SERVER = "lid"


def wid_of(value: JsonValue) -> str | None:
    """
    Return who or what chat *value* names, ``user@server``.

    It comes as text, or as an object with the text in it:
    https://github.com/wppconnect-team/wa-js/blob/main/src/whatsapp/misc/Wid.ts
    """
    match value:
        case str() if "@" in value:
            return value
        case {"_serialized": str(wid)} if "@" in wid:
            return wid
        case {"user": str(user), "server": str(server)} if user and server:
            return f"{user}@{server}"
        case _:
            return None


def identities_of(wids: Iterable[str | None]) -> tuple[Identity, ...]:
    """
    Return the identities of the one customer all *wids* name, a phone number first.

    Since 2025 WhatsApp names customers by LIDs too, which look like numbers
    and are none: https://github.com/wppconnect-team/wppconnect/issues/2652
    """
    named = dict.fromkeys(wid for wid in wids if wid)
    found = dict.fromkeys(identity for wid in named if (identity := _identity_of(wid)))
    return tuple(sorted(found, key=lambda identity: identity.kind is not IdentityKind.PHONE))


def _identity_of(wid: str) -> Identity | None:
    user, _, server = wid.partition("@")
    # One of several devices of the same person.
    user = user.partition(":")[0]
    if server in _PHONE_SERVERS:
        phone = PhoneNumber.from_provider(user)
        return Identity.of_phone(phone) if phone else None
    if server == _LID_SERVER and user.isascii() and user.isdigit() and len(user) <= _LONGEST_LID:
        return Identity(NAME, IdentityKind.LID, user)
    return None


@dataclass(frozen=True, slots=True)
class MessageRef:
    """
    A message's id in its parts.

    Only ``key`` is the message's own. ``chat`` may be another one tomorrow,
    when WhatsApp moves the customer from number to LID, so nothing may be
    matched by the whole id.
    """

    key: str
    from_us: bool = False
    chat: str | None = None
    participant: str | None = None

    @classmethod
    def read(cls, value: JsonValue) -> Self | None:
        """
        Read an id: ``true_<chat>_<key>[_<participant>]``, the key alone, or an object of parts.

        Some versions of WhatsApp Web leave the whole text out of the object:
        https://github.com/wppconnect-team/wa-js/blob/main/src/whatsapp/misc/MsgKey.ts
        """
        match value:
            case {"id": str(key)} if key and isinstance(value, dict):
                return cls(
                    key=key,
                    from_us=value.get("fromMe") is True,
                    chat=wid_of(value.get("remote")),
                    participant=wid_of(value.get("participant")),
                )
            case {"_serialized": str(text)} | str(text) if text:
                return cls._parse(text)
            case _:
                return None

    @classmethod
    def _parse(cls, text: str) -> Self:
        own, *rest = text.split("_", _PARTS)
        if own not in {"true", "false"} or len(rest) < _PARTS - 1 or not rest[1]:
            return cls(key=text)
        participant = wid_of(rest[2]) if len(rest) == _PARTS else None
        return cls(key=rest[1], from_us=own == "true", chat=rest[0], participant=participant)

    @property
    def serialized(self) -> str:
        """The whole id again, as WPPConnect's routes want it."""
        tail = f"_{self.participant}" if self.participant else ""
        return f"{'true' if self.from_us else 'false'}_{self.chat or ''}_{self.key}{tail}"


def key_of(value: JsonValue) -> str | None:
    """Return the key in an id, None when there is none that could be stored."""
    ref = MessageRef.read(value)
    return ref.key if ref and len(ref.key) <= MAX_ID else None
