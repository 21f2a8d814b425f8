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
_KINDS = {kind.value: kind for kind in MessageKind}
_NO_EVENT = Ignored(reason="not an event")


class SandboxWebhook(WebhookParser):
    """
    Takes in ``{"events": [...]}``: what customers wrote, and what became of our replies.

    A message has ``type``, ``id``, ``from``, ``name``, ``text``, ``at``; a status
    ``type``, ``id``, ``opaque_id``, ``status``, ``at``. Times are in seconds. A
    message with a file has ``kind``, ``file``, ``mime_type``, ``filename``, ``size``, too;
    any other than a text has ``kind`` in khalifa's own words, and ``content``; an answer
    ``reply_to``; what was written on the business's own phone ``from_us``. A reaction,
    an edit and a deletion name their message as ``message_id`` in the content.
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
    number, text, name = event.get("from"), event.get("text"), event.get("name")
    phone = PhoneNumber.from_provider(number) if isinstance(number, str) else None
    file = _file_in(event)
    kind = _file_kind(event) if file else _kind(event)
    if phone is None or (kind is MessageKind.TEXT and not isinstance(text, str)):
        return Ignored(reason="no sender or no text", whatsapp_message_id=id_ext)
    return IncomingMessage(
        provider=NAME,
        whatsapp_message_id=id_ext,
        identities=(Identity.of_phone(phone),),
        name=name[:MAX_NAME] if isinstance(name, str) and name else None,
        kind=kind,
        text=text if isinstance(text, str) and (text or file is None) else None,
        media=file,
        content=_content(event.get("content")),
        reply_to=_identifier(event.get("reply_to")),
        sent_at=_moment(event.get("at")),
        from_us=event.get("from_us") is True,
    )


def _kind(event: JsonObject) -> MessageKind:
    """Return what a message without a file is; what khalifa has no word for is unsupported."""
    kind = event.get("kind", MessageKind.TEXT.value)
    known = _KINDS.get(kind) if isinstance(kind, str) else None
    return known or MessageKind.UNSUPPORTED


def _content(value: JsonValue) -> JsonObject | None:
    """Return what a kind holds; a message that it names must have an id that can be one."""
    if not isinstance(value, dict) or not value:
        return None
    if "message_id" not in value:
        return value
    return {**value, "message_id": _identifier(value["message_id"])}


def _identifier(value: JsonValue) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= MAX_ID else None


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


def _file_kind(event: JsonObject) -> MessageKind:
    kind = event.get("kind")
    if isinstance(kind, str) and kind in FILE_KINDS:
        return MessageKind(kind)
    return MessageKind.DOCUMENT


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
