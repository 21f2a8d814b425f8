"""Reading the sandbox's webhook calls."""

import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from khalifa.application.ports.messaging import (
    UnreadableWebhook,
    UntrustedWebhook,
    WebhookCall,
    WebhookParser,
)
from khalifa.domain.contacts import Identity, PhoneNumber
from khalifa.domain.drafts import FILE_KINDS
from khalifa.domain.messages import (
    DeliveryStatus,
    Ignored,
    IncomingMessage,
    JsonObject,
    JsonValue,
    Media,
    MessageKind,
    Reading,
    StatusUpdate,
)
from khalifa.infrastructure.messaging.sandbox.settings import NAME, SIGNATURE, SandboxSettings
from khalifa.infrastructure.provider_json import UnreadableJson, read_json

MAX_ID: Final = 512
MAX_NAME: Final = 255
# It is cleaned and cut later, with its ending kept.
MAX_FILENAME: Final = 1024

_STATUSES = {
    status.value: status
    for status in (DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.READ)
}
_NO_EVENT = Ignored(reason="not an event")


class SandboxWebhook(WebhookParser):
    """
    Takes in ``{"events": [...]}``: what customers wrote, and what became of our replies.

    A message has ``type``, ``id``, ``from``, ``name``, ``text``, ``at``; a status
    ``type``, ``id``, ``opaque_id``, ``status``, ``at``. Times are in seconds. A
    message with a file has ``kind``, ``file``, ``mime_type``, ``filename``, ``size``, too.
    """

    def __init__(self, settings: SandboxSettings) -> None:
        self._settings = settings

    def verify(self, call: WebhookCall) -> None:
        given = call.headers.get(SIGNATURE)
        if not given:
            reason = "There is no signature of the sandbox's."
            raise UntrustedWebhook(reason, unsigned=True)
        expected = self._settings.signature(call.body)
        if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
            reason = "The signature is not of this sandbox and this body."
            raise UntrustedWebhook(reason)

    def parse(self, body: bytes) -> list[Reading]:
        try:
            read = read_json(body)
        except UnreadableJson as error:
            reason = f"The body makes no sense: {error}."
            raise UnreadableWebhook(reason) from None
        match read:
            case {"events": list(events)}:
                return [_read_event(event) for event in events]
        reason = "The body is not the sandbox's."
        raise UnreadableWebhook(reason)


def _read_event(event: JsonValue) -> Reading:
    if not isinstance(event, dict):
        return _NO_EVENT
    match event:
        case {"type": "message" | "status" as kind, "id": str(id_ext)} if 0 < len(id_ext) <= MAX_ID:
            return _READERS[kind](event, id_ext)
        case {"type": "message" | "status"}:
            return Ignored(reason="no id")
        case _:
            return _NO_EVENT


def _read_message(event: JsonObject, id_ext: str) -> Reading:
    match event:
        case {"from": str(number), "text": str(text)} if phone := PhoneNumber.from_provider(number):
            name = event.get("name")
            file = _file_in(event)
            return IncomingMessage(
                provider=NAME,
                whatsapp_message_id=id_ext,
                identities=(Identity.of_phone(phone),),
                name=name[:MAX_NAME] if isinstance(name, str) and name else None,
                kind=_kind_of(event) if file else MessageKind.TEXT,
                text=text if text or file is None else None,
                media=file,
                sent_at=_moment(event.get("at")),
            )
        case _:
            return Ignored(reason="no sender or no text", whatsapp_message_id=id_ext)


def _file_in(event: JsonObject) -> Media | None:
    match event:
        case {"file": str(file_id), "mime_type": str(mime_type)} if 0 < len(file_id) <= MAX_ID:
            size, filename = event.get("size"), event.get("filename")
            named = filename[:MAX_FILENAME] if isinstance(filename, str) else None
            return Media(
                id_ext=file_id,
                mime_type=mime_type[:MAX_NAME],
                filename=named or None,
                size=size if isinstance(size, int) and not isinstance(size, bool) else None,
            )
    return None


def _kind_of(event: JsonObject) -> MessageKind:
    kind = event.get("kind")
    return MessageKind(kind) if kind in FILE_KINDS else MessageKind.DOCUMENT


def _read_status(event: JsonObject, id_ext: str) -> Reading:
    match event:
        case {"status": str(word)} if word in _STATUSES:
            opaque_id = event.get("opaque_id")
            usable = isinstance(opaque_id, str) and 0 < len(opaque_id) <= MAX_ID
            return StatusUpdate(
                provider=NAME,
                whatsapp_message_id=id_ext,
                opaque_id=str(opaque_id) if usable else None,
                status=_STATUSES[word],
                at=_moment(event.get("at")),
            )
        case _:
            return Ignored(reason="unknown status", whatsapp_message_id=id_ext)


_READERS: Mapping[str, Callable[[JsonObject, str], Reading]] = {
    "message": _read_message,
    "status": _read_status,
}


def _moment(value: JsonValue) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        return None
