"""
What each kind of message looks like in a request to Meta.

https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
"""

from collections.abc import Mapping

from khalifa.application.ports.outgoing import (
    OutgoingContacts,
    OutgoingInteractive,
    OutgoingLocation,
    OutgoingMedia,
    OutgoingReaction,
    OutgoingTemplate,
    OutgoingText,
)
from khalifa.domain.contacts import PhoneNumber
from khalifa.domain.contents import ContactCard, Location
from khalifa.domain.filled_template import (
    ButtonType,
    FilledButton,
    FilledHeader,
    FilledTemplate,
    HeaderType,
)
from khalifa.domain.interactive import Buttons, ChoiceList
from khalifa.domain.messages import JsonValue, MessageKind

Payload = dict[str, JsonValue]


def text(message: OutgoingText) -> Payload:
    body = message.text
    linked = "http://" in body or "https://" in body
    shown: Payload = {"preview_url": True, "body": body} if linked else {"body": body}
    return {"type": "text", "text": shown}


def media(message: OutgoingMedia, file_id: str) -> Payload:
    """Return a file that was uploaded. Only some kinds have words beside them, or a name."""
    named = {"id": file_id}
    match message.kind:
        case MessageKind.VOICE:
            return {"type": "audio", "audio": {**named, "voice": True}}
        case MessageKind.AUDIO | MessageKind.STICKER as kind:
            return {"type": kind.value, kind.value: {**named}}
        case MessageKind.DOCUMENT:
            shown = {**named, "caption": message.caption, "filename": message.filename}
            return {"type": "document", "document": _given(shown)}
        case kind:
            shown = {**named, "caption": message.caption}
            return {"type": kind.value, kind.value: _given(shown)}


def location(message: OutgoingLocation) -> Payload:
    return {"type": "location", "location": _place(message.location)}


def contacts(message: OutgoingContacts) -> Payload:
    return {"type": "contacts", "contacts": [_card(card) for card in message.contacts]}


def reaction(message: OutgoingReaction) -> Payload:
    target = message.target.whatsapp_message_id
    return {"type": "reaction", "reaction": {"message_id": target, "emoji": message.emoji}}


def template(message: OutgoingTemplate, file_id: str | None = None) -> Payload:
    """Return a template; *file_id* is Meta's own of the file above it, if it was uploaded."""
    filled = message.template
    components: list[JsonValue] = [
        component
        for component in (
            _header(filled.header, file_id),
            _body(filled),
            *(_button(button) for button in filled.buttons),
        )
        if component
    ]
    named: Payload = {"name": filled.name, "language": {"code": filled.language}}
    if components:
        named["components"] = components
    return {"type": "template", "template": named}


def interactive(message: OutgoingInteractive) -> Payload:
    asked = message.interactive
    shown: Payload = {"body": {"text": asked.body}}
    if asked.header is not None:
        shown["header"] = {"type": "text", "text": asked.header}
    if asked.footer is not None:
        shown["footer"] = {"text": asked.footer}
    if isinstance(asked, Buttons):
        return {
            "type": "interactive",
            "interactive": {"type": "button", **shown, **_buttons(asked)},
        }
    return {"type": "interactive", "interactive": {"type": "list", **shown, **_list(asked)}}


def _given(fields: Mapping[str, JsonValue]) -> Payload:
    return {name: value for name, value in fields.items() if value is not None}


def _place(place: Location) -> Payload:
    return _given(
        {
            "latitude": place.latitude,
            "longitude": place.longitude,
            "name": place.name,
            "address": place.address,
        }
    )


def _card(card: ContactCard) -> Payload:
    phones: list[JsonValue] = [_phone(phone) for phone in card.phones]
    # Meta wants one part of the name beside the whole; which part it is, nobody can tell.
    name: Payload = {"formatted_name": card.name, "first_name": card.name}
    return {"name": name, "phones": phones}


def _phone(phone: str) -> Payload:
    number = PhoneNumber.from_provider(phone)
    # With the id the card has a button to write to them.
    return _given({"phone": phone, "wa_id": number.digits if number else None})


def _header(header: FilledHeader | None, file_id: str | None) -> Payload | None:
    if header is None:
        return None
    parameter: Payload
    match header.type:
        case HeaderType.TEXT:
            parameter = _given({"type": "text", "parameter_name": header.name, "text": header.text})
        case HeaderType.LOCATION:
            place = _place(header.location) if header.location else {}
            parameter = {"type": "location", "location": place}
        case kind:
            named = header.filename if kind is HeaderType.DOCUMENT else None
            file = _given({"id": file_id or header.id, "link": header.link, "filename": named})
            parameter = {"type": kind.value, kind.value: file}
    return {"type": "header", "parameters": [parameter]}


def _body(filled: FilledTemplate) -> Payload | None:
    if not filled.body:
        return None
    parameters: list[JsonValue]
    if isinstance(filled.body, Mapping):
        parameters = [
            {"type": "text", "parameter_name": name, "text": text}
            for name, text in filled.body.items()
        ]
    else:
        parameters = [{"type": "text", "text": text} for text in filled.body]
    return {"type": "body", "parameters": parameters}


def _button(button: FilledButton) -> Payload:
    parameter: Payload
    match button.type:
        case ButtonType.QUICK_REPLY:
            parameter = {"type": "payload", "payload": button.value}
        case ButtonType.URL:
            parameter = {"type": "text", "text": button.value}
        case ButtonType.COPY_CODE:
            parameter = {"type": "coupon_code", "coupon_code": button.value}
    return {
        "type": "button",
        "sub_type": button.type.value,
        "index": str(button.index),
        "parameters": [parameter],
    }


def _buttons(asked: Buttons) -> Payload:
    buttons: list[JsonValue] = [
        {"type": "reply", "reply": {"id": button.id, "title": button.title}}
        for button in asked.buttons
    ]
    return {"action": {"buttons": buttons}}


def _list(asked: ChoiceList) -> Payload:
    sections: list[JsonValue] = []
    for section in asked.sections:
        rows: list[JsonValue] = [
            _given({"id": row.id, "title": row.title, "description": row.description})
            for row in section.rows
        ]
        sections.append(_given({"title": section.title, "rows": rows}))
    return {"action": {"button": asked.button, "sections": sections}}
