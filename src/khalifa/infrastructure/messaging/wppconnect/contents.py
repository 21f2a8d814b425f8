"""What a WhatsApp Web message says, by its type: text, file, and whatever else its kind holds."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from khalifa.domain.messages import JsonValue, Media, MessageKind
from khalifa.infrastructure.messaging.wppconnect.event import Event
from khalifa.infrastructure.messaging.wppconnect.ids import MAX_ID, MessageRef
from khalifa.infrastructure.vcards import read_card

_Object = dict[str, JsonValue]

_MILLISECONDS = 10**12
_MAX_DIGITS = 15
_MAX_SIZE = 2**53
# What filenames and MIME types may take in a database.
_MAX_NAME = 512
_MAX_MIME = 255
_MAX_CURRENCY = 3
_MAX_CARDS = 257
_TYPE = re.compile(r"[a-z0-9_]{1,64}")

_FILES = {
    "image": MessageKind.IMAGE,
    "video": MessageKind.VIDEO,
    "ptv": MessageKind.VIDEO,
    "audio": MessageKind.AUDIO,
    "ptt": MessageKind.VOICE,
    "document": MessageKind.DOCUMENT,
    "sticker": MessageKind.STICKER,
}


@dataclass(frozen=True, slots=True)
class Contents:
    """What one message says. ``content`` as in `IncomingMessage`."""

    kind: MessageKind
    text: str | None = None
    media: Media | None = None
    content: _Object | None = None
    file: memoryview | None = None


def contents_of(event: Event, ref: MessageRef) -> Contents:
    """
    Read what a message says; what is not known is ``unsupported``, with its type.

    The types: https://github.com/wppconnect-team/wa-js/blob/main/src/whatsapp/enums/MSG_TYPE.ts
    """
    kind = text(event.type) or ""
    if kind in _FILES:
        return Contents(
            _FILES[kind],
            text(event.caption),
            _media(event, ref),
            _extras(event),
            _whole_file(event),
        )
    if read := _READERS.get(kind):
        return read(event)
    return Contents(
        MessageKind.UNSUPPORTED, content={"type": kind} if _TYPE.fullmatch(kind) else None
    )


def text(value: JsonValue) -> str | None:
    """Return *value* if it is text, empty or not."""
    return value if isinstance(value, str) else None


def moment(*values: JsonValue) -> datetime | None:
    """
    Read the first of *values* that is a time in seconds, as text or number.

    What is too large for seconds is milliseconds: reactions have those.
    """
    for value in values:
        match value:
            case bool():
                continue
            case int() | float():
                number = int(value)
            case str() if value.isascii() and value.isdigit() and len(value) <= _MAX_DIGITS:
                number = int(value)
            case _:
                continue
        if number >= _MILLISECONDS:
            number //= 1000
        if number <= 0:
            continue
        try:
            return datetime.fromtimestamp(number, UTC)
        except (OverflowError, ValueError, OSError):
            continue
    return None


def _extras(event: Event) -> _Object | None:
    return {"forwarded": True} if event.is_forwarded is True else None


def _words(event: Event) -> Contents:
    return Contents(MessageKind.TEXT, event.text, content=_extras(event))


# Which fields come with answers and orders is not documented: each may be missing.
# https://github.com/wppconnect-team/wa-js/blob/main/src/whatsapp/models/MsgModel.ts


def _from_list(event: Event) -> Contents:
    listed = event.listed if isinstance(event.listed, dict) else {}
    row = listed.get("singleSelectReply")
    chosen = row.get("selectedRowId") if isinstance(row, dict) else None
    answer: _Object = {"type": "list_reply", "reply_id": _short(chosen, MAX_ID)}
    if description := text(listed.get("description")):
        answer["description"] = description
    said = event.text or text(listed.get("title"))
    return Contents(MessageKind.INTERACTIVE, said, content=answer | (_extras(event) or {}))


def _button(event: Event, chosen: JsonValue) -> Contents:
    answer: _Object = {"reply_id": _short(chosen, MAX_ID)}
    return Contents(MessageKind.BUTTON, event.text, content=answer | (_extras(event) or {}))


def _order(event: Event) -> Contents:
    """Return an order as far as it is told; what was ordered, only the phone shows."""
    order: _Object = {
        "order_id": _short(event.order_id, MAX_ID),
        "title": _short(event.order_title, _MAX_NAME),
        "item_count": _size(event.item_count),
        "currency": _short(event.currency, _MAX_CURRENCY),
    }
    thousandths = _size(event.total)
    if thousandths is not None:
        order["total"] = thousandths / 1000
    told: _Object = {name: value for name, value in order.items() if value is not None}
    note = text(event.order_note) or None
    return Contents(MessageKind.ORDER, note, content=told | (_extras(event) or {}))


def _media(event: Event, ref: MessageRef) -> Media:
    """
    Describe a message's file.

    Whether the body holds it, or a preview only, nobody says; WPPConnect
    fetches it again under the message's whole id.
    """
    return Media(
        id_ext=ref.serialized,
        mime_type=_short(event.mimetype, _MAX_MIME),
        filename=_short(event.filename, _MAX_NAME),
        sha256=_short(event.filehash, _MAX_MIME),
        size=_size(event.size),
    )


def _whole_file(event: Event) -> memoryview | None:
    """
    Return the file in base64 if the body holds it.

    Where its download failed the body is a preview, or nothing, and nobody
    says which: only what is as long as the file itself is taken for it.
    """
    size = _size(event.size)
    if not size or len(event.body) != -(-size // 3) * 4 + 2:
        return None
    quoted = memoryview(event.body)
    padding = b"=" * (-size % 3) + b'"'
    end = bytes(quoted[-len(padding) - 1 :])
    whole = quoted[0] == ord('"') and end.endswith(padding) and not end.startswith(b"=")
    return quoted[1:-1] if whole else None


def _size(value: JsonValue) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < _MAX_SIZE else None


def _short(value: JsonValue, limit: int) -> str | None:
    return value[:limit] if isinstance(value, str) and value else None


def _location(event: Event) -> Contents:
    place: _Object = {"latitude": _degrees(event.lat), "longitude": _degrees(event.lng)}
    # What the place is called, and below it where it is.
    lines = (text(event.loc) or "").split("\n", 1)
    named = dict(zip(("name", "address"), lines, strict=False))
    known: _Object = {k: value for k, value in (place | named).items() if value not in {None, ""}}
    return Contents(MessageKind.LOCATION, content=known | (_extras(event) or {}))


def _degrees(value: JsonValue) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if -180 <= value <= 180 else None  # noqa: PLR2004 - a circle's halves


def _contacts(event: Event) -> Contents:
    content: _Object = {"contacts": _cards(event), **(_extras(event) or {})}
    return Contents(MessageKind.CONTACTS, content=content)


def _cards(event: Event) -> list[JsonValue]:
    """Return the cards as name and the numbers that can be dialled."""
    listed = event.vcards if isinstance(event.vcards, list) else []
    cards = [text(entry.get("vcard")) for entry in listed if isinstance(entry, dict)]
    if not cards and event.type == "vcard":
        cards = [event.text]
    return [_card(card) for card in cards[:_MAX_CARDS] if card]


def _card(card: str) -> JsonValue:
    name, phones = read_card(card)
    return {"name": name, "phones": [*phones]}


_READERS: dict[str, Callable[[Event], Contents]] = {
    "chat": _words,
    "list_response": _from_list,
    "buttons_response": lambda event: _button(event, event.selected_button),
    "template_button_reply": lambda event: _button(event, event.selected),
    "order": _order,
    "location": _location,
    "vcard": _contacts,
    "multi_vcard": _contacts,
}
