"""Reading WPPConnect's own chats: what was said while no webhook reached us."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import msgspec

from khalifa.application.ports.messaging import (
    ChatTail,
    History,
    OutcomeUnknown,
    ProviderUnreachable,
)
from khalifa.domain.messages import JsonObject, JsonValue
from khalifa.infrastructure.messaging.wppconnect.client import WppconnectClient
from khalifa.infrastructure.messaging.wppconnect.contents import moment
from khalifa.infrastructure.messaging.wppconnect.ids import MessageRef, wid_of

# The newest chats come first; a shop with more than these in a week has other troubles.
CHATS = 2000
# A chat is read backwards, page by page, until it is older than what is missed.
PAGE = 50
PAGES = 10
# Seconds between two questions. Each costs WPPConnect a bcrypt comparison and WhatsApp's
# page a look into its database.
PAUSE = 0.1

_NO_CHATS = "WPPConnect does not give its chats ({status})."
_CHATS = "Reading the chats"
_CHAT = "Reading a chat"

Message = dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class WppconnectHistory(History):
    """
    Asks for the list of chats, then for the end of each in which something was said.

    Nobody is shown blue ticks for it. A message comes as the event its webhook
    would have brought, with ``recovered`` in it; one of ours also as the ack
    that it has by now. Files are not in these, only their previews.
    """

    client: WppconnectClient
    session: str
    pause: float = PAUSE

    async def missed(self, since: datetime) -> AsyncIterator[ChatTail]:
        for chat in await self._chats(since):
            messages, is_whole = await self._tail(chat, since)
            bodies = tuple(body for message in messages for body in self._bodies(message))
            yield ChatTail(bodies, is_whole)
            await asyncio.sleep(self.pause)

    async def _chats(self, since: datetime) -> list[str]:
        answer = await self.client.post(
            "list-chats", {"count": CHATS, "onlyUsers": True}, operation=_CHATS
        )
        if answer.status != HTTPStatus.OK or not isinstance(answer.body, list):
            raise ProviderUnreachable(_NO_CHATS.format(status=answer.status))
        chats = [chat for chat in answer.body if isinstance(chat, dict)]
        lately = [chat for chat in chats if _is_since(chat, since)]
        return [wid for chat in lately if (wid := wid_of(chat.get("id")))]

    async def _tail(self, chat: str, since: datetime) -> tuple[list[Message], bool]:
        """Return a chat's messages after *since*, oldest first, and whether that is all of them."""
        found: dict[str, Message] = {}
        before: str | None = None
        for _ in range(PAGES):
            page = await self._page(chat, before)
            if page is None:
                return list(reversed(found.values())), False
            # Pages come oldest first, some versions' otherwise; those without a time are first.
            newest_first = sorted(page, key=_seconds, reverse=True)
            fresh = {
                ref.serialized: message
                for message in newest_first
                if (ref := MessageRef.read(message.get("id"))) and ref.serialized not in found
            }
            found |= {key: one for key, one in fresh.items() if _is_since(one, since)}
            if len(page) < PAGE or not fresh or not _is_since(newest_first[-1], since):
                break
            before = next(reversed(fresh))
        return list(reversed(found.values())), True

    async def _page(self, chat: str, before: str | None) -> list[Message] | None:
        """Return one page, None when this chat cannot be read."""
        anchor = f"&direction=before&id={quote(before, safe='')}" if before else ""
        route = f"get-messages/{quote(chat, safe='@')}?count={PAGE}{anchor}"
        try:
            answer = await self.client.get(route, operation=_CHAT)
        except OutcomeUnknown:
            return None
        match (answer.status, answer.body):
            case (HTTPStatus.OK, {"response": list(messages)}):
                return [message for message in messages if isinstance(message, dict)]
            case (HTTPStatus.NOT_FOUND, {"status": "Disconnected"}):
                raise ProviderUnreachable(_NO_CHATS.format(status=answer.status))
            case _:
                return None

    def _bodies(self, message: Message) -> list[bytes]:
        ref = MessageRef.read(message.get("id"))
        from_us = message.get("fromMe") is True or (ref is not None and ref.from_us)
        if not from_us:
            return [self._body("onmessage", message)]
        bodies = [self._body("onselfmessage", message)]
        ack = message.get("ack")
        if isinstance(ack, int) and not isinstance(ack, bool):
            known = {name: message.get(name) for name in ("id", "ack", "from", "to", "fromMe")}
            bodies.append(self._body("onack", known))
        return bodies

    def _body(self, event: str, message: JsonObject) -> bytes:
        named: dict[str, Any] = {"event": event, "session": self.session, "recovered": True}
        return msgspec.json.encode({**message, **named})


def _seconds(message: Message) -> float:
    at = moment(message.get("t"), message.get("timestamp"))
    return at.timestamp() if at else 0.0


def _is_since(thing: Message, since: datetime) -> bool:
    """Say whether it is as new as *since*; what has no time may be."""
    at = moment(thing.get("t"), thing.get("timestamp"))
    return at is None or at >= since
