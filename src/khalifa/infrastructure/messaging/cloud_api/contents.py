"""What a Cloud API message says, by its type: text, file, and whatever else its kind holds."""

from collections.abc import Callable
from dataclasses import dataclass

from khalifa.domain.messages import JsonValue, Media, MessageKind
from khalifa.infrastructure.messaging.cloud_api.errors import FILE_NOT_FETCHED, code_of, words_for
from khalifa.infrastructure.messaging.cloud_api.fields import (
    elements,
    identifier,
    mapping,
    plain,
    string,
    text,
)
from khalifa.infrastructure.vcards import read_card

_Object = dict[str, JsonValue]

# What filenames and MIME types may take in a database.
_MAX_NAME = 512
_MAX_MIME = 255
_MAX_TYPE = 64


@dataclass(frozen=True, slots=True)
class Contents:
    """What one message says. ``content`` as in `IncomingMessage`."""

    kind: MessageKind
    text: str | None = None
    media: Media | None = None
    content: _Object | None = None


def contents_of(message: _Object) -> Contents:
    """
    Read what *message* says; what is not known is ``unsupported``, with its type.

    The types and their fields:
    https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
    """
    kind = message.get("type")
    if kind == "text":
        return Contents(MessageKind.TEXT, text(mapping(message.get("text")).get("body")))
    if not isinstance(kind, str):
        return Contents(MessageKind.UNSUPPORTED)
    read = _READERS.get(kind)
    if read is not None:
        return read(mapping(message.get(kind)))
    contacts = message.get("contacts")
    if kind == "contacts":
        cards: list[JsonValue] = [_card(mapping(card)) for card in elements(contacts)]
        return Contents(MessageKind.CONTACTS, content={"contacts": cards})
    return _unsupported(kind, message)


def _file(kind: MessageKind) -> Callable[[_Object], Contents]:
    def read(body: _Object) -> Contents:
        return Contents(
            MessageKind.VOICE if body.get("voice") is True else kind,
            text(body.get("caption")),
            Media(
                id_ext=identifier(body.get("id")),
                url=string(body.get("url")),
                mime_type=_short(body.get("mime_type"), _MAX_MIME),
                filename=_short(body.get("filename"), _MAX_NAME),
                sha256=_short(body.get("sha256"), _MAX_MIME),
            ),
        )

    return read


def _short(value: JsonValue, limit: int) -> str | None:
    found = string(value)
    return found[:limit] if found else None


def _card(card: _Object) -> _Object:
    """
    Return a contact card as the name and the numbers that can be dialled, and more if given.

    Who was asked for their own contact answers with a vCard.
    """
    name, phones = read_card(text(card.get("vcard")) or "")
    named = mapping(card.get("name"))
    parts = (text(named.get(part)) for part in ("first_name", "middle_name", "last_name"))
    called = text(named.get("formatted_name")) or " ".join(part for part in parts if part)
    read: _Object = {"name": called or name, "phones": [*(_numbers(card) or phones)]}
    if company := text(mapping(card.get("org")).get("company")):
        read["organization"] = company
    found = (text(mapping(email).get("email")) for email in elements(card.get("emails")))
    if emails := [email for email in found if email]:
        read["emails"] = [*emails]
    return read


def _numbers(card: _Object) -> list[str]:
    # What WhatsApp knows a number as is whole; what somebody wrote may lack its country.
    numbers: list[str] = []
    for phone in map(mapping, elements(card.get("phones"))):
        wa_id = string(phone.get("wa_id"))
        number = f"+{wa_id}" if wa_id else string(phone.get("phone"))
        if number is not None:
            numbers.append(number)
    return numbers


def _location(body: _Object) -> Contents:
    keys = ("latitude", "longitude", "name", "address", "url")
    known = {key: plain(body[key], 1) for key in keys if body.get(key) is not None}
    return Contents(MessageKind.LOCATION, content=known)


def _interactive(body: _Object) -> Contents:
    kind = text(body.get("type"))
    answer = mapping(body.get(kind)) if kind else {}
    content: _Object = {"type": kind[:_MAX_TYPE] if kind else None}
    match kind:
        case "button_reply" | "list_reply":
            content["reply_id"] = string(answer.get("id"))
            if description := text(answer.get("description")):
                content["description"] = description
            said = text(answer.get("title"))
        case "nfm_reply":
            # JSON within JSON, written by the business's own form: passed on as it came.
            content["response_json"] = text(answer.get("response_json"))
            said = text(answer.get("body"))
        case _:
            said = None
            if answer:
                content["answer"] = plain(answer)
    return Contents(MessageKind.INTERACTIVE, said, content=content)


def _button(body: _Object) -> Contents:
    content: _Object = {"reply_id": string(body.get("payload"))}
    return Contents(MessageKind.BUTTON, text(body.get("text")), content=content)


def _reaction(body: _Object) -> Contents:
    # An emoji that is empty or not there takes the reaction back.
    content: _Object = {
        "message_id": identifier(body.get("message_id")),
        "emoji": text(body.get("emoji")) or None,
    }
    return Contents(MessageKind.REACTION, content=content)


def _order(body: _Object) -> Contents:
    content: _Object = {
        "catalog_id": string(body.get("catalog_id")),
        "product_items": plain(elements(body.get("product_items"))),
    }
    return Contents(MessageKind.ORDER, text(body.get("text")) or None, content=content)


def _system(body: _Object) -> Contents:
    content: _Object = {
        key: found for key in ("type", "wa_id", "user_id") if (found := string(body.get(key)))
    }
    return Contents(MessageKind.SYSTEM, text(body.get("body")), content=content)


def _edit(body: _Object) -> Contents:
    now = mapping(body.get("message"))
    kind = text(now.get("type")) or "text"
    said = mapping(now.get(kind))
    return Contents(
        MessageKind.EDIT,
        text(said.get("body" if kind == "text" else "caption")),
        content={"message_id": identifier(body.get("original_message_id"))},
    )


def _revoke(body: _Object) -> Contents:
    content: _Object = {"message_id": identifier(body.get("original_message_id"))}
    return Contents(MessageKind.REVOKE, content=content)


def _unsupported(kind: str, message: _Object) -> Contents:
    """Keep the true type of a message that Meta does not pass on."""
    told = text(mapping(message.get("unsupported")).get("type"))
    return Contents(MessageKind.UNSUPPORTED, content={"type": (told or kind)[:_MAX_TYPE]})


def troubles_of(message: _Object) -> _Object:
    """Return what Meta says went wrong with a message that it took in all the same."""
    found = (code_of(error) for error in elements(message.get("errors")))
    codes: list[JsonValue] = [code for code in found if code is not None]
    if FILE_NOT_FETCHED in codes:
        words = words_for(FILE_NOT_FETCHED)
        return {"errors": codes, "reason": words.english, "reason_ar": words.arabic}
    return {"errors": codes} if codes else {}


_READERS: dict[str, Callable[[_Object], Contents]] = {
    "image": _file(MessageKind.IMAGE),
    "video": _file(MessageKind.VIDEO),
    "audio": _file(MessageKind.AUDIO),
    "voice": _file(MessageKind.VOICE),
    "document": _file(MessageKind.DOCUMENT),
    "sticker": _file(MessageKind.STICKER),
    "location": _location,
    "interactive": _interactive,
    "button": _button,
    "reaction": _reaction,
    "order": _order,
    "system": _system,
    "edit": _edit,
    "revoke": _revoke,
}
