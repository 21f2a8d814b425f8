"""Sending through WPPConnect Server."""

import mimetypes
from collections.abc import Collection
from http import HTTPStatus

from khalifa.application.ports.messaging import MessageRejected
from khalifa.application.ports.outgoing import (
    ContactSender,
    LocationSender,
    MessageDriver,
    Outgoing,
    OutgoingContacts,
    OutgoingLocation,
    OutgoingMedia,
    OutgoingReaction,
    OutgoingText,
    QuotedMessage,
    ReactionSender,
    ReadReceipts,
    Receipt,
    Typing,
)
from khalifa.domain.contacts import Address, Identity, IdentityKind
from khalifa.domain.media import base_type
from khalifa.domain.messages import JsonObject, JsonValue, MessageKind
from khalifa.domain.words import Words
from khalifa.infrastructure.messaging.wppconnect.addressing import (
    LID,
    LONGEST_NUMBER,
    message_id,
    recipient,
    require_second_reading,
)
from khalifa.infrastructure.messaging.wppconnect.answers import (
    card_receipt_in,
    failure_in,
    reaction_receipt_in,
    receipt_in,
)
from khalifa.infrastructure.messaging.wppconnect.client import WppconnectClient
from khalifa.infrastructure.messaging.wppconnect.files import as_json
from khalifa.infrastructure.messaging.wppconnect.settings import NAME
from khalifa.infrastructure.provider_http import Answer, Timeouts

# A send answers when WhatsApp has acknowledged it, or never: the library under
# the server has no time-out of its own. Together this is as long as anybody waits.
SENDING = Timeouts(connect=5, answer=15)

SENDING_FILES = Timeouts(connect=5, answer=14)

# By which route a kind goes, and under which word its data URI stands there.
_ROUTES = {
    MessageKind.IMAGE: ("send-image", "base64"),
    MessageKind.VIDEO: ("send-file-base64", "base64"),
    MessageKind.AUDIO: ("send-file-base64", "base64"),
    MessageKind.DOCUMENT: ("send-file-base64", "base64"),
    MessageKind.VOICE: ("send-voice-base64", "base64Ptt"),
    MessageKind.STICKER: ("send-sticker", "path"),
}
_BARE = {MessageKind.VOICE, MessageKind.STICKER}
# The other routes take no quote, and say nothing of it.
QUOTES_WITH = frozenset({MessageKind.TEXT, *_ROUTES}) - _BARE

_TOO_LARGE = Words(
    "WPPConnect Server does not take a file this large.", "لا يقبل خادم WPPConnect ملفًا بهذا الحجم."
)
_NO_QUOTE = Words(
    "WPPConnect can quote only with a text or a file. Send it without quoting.",
    "الاقتباس عبر WPPConnect مع نص أو ملف فقط. أرسلها بدون اقتباس.",
)
_ONE_CARD = Words(
    "WPPConnect sends one contact card with one phone at a time.",
    "يرسل WPPConnect بطاقة اتصال واحدة برقم واحد في كل مرة.",
)


class WppconnectDriver(
    MessageDriver, LocationSender, ContactSender, ReactionSender, ReadReceipts, Typing
):
    """
    Sends from the paired phone, one recipient a call.

    The number may answer under another chat id than it was asked for, so the
    key of the message is its id here. Buttons and lists are left out: their
    routes answer, and WhatsApp does not deliver them. *typing*: seconds for
    which the customer sees that we write, before each text.
    """

    def __init__(
        self, client: WppconnectClient, timeouts: Timeouts = SENDING, *, typing: float = 0.0
    ) -> None:
        self._client = client
        self._timeouts = timeouts
        # WhatsApp's own page waits so long before it sends, and shows the customer that we type.
        # https://github.com/wppconnect-team/wa-js/blob/main/src/chat/types.ts
        self._typing: JsonObject = {"delay": round(typing * 1000)} if typing else {}

    async def send_text(self, message: OutgoingText) -> Receipt:
        body: JsonObject = {**recipient(message.to), "message": message.text}
        options = self._typing
        if message.quoted is not None:
            options = {**options, "quotedMsg": await message_id(self._client, message.quoted)}
        if options:
            body = {**body, "options": dict(options)}
        operation = "Sending a text"
        return receipt_in(await self._send("send-message", body, operation), operation)

    async def send_media(self, message: OutgoingMedia) -> Receipt:
        fields: dict[str, JsonValue] = {**recipient(message.to)}
        route, key = _ROUTES[message.kind]
        if message.kind in _BARE:
            _require_no_quote(message)
        else:
            # Without a name it is called "file".
            fields["filename"] = message.filename or _usual_name(message)
            if message.caption:
                fields["caption"] = message.caption
            if message.quoted is not None:
                fields["quotedMessageId"] = await message_id(self._client, message.quoted)
        operation = "Sending a file"
        answer = await self._client.send_body(
            route,
            as_json(fields, key, message.file, message.mime_type),
            operation=operation,
            timeouts=SENDING_FILES,
        )
        if answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            # Said by what reads the body, before any route sees it.
            raise MessageRejected(_TOO_LARGE)
        return receipt_in(answer, operation)

    async def send_location(self, message: OutgoingLocation) -> Receipt:
        _require_no_quote(message)
        place = message.location
        body: JsonObject = {
            **recipient(message.to),
            "lat": str(place.latitude),
            "lng": str(place.longitude),
            **({"title": place.name} if place.name else {}),
            **({"address": place.address} if place.address else {}),
        }
        operation = "Sending a location"
        return receipt_in(await self._send("send-location", body, operation), operation)

    async def send_contacts(self, message: OutgoingContacts) -> Receipt:
        _require_no_quote(message)
        if len(message.contacts) > 1 or len(message.contacts[0].phones) > 1:
            raise MessageRejected(_ONE_CARD)
        [card] = message.contacts
        [phone] = card.phones
        whom = recipient(message.to)
        await require_second_reading(self._client, message.to)
        contact = f"{phone.removeprefix('+')}@c.us"
        body: JsonObject = {**whom, "contactsId": contact, "name": card.name}
        operation = "Sending a contact card"
        return card_receipt_in(await self._send("contact-vcard", body, operation), operation)

    async def send_reaction(self, message: OutgoingReaction) -> Receipt:
        target = await message_id(self._client, message.target)
        body: JsonObject = {"msgId": target, "reaction": message.emoji}
        operation = "Reacting"
        return reaction_receipt_in(await self._send("react-message", body, operation), operation)

    async def mark_read(self, last: QuotedMessage) -> None:
        operation = "Marking as read"
        answer = await self._client.post("send-seen", recipient(last.chat), operation=operation)
        if answer.status != HTTPStatus.CREATED:
            raise failure_in(answer, operation)

    async def show_typing(self, last: QuotedMessage) -> None:
        whom = recipient(last.chat)
        await require_second_reading(self._client, last.chat)
        operation = "Showing typing"
        body = {**whom, "value": True}
        answer = await self._client.post("typing", body, operation=operation)
        if answer.status != HTTPStatus.OK:
            raise failure_in(answer, operation)

    async def _send(self, route: str, body: JsonObject, operation: str) -> Answer:
        return await self._client.send(route, body, operation=operation, timeouts=self._timeouts)

    def address_of(self, identities: Collection[Identity]) -> Address | None:
        for identity in identities:
            if identity.kind is IdentityKind.PHONE and len(identity.id_ext) <= LONGEST_NUMBER:
                return Address(NAME, identity.id_ext)
        for identity in identities:
            if identity.kind is IdentityKind.LID and identity.provider == NAME:
                return Address(NAME, f"{identity.id_ext}@{LID}")
        return None


def _usual_name(message: OutgoingMedia) -> str:
    return f"{message.kind}{mimetypes.guess_extension(base_type(message.mime_type)) or ''}"


def _require_no_quote(message: Outgoing) -> None:
    """Raise `MessageRejected` for a quote that this kind's route would drop without a word."""
    if message.quoted is not None:
        raise MessageRejected(_NO_QUOTE)
