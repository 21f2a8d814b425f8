"""The body by which an agent says something, of whatever kind, and the draft it is."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from khalifa.domain import contents, filled_template, interactive
from khalifa.domain.drafts import MAX_CAPTION, Draft
from khalifa.domain.errors import InvalidContent
from khalifa.domain.messages import MAX_TEXT, MessageId, MessageKind
from khalifa.domain.words import Words
from khalifa.entrypoints.http.schemas import Id

T = TypeVar("T")

_MISSING = Words("A message of this kind needs `{field}`.", "رسالة من هذا النوع يلزمها `{field}`.")
_NOT_OF_KIND = Words(
    "`{field}` does not belong to a message of this kind.", "`{field}` ليس من رسالة من هذا النوع."
)


class NewMessageKind(StrEnum):
    """What can be said."""

    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    VOICE = "voice"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACTS = "contacts"
    REACTION = "reaction"
    TEMPLATE = "template"
    INTERACTIVE = "interactive"


class InteractiveType(StrEnum):
    BUTTONS = "buttons"
    LIST = "list"


class _Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a message. The limits are the domain's, and named by it."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class NewLocation(_Part, frozen=True, kw_only=True):
    """A place on the map."""

    latitude: Annotated[float, Meta(description="In degrees.", examples=[31.0364])]
    longitude: Annotated[float, Meta(description="In degrees.", examples=[31.3807])]
    name: Annotated[str | None, Meta(description="At most 1,000 characters.")] = None
    address: Annotated[str | None, Meta(description="At most 1,000 characters.")] = None


class NewContact(_Part, frozen=True, kw_only=True):
    """Somebody's name and phones."""

    name: Annotated[str, Meta(examples=["Dr. Mona Said"])]
    phones: Annotated[list[str], Meta(description="1 to 20.", examples=[["+201012345678"]])]


class NewReaction(_Part, frozen=True, kw_only=True):
    """An emoji on a message, in place of the one we had there."""

    message_id: Annotated[Id, Meta(description="The `id` of the message it is for.")]
    emoji: Annotated[str, Meta(description="Empty takes ours back.", examples=["👍"])]


class NewTemplateHeader(_Part, frozen=True, kw_only=True):
    """What fills a template's header: a text, a place, or a file by `media_id`, `link` or `id`."""

    type: filled_template.HeaderType
    text: str | None = None
    name: Annotated[
        str | None, Meta(description="The text's parameter, where parameters have names.")
    ] = None
    media_id: Annotated[
        str | None,
        Meta(
            description="Of a file from `POST /api/media`. Its type and size must be what the "
            "provider takes as an image, a video or a document."
        ),
    ] = None
    link: Annotated[str | None, Meta(description="https; WhatsApp fetches it.")] = None
    id: Annotated[str | None, Meta(description="Of a file uploaded to WhatsApp before.")] = None
    filename: Annotated[
        str | None, Meta(description="Of a document; that of the upload when left out.")
    ] = None
    location: NewLocation | None = None


class NewTemplateButton(_Part, frozen=True, kw_only=True):
    """What fills one of a template's buttons."""

    type: filled_template.ButtonType
    index: Annotated[int, Meta(description="Counted from 0.", examples=[0])]
    value: Annotated[str, Meta(description="What comes back, the end of the address, or the code.")]


class NewTemplate(_Part, frozen=True, kw_only=True):
    """An approved template with its places filled in; `GET /api/templates` lists them."""

    name: Annotated[str, Meta(examples=["order_ready"])]
    language: Annotated[str, Meta(examples=["ar"])]
    header: NewTemplateHeader | None = None
    body: Annotated[
        list[str] | dict[str, str],
        Meta(description="A list in the places' order, or an object by their names. None empty."),
    ] = []
    buttons: list[NewTemplateButton] = []


class NewButton(_Part, frozen=True, kw_only=True):
    id: Annotated[str, Meta(description="Comes back with the answer; at most 256 characters.")]
    title: Annotated[str, Meta(description="At most 20 characters, each different.")]


class NewRow(_Part, frozen=True, kw_only=True):
    id: Annotated[str, Meta(description="Comes back with the answer; at most 200 characters.")]
    title: Annotated[str, Meta(description="At most 24 characters.")]
    description: Annotated[str | None, Meta(description="At most 72 characters.")] = None


class NewSection(_Part, frozen=True, kw_only=True):
    rows: list[NewRow]
    title: Annotated[
        str | None, Meta(description="At most 24 characters; needed if there are several.")
    ] = None


class NewInteractive(_Part, frozen=True, kw_only=True):
    """A question with buttons, or with a list that a button opens."""

    type: InteractiveType
    body: Annotated[str, Meta(description="At most 1,024 characters; of a list 4,096.")]
    header: Annotated[str | None, Meta(description="At most 60 characters.")] = None
    footer: Annotated[str | None, Meta(description="At most 60 characters.")] = None
    buttons: Annotated[
        list[NewButton] | UnsetType, Meta(description="1 to 3, of type `buttons`.")
    ] = UNSET
    button: Annotated[
        str | UnsetType, Meta(description="Opens the list; at most 20 characters.")
    ] = UNSET
    sections: Annotated[
        list[NewSection] | UnsetType,
        Meta(description="Of type `list`: at most 10, with 10 rows in all."),
    ] = UNSET


class NewMessage(_Part, frozen=True, kw_only=True):
    """What to say to the customer: `kind`, and the one field that belongs to it."""

    kind: NewMessageKind = NewMessageKind.TEXT
    text: Annotated[
        str | UnsetType,
        Meta(
            description=f"1 to {MAX_TEXT:,} characters, not only spaces; below an image, a video "
            f"or a document up to {MAX_CAPTION:,}, and not needed.",
            examples=["نعم، متوفر. نوصله لك اليوم."],
        ),
    ] = UNSET
    reply_to: Annotated[
        Id | UnsetType,
        Meta(
            description="The `id` of the message that is answered. With the kinds that the "
            "provider's `quote_with_…` name; never with reactions and templates."
        ),
    ] = UNSET
    media_id: Annotated[
        str | UnsetType, Meta(description="The file's `id`, from `POST /api/media`.")
    ] = UNSET
    location: NewLocation | UnsetType = UNSET
    contacts: Annotated[
        list[NewContact] | UnsetType,
        Meta(
            description="1 to 257; one with one phone where `several_contacts` is not among the "
            "provider's capabilities."
        ),
    ] = UNSET
    reaction: NewReaction | UnsetType = UNSET
    template: NewTemplate | UnsetType = UNSET
    interactive: NewInteractive | UnsetType = UNSET


class NewConversation(NewMessage, frozen=True, kw_only=True):
    """Whom to write to first, and what: as `NewMessage`. `kind` may be left out of a template."""

    phone: Annotated[
        str,
        Meta(
            max_length=50,
            description="As people write it; with its country code, or of this country.",
            examples=["+20 101 234 5678"],
        ),
    ]


def first_draft_of(body: NewConversation) -> Draft:
    """Return what *body* says first; raises as `draft_of`."""
    if body.kind is NewMessageKind.TEXT and body.text is UNSET and body.template is not UNSET:
        body = msgspec.structs.replace(body, kind=NewMessageKind.TEMPLATE)
    return draft_of(body)


def draft_of(body: NewMessage) -> Draft:
    """
    Return what *body* says as a draft.

    Raises:
        InvalidText, InvalidContent: a field is missing, too much, or above a limit.
    """
    kind = MessageKind(body.kind.value)
    takes, read = _READERS.get(body.kind, (_OF_FILES, _file))
    for name in _FIELDS:
        if getattr(body, name) is not UNSET and name not in takes:
            raise InvalidContent(_NOT_OF_KIND.filled(field=name))
    draft = read(body, kind)
    return draft if body.reply_to is UNSET else draft.answering(MessageId(body.reply_to))


_FIELDS = (
    "text",
    "reply_to",
    "media_id",
    "location",
    "contacts",
    "reaction",
    "template",
    "interactive",
)
_OF_FILES = frozenset({"text", "media_id", "reply_to"})


def _needed(value: T | UnsetType, field: str) -> T:
    if value is UNSET:
        raise InvalidContent(_MISSING.filled(field=field))
    return value


def _as(type_: type[T], part: Struct) -> T:
    return msgspec.convert(msgspec.to_builtins(part), type_)


def _text(body: NewMessage, _: MessageKind) -> Draft:
    return Draft.of_text(_needed(body.text, "text"))


def _file(body: NewMessage, kind: MessageKind) -> Draft:
    caption = None if body.text is UNSET else body.text
    return Draft.of_file(kind, _needed(body.media_id, "media_id"), caption)


def _location(body: NewMessage, _: MessageKind) -> Draft:
    return Draft.of_location(_as(contents.Location, _needed(body.location, "location")))


def _contacts(body: NewMessage, _: MessageKind) -> Draft:
    cards = _needed(body.contacts, "contacts")
    return Draft.of_contacts([_as(contents.ContactCard, card) for card in cards])


def _reaction(body: NewMessage, _: MessageKind) -> Draft:
    reaction = _needed(body.reaction, "reaction")
    return Draft.of_reaction(MessageId(reaction.message_id), reaction.emoji)


def _template(body: NewMessage, _: MessageKind) -> Draft:
    return Draft.of_template(
        _as(filled_template.FilledTemplate, _needed(body.template, "template"))
    )


def _interactive(body: NewMessage, _: MessageKind) -> Draft:
    asked = _needed(body.interactive, "interactive")
    of_list = asked.type is InteractiveType.LIST
    for name in ("buttons",) if of_list else ("button", "sections"):
        if getattr(asked, name) is not UNSET:
            raise InvalidContent(_NOT_OF_KIND.filled(field=name))
    for name in ("button", "sections") if of_list else ("buttons",):
        _needed(getattr(asked, name), name)
    if of_list:
        return Draft.of_interactive(_as(interactive.ChoiceList, asked))
    return Draft.of_interactive(_as(interactive.Buttons, asked))


_READERS: Mapping[
    NewMessageKind, tuple[frozenset[str], Callable[[NewMessage, MessageKind], Draft]]
] = {
    NewMessageKind.TEXT: (frozenset({"text", "reply_to"}), _text),
    NewMessageKind.LOCATION: (frozenset({"location", "reply_to"}), _location),
    NewMessageKind.CONTACTS: (frozenset({"contacts", "reply_to"}), _contacts),
    NewMessageKind.REACTION: (frozenset({"reaction"}), _reaction),
    NewMessageKind.TEMPLATE: (frozenset({"template"}), _template),
    NewMessageKind.INTERACTIVE: (frozenset({"interactive", "reply_to"}), _interactive),
}
