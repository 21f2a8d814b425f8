"""What an agent wants to say, checked and not yet stored; and what was stored, read again."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from khalifa.domain.contents import ContactCard, Location, require_cards, require_emoji
from khalifa.domain.errors import InvalidContent
from khalifa.domain.filled_template import (
    ButtonType,
    FilledButton,
    FilledHeader,
    FilledTemplate,
    HeaderType,
)
from khalifa.domain.interactive import Button, Buttons, ChoiceList, Interactive, Row, Section
from khalifa.domain.limits import require_length
from khalifa.domain.messages import (
    JsonObject,
    JsonValue,
    Message,
    MessageId,
    MessageKind,
    require_text,
)
from khalifa.domain.words import Words

MAX_CAPTION = 1024

FILE_KINDS = frozenset(
    {
        MessageKind.IMAGE,
        MessageKind.VIDEO,
        MessageKind.AUDIO,
        MessageKind.VOICE,
        MessageKind.DOCUMENT,
        MessageKind.STICKER,
    }
)
# What can be an answer at all; a reaction stands on a message, and no template quotes one.
QUOTABLE_KINDS = FILE_KINDS | {
    MessageKind.TEXT,
    MessageKind.LOCATION,
    MessageKind.CONTACTS,
    MessageKind.INTERACTIVE,
}
# WhatsApp has no place for words on the other files.
CAPTIONED_KINDS = frozenset({MessageKind.IMAGE, MessageKind.VIDEO, MessageKind.DOCUMENT})
_NO_CAPTION = Words(
    "Only an image, a video or a document has words below it. Send them as a message of their own.",
    "النص المرافق للصور والفيديو والمستندات فقط. أرسله في رسالة منفصلة.",
)
_CAPTION = Words("The caption", "النص المرافق")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """
    One message to be said. ``text`` and ``content`` as in `Message`.

    ``about`` is the message of ours or theirs that it answers, or reacts to.
    ``media_id`` names the file it carries in the media store, if only above a
    template.
    """

    kind: MessageKind
    text: str | None = None
    content: JsonObject | None = None
    about: MessageId | None = None
    media_id: str | None = None

    @classmethod
    def of(cls, message: Message) -> Self:
        """Return what *message* said, to be said again."""
        content = dict(message.content or {})
        if message.kind is MessageKind.TEMPLATE:
            draft = cls.of_template(template_in(message.content))
            return replace(draft, text=message.text, content=content)
        media_id = content.pop("media_id", None) if message.kind in FILE_KINDS else None
        return cls(
            kind=message.kind,
            text=message.text,
            content=content or None,
            about=message.reply_to_id,
            media_id=media_id if isinstance(media_id, str) else None,
        )

    @classmethod
    def of_text(cls, text: str) -> Self:
        return cls(kind=MessageKind.TEXT, text=require_text(text))

    @classmethod
    def of_file(cls, kind: MessageKind, media_id: str, caption: str | None = None) -> Self:
        require_length(caption, _CAPTION, MAX_CAPTION)
        if caption and kind not in CAPTIONED_KINDS:
            raise InvalidContent(_NO_CAPTION)
        return cls(kind=kind, text=caption or None, media_id=media_id)

    @classmethod
    def of_location(cls, location: Location) -> Self:
        return cls(kind=MessageKind.LOCATION, content=_encoded(location))

    @classmethod
    def of_contacts(cls, cards: Sequence[ContactCard]) -> Self:
        require_cards(cards)
        content: JsonObject = {"contacts": [_encoded(card) for card in cards]}
        return cls(kind=MessageKind.CONTACTS, content=content)

    @classmethod
    def of_reaction(cls, message_id: MessageId, emoji: str) -> Self:
        """*emoji* is put on a message in place of the one we had there; ``""`` takes it back."""
        require_emoji(emoji)
        content: JsonObject = {"message_id": message_id, "emoji": emoji}
        return cls(kind=MessageKind.REACTION, content=content, about=message_id)

    @classmethod
    def of_template(cls, template: FilledTemplate) -> Self:
        media_id = template.header.media_id if template.header else None
        return cls(kind=MessageKind.TEMPLATE, content=_encoded(template), media_id=media_id)

    @classmethod
    def of_interactive(cls, interactive: Interactive) -> Self:
        kind = "buttons" if isinstance(interactive, Buttons) else "list"
        return cls(
            kind=MessageKind.INTERACTIVE,
            text=interactive.body,
            content={"type": kind, **_encoded(interactive)},
        )

    @property
    def quotes(self) -> bool:
        """Say whether another message is shown above it. A reaction stands on one instead."""
        return self.about is not None and self.kind is not MessageKind.REACTION

    @property
    def stored_content(self) -> JsonObject | None:
        """What is stored as the message's content: of a file, which one it is."""
        return {"media_id": self.media_id} if self.kind in FILE_KINDS else self.content

    @property
    def file_kind(self) -> MessageKind:
        """As what its file is sent: the limits are those of this kind."""
        if self.kind is not MessageKind.TEMPLATE:
            return self.kind
        header = template_in(self.content).header
        return MessageKind(header.type) if header else self.kind

    def answering(self, message_id: MessageId | None) -> Self:
        """Return the draft as an answer to *message_id*, which is shown above it."""
        return self if message_id is None else replace(self, about=message_id)


def location_in(content: JsonObject | None) -> Location:
    return Location(**_any(content))


def cards_in(content: JsonObject | None) -> tuple[ContactCard, ...]:
    return tuple(
        ContactCard(name=card["name"], phones=tuple(card["phones"]))
        for card in _any(content)["contacts"]
    )


def emoji_in(content: JsonObject | None) -> str:
    return str(_any(content)["emoji"])


def interactive_in(content: JsonObject | None) -> Interactive:
    fields = _any(content)
    kind = fields.pop("type")
    if kind == "buttons":
        buttons = tuple(Button(**button) for button in fields.pop("buttons"))
        return Buttons(buttons=buttons, **fields)
    sections = tuple(
        Section(title=section.get("title"), rows=tuple(Row(**row) for row in section["rows"]))
        for section in fields.pop("sections")
    )
    return ChoiceList(sections=sections, **fields)


def template_in(content: JsonObject | None) -> FilledTemplate:
    fields = _any(content)
    body, header = fields.get("body") or (), fields.get("header")
    return FilledTemplate(
        name=fields["name"],
        language=fields["language"],
        header=_header_in(header) if header else None,
        body=body if isinstance(body, dict) else tuple(body),
        buttons=tuple(
            FilledButton(
                type=ButtonType(button["type"]), index=button["index"], value=button["value"]
            )
            for button in fields.get("buttons") or ()
        ),
    )


def _header_in(header: dict[str, Any]) -> FilledHeader:
    place = header.pop("location", None)
    return FilledHeader(
        type=HeaderType(header.pop("type")),
        location=Location(**place) if place else None,
        **header,
    )


def _any(content: JsonObject | None) -> dict[str, Any]:
    """Return what we wrote ourselves, to be taken apart by whoever knows its shape."""
    fields: dict[str, Any] = _copied(dict(content or {}))
    return fields


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _encoded(content: Any) -> dict[str, JsonValue]:
    """Return a content as the JSON it is stored and shown as: without what was left out."""
    encoded: dict[str, JsonValue] = _plain(asdict(content))
    return encoded


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if item not in (None, ())}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, str) else value
