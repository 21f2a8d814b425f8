"""What stays when WPPConnect Server restarts: WhatsApp, the phones, the tokens on disk."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from tests.far_sides.wppconnect_messages import SHOP, JsonObject, wid


@dataclass(slots=True, kw_only=True)
class Settings:
    """
    The server's config.ts, how long things take (seconds), and which acks follow a send.

    WhatsApp's own times are longer: a first QR takes many seconds, `qr_seconds` is 20,
    `autoclose_seconds` 60.
    """

    webhook_url: str | None = None
    auto_download: bool = True
    read_message: bool = True
    on_self_message: bool = False
    listen_acks: bool = True
    ignore: tuple[str, ...] = ("status@broadcast",)
    acks: tuple[int, ...] = (1, 2)
    ack_seconds: float = 0.02
    download_seconds: float = 0.0
    start_seconds: float = 0.02
    qr_seconds: float = 20.0
    autoclose_seconds: float = 60.0
    logout_seconds: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedSend:
    """
    A send that reached the driver library.

    `asked` is the recipient of the request, `to` the chat it went to; `went_out` says
    whether the customer's phone got it, whatever the caller was told.
    """

    at: float
    session: str
    asked: str
    to: str
    text: str | None
    options: JsonObject
    id: str
    key: str
    went_out: bool
    kind: str = "chat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One call of a webhook; `status` is None when no answer came, `error` then says why."""

    at: float
    session: str | None
    event: str
    path: str
    body: JsonObject
    status: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """A request to the public API, as the server's access log would have it."""

    at: float
    method: str
    path: str


class SessionMode(StrEnum):
    """What the next start of a session meets."""

    PAIRED = "paired"
    NEEDS_QR = "needs_qr"
    STUCK = "stuck"
    """Chromium does not launch: INITIALIZING for ever."""


@dataclass(slots=True, eq=False)
class StoredMessage:
    message: JsonObject
    file: bytes | None = None
    fetchable: bool = True
    is_new: bool = True

    @property
    def id(self) -> str:
        return str(self.message["id"])

    @property
    def key(self) -> str:
        return self.id.split("_")[2]

    @property
    def from_me(self) -> bool:
        return self.message["fromMe"] is True


def _set_event() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass(slots=True, eq=False)
class Account:
    """One shop's WhatsApp as its phone has it: pairing and chats."""

    me: str = SHOP
    mode: SessionMode = SessionMode.PAIRED
    chats: dict[str, list[StoredMessage]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    typing: list[tuple[str, bool]] = field(default_factory=list)
    gestures_fail: bool = False
    closed_chats: set[str] = field(default_factory=set)
    """Chats that are listed and cannot be opened."""
    online: bool = True
    """Whether the page reaches WhatsApp."""
    page_answers: asyncio.Event = field(default_factory=_set_event)

    def keep(self, chat: str, stored: StoredMessage) -> None:
        self.chats.setdefault(chat, []).append(stored)

    def find(self, reference: str) -> StoredMessage | None:
        """Return the message with this serialized id or this key."""
        return next((m for m in self._messages() if reference in (m.id, m.key)), None)

    def take_new(self) -> dict[str, list[StoredMessage]]:
        """Return customers' messages not given before, newest first; each is given once."""
        fresh = {
            chat: [m for m in reversed(messages) if m.is_new and not m.from_me]
            for chat, messages in self.chats.items()
        }
        for stored in self._messages():
            stored.is_new = False
        return {chat: messages for chat, messages in fresh.items() if messages}

    def _messages(self) -> Iterator[StoredMessage]:
        for messages in self.chats.values():
            yield from messages


@dataclass(slots=True, eq=False)
class Directory:
    """Which numbers WhatsApp knows, and under which ids."""

    absent: dict[str, bool] = field(default_factory=dict)
    """Wids the number check denies → whether a message to them arrives all the same."""
    migrated: dict[str, str] = field(default_factory=dict)
    """Wids for which the number check answers another wid."""
    lids: dict[str, str] = field(default_factory=dict)
    """LID → phone wid."""
    names: dict[str, str] = field(default_factory=dict)

    def number_status(self, asked: str) -> JsonObject:
        if asked in self.absent:
            return self.unknown(asked)
        return {
            "id": _wid_parts(self.migrated.get(asked, asked)),
            "isBusiness": False,
            "canReceiveMessage": True,
            "numberExists": True,
            "status": 200,
        }

    def unknown(self, asked: str) -> JsonObject:
        return {
            "id": asked,
            "isBusiness": False,
            "canReceiveMessage": False,
            "numberExists": False,
            "status": 404,
        }

    def pn_lid_entry(self, asked: str) -> JsonObject:
        """
        Return WPP.contact.getPnLidEntry: the part nobody knows is missing.

        https://github.com/wppconnect-team/wa-js/blob/main/src/contact/functions/getPnLidEntry.ts
        """
        lid = asked if asked.endswith("@lid") else self._lid_of(asked)
        phone = self.lids.get(asked) if asked.endswith("@lid") else asked
        name = next((self.names[w] for w in (lid, phone) if w and w in self.names), None)
        entry: JsonObject = {}
        if lid:
            entry["lid"] = _entry_parts(lid)
        if phone:
            entry["phoneNumber"] = _entry_parts(phone)
        if name:
            entry["contact"] = {"pushname": name, "type": "in"}
        return entry

    def _lid_of(self, phone: str) -> str | None:
        return next((lid for lid, known in self.lids.items() if known == wid(phone)), None)


def now() -> float:
    return time.time()


def _wid_parts(who: str) -> JsonObject:
    user, _, server = who.partition("@")
    return {"server": server, "user": user, "_serialized": who}


def _entry_parts(who: str) -> JsonObject:
    # wa-js calls the user part `id` here, and nowhere else.
    user, _, server = who.partition("@")
    return {"id": user, "server": server, "_serialized": who}
