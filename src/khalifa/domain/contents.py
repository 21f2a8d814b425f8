"""
What can be said beside text and files, and how much of it WhatsApp takes.

The limits are WhatsApp's own, the same on every provider:
https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
What is above one is refused here, by name, before anything is stored or sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from khalifa.domain.contacts import PhoneNumber
from khalifa.domain.errors import InvalidContent, InvalidPhoneNumber
from khalifa.domain.words import Words

MAX_PLACE = 1000
MAX_CARDS = 257
MAX_CARD_NAME = 512
MAX_CARD_PHONES = 20
MAX_EMOJI = 32
MAX_BUTTONS = 3
MAX_BUTTON_TITLE = 20
MAX_BUTTON_ID = 256
MAX_BUTTONS_BODY = 1024
MAX_LIST_BODY = 4096
MAX_HEADER = 60
MAX_FOOTER = 60
MAX_LIST_BUTTON = 20
MAX_SECTIONS = 10
MAX_SECTION_TITLE = 24
MAX_ROWS = 10
MAX_ROW_TITLE = 24
MAX_ROW_DESCRIPTION = 72
MAX_ROW_ID = 200
MAX_TEMPLATE_NAME = 512
MAX_LANGUAGE = 15
MAX_PARAMETER = 1024
MAX_TEMPLATE_BUTTONS = 10
MAX_LINK = 2000

_EMPTY = Words("{what} must not be empty.", "{what}: لا يجوز تركه فارغًا.")
_TOO_LONG = Words(
    "{what} has at most {most:,} characters; this one has {given:,}.",
    "{what}: {most:,} حرفًا على الأكثر، والمكتوب {given:,}.",
)
_TOO_MANY = Words(
    "{what}: at most {most:,}; these are {given:,}.",
    "{what}: {most:,} على الأكثر، وعددها {given:,}.",
)
_NONE = Words("{what}: at least one is needed.", "{what}: يلزم واحد على الأقل.")
_TWICE = Words("{what} must differ from each other.", "{what}: لا يجوز أن يتكرر.")
_DEGREES = Words("{what} is a number from -{most} to {most}.", "{what}: رقم من -{most} إلى {most}.")
_NO_PHONE = Words(
    "A card's phone is no phone number. Write it with its country code: +20…",
    "رقم الهاتف في البطاقة غير صحيح. اكتبه مع رمز الدولة: +20…",
)
_NO_LINK = Words(
    "A template's file is given as an https link or an id, one of the two.",
    "ملف القالب يُعطى برابط https أو بمعرّف، واحد منهما فقط.",
)
_NEEDLESS = Words(
    "A template's header of this type takes something else.", "رأس القالب من هذا النوع لا يقبل هذا."
)

_LATITUDE = Words("The latitude", "خط العرض")
_LONGITUDE = Words("The longitude", "خط الطول")
_PLACE_NAME = Words("The place's name", "اسم المكان")
_PLACE_ADDRESS = Words("The place's address", "عنوان المكان")
_CARDS = Words("The contact cards", "بطاقات الاتصال")
_CARD_NAME = Words("A card's name", "اسم البطاقة")
_CARD_PHONES = Words("A card's phones", "أرقام البطاقة")
_EMOJI = Words("The emoji", "الرمز التعبيري")
_BODY = Words("The body", "النص")
_HEADER = Words("The header", "الرأس")
_FOOTER = Words("The footer", "التذييل")
_BUTTONS = Words("The buttons", "الأزرار")
_BUTTON_TITLE = Words("A button's title", "عنوان الزر")
_BUTTON_TITLES = Words("The buttons' titles", "عناوين الأزرار")
_BUTTON_ID = Words("A button's id", "معرّف الزر")
_BUTTON_IDS = Words("The buttons' ids", "معرّفات الأزرار")
_LIST_BUTTON = Words("The button that opens the list", "زر فتح القائمة")
_SECTIONS = Words("The sections", "أقسام القائمة")
_SECTION_TITLE = Words("A section's title", "عنوان القسم")
_ROWS = Words("The rows in all sections", "عناصر القائمة كلها")
_ROW_TITLE = Words("A row's title", "عنوان العنصر")
_ROW_ID = Words("A row's id", "معرّف العنصر")
_ROW_IDS = Words("The rows' ids", "معرّفات العناصر")
_ROW_DESCRIPTION = Words("A row's description", "وصف العنصر")
_TEMPLATE_NAME = Words("The template's name", "اسم القالب")
_LANGUAGE = Words("The template's language", "لغة القالب")
_PARAMETER = Words("A template's parameter", "خانة القالب")
_PARAMETER_NAME = Words("A template's parameter name", "اسم خانة القالب")
_TEMPLATE_BUTTONS = Words("The template's buttons", "أزرار القالب")
_BUTTON_INDEX = Words("A template button's index", "ترتيب زر القالب")


def _refusal(sentence: Words, what: Words, **values: object) -> InvalidContent:
    arabic = (sentence.arabic or "").format(what=what.arabic, **values)
    return InvalidContent(Words(sentence.english.format(what=what.english, **values), arabic))


def _require(value: str, what: Words, most: int) -> None:
    if not value.strip():
        raise _refusal(_EMPTY, what)
    _bound(value, what, most)


def _bound(value: str | None, what: Words, most: int) -> None:
    if value is not None and len(value) > most:
        raise _refusal(_TOO_LONG, what, most=most, given=len(value))


def _optional(value: str | None, what: Words, most: int) -> None:
    if value is not None:
        _require(value, what, most)


def _count(values: Sequence[object], what: Words, most: int) -> None:
    if not values:
        raise _refusal(_NONE, what)
    if len(values) > most:
        raise _refusal(_TOO_MANY, what, most=most, given=len(values))


def _differ(values: Sequence[str], what: Words) -> None:
    if len(set(values)) < len(values):
        raise _refusal(_TWICE, what)


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place on the map, in degrees."""

    latitude: float
    longitude: float
    name: str | None = None
    address: str | None = None

    def __post_init__(self) -> None:
        for degrees, what, most in (
            (self.latitude, _LATITUDE, 90),
            (self.longitude, _LONGITUDE, 180),
        ):
            if not isfinite(degrees) or abs(degrees) > most:
                raise _refusal(_DEGREES, what, most=most)
        _optional(self.name, _PLACE_NAME, MAX_PLACE)
        _optional(self.address, _PLACE_ADDRESS, MAX_PLACE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactCard:
    """Somebody's name and phones, to be called or saved. ``phones`` in E.164 with a plus sign."""

    name: str
    phones: tuple[str, ...]

    def __post_init__(self) -> None:
        _require(self.name, _CARD_NAME, MAX_CARD_NAME)
        _count(self.phones, _CARD_PHONES, MAX_CARD_PHONES)
        try:
            phones = tuple(f"+{PhoneNumber.parse(phone)}" for phone in self.phones)
        except InvalidPhoneNumber:
            phones = ()
        if not phones:
            raise InvalidContent(_NO_PHONE)
        object.__setattr__(self, "phones", phones)


def require_cards(cards: Sequence[ContactCard]) -> None:
    """Raise `InvalidContent` unless so many cards fit into one message."""
    _count(cards, _CARDS, MAX_CARDS)


def require_emoji(emoji: str) -> None:
    """Raise `InvalidContent` unless *emoji* can be a reaction; empty takes one back."""
    _bound(emoji, _EMOJI, MAX_EMOJI)
    if emoji and not emoji.strip():
        raise _refusal(_EMPTY, _EMOJI)


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button below a message. ``id`` comes back with the customer's answer."""

    id: str
    title: str

    def __post_init__(self) -> None:
        _require(self.id, _BUTTON_ID, MAX_BUTTON_ID)
        _require(self.title, _BUTTON_TITLE, MAX_BUTTON_TITLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Buttons:
    """A question with up to three buttons to answer it by."""

    body: str
    buttons: tuple[Button, ...]
    header: str | None = None
    footer: str | None = None

    def __post_init__(self) -> None:
        _require(self.body, _BODY, MAX_BUTTONS_BODY)
        _optional(self.header, _HEADER, MAX_HEADER)
        _optional(self.footer, _FOOTER, MAX_FOOTER)
        _count(self.buttons, _BUTTONS, MAX_BUTTONS)
        _differ([button.title for button in self.buttons], _BUTTON_TITLES)
        _differ([button.id for button in self.buttons], _BUTTON_IDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One choice of a list. ``id`` comes back with the customer's answer."""

    id: str
    title: str
    description: str | None = None

    def __post_init__(self) -> None:
        _require(self.id, _ROW_ID, MAX_ROW_ID)
        _require(self.title, _ROW_TITLE, MAX_ROW_TITLE)
        _optional(self.description, _ROW_DESCRIPTION, MAX_ROW_DESCRIPTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Choices that belong together. A title may only be missing where there is one section."""

    rows: tuple[Row, ...]
    title: str | None = None

    def __post_init__(self) -> None:
        _optional(self.title, _SECTION_TITLE, MAX_SECTION_TITLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceList:
    """A question with a list of up to ten choices, opened by a button."""

    body: str
    button: str
    sections: tuple[Section, ...]
    header: str | None = None
    footer: str | None = None

    def __post_init__(self) -> None:
        _require(self.body, _BODY, MAX_LIST_BODY)
        _require(self.button, _LIST_BUTTON, MAX_LIST_BUTTON)
        _optional(self.header, _HEADER, MAX_HEADER)
        _optional(self.footer, _FOOTER, MAX_FOOTER)
        _count(self.sections, _SECTIONS, MAX_SECTIONS)
        for section in self.sections:
            _count(section.rows, _ROWS, MAX_ROWS)
            if len(self.sections) > 1:
                _require(section.title or "", _SECTION_TITLE, MAX_SECTION_TITLE)
        rows = [row for section in self.sections for row in section.rows]
        _count(rows, _ROWS, MAX_ROWS)
        _differ([row.id for row in rows], _ROW_IDS)


Interactive = Buttons | ChoiceList


class HeaderType(StrEnum):
    """What stands above a template's text."""

    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    DOCUMENT = "document"
    LOCATION = "location"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledHeader:
    """
    What fills a template's header: a text, a place, or a file.

    A file is given by an https ``link`` for WhatsApp to fetch, or by the
    ``id`` of one uploaded before. ``name``: that of a text's parameter,
    where the template names its parameters.
    """

    type: HeaderType
    text: str | None = None
    name: str | None = None
    link: str | None = None
    id: str | None = None
    filename: str | None = None
    location: Location | None = None

    def __post_init__(self) -> None:
        _bound(self.filename, _HEADER, MAX_LINK)
        file = self.link is not None or self.id is not None
        match self.type:
            case HeaderType.TEXT:
                _require(self.text or "", _PARAMETER, MAX_HEADER)
                _optional(self.name, _PARAMETER_NAME, MAX_PARAMETER)
                fits = not file and self.location is None
            case HeaderType.LOCATION:
                fits = self.location is not None and not file and self.text is None
            case _:
                self._require_file()
                fits = self.text is None and self.location is None
        if not fits:
            raise InvalidContent(_NEEDLESS)

    def _require_file(self) -> None:
        one = (self.link is None) is not (self.id is None)
        if not one or (self.link is not None and not self.link.startswith("https://")):
            raise InvalidContent(_NO_LINK)
        _optional(self.link, _HEADER, MAX_LINK)
        _optional(self.id, _HEADER, MAX_LINK)


class ButtonType(StrEnum):
    """What a template's button does when it is pressed."""

    QUICK_REPLY = "quick_reply"
    URL = "url"
    COPY_CODE = "copy_code"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledButton:
    """
    What fills one button of a template, counted from 0.

    ``value`` is what a quick reply sends back, the end of an address, or the
    code to copy.
    """

    type: ButtonType
    index: int
    value: str

    def __post_init__(self) -> None:
        _require(self.value, _PARAMETER, MAX_PARAMETER)
        if not 0 <= self.index < MAX_TEMPLATE_BUTTONS:
            raise _refusal(
                _TOO_MANY, _BUTTON_INDEX, most=MAX_TEMPLATE_BUTTONS - 1, given=self.index
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledTemplate:
    """
    An approved message with places to fill in.

    ``body`` fills the text's places: in their order, or by name where the
    template names them. An empty one is refused by WhatsApp, so it is here.
    """

    name: str
    language: str
    header: FilledHeader | None = None
    body: tuple[str, ...] | Mapping[str, str] = ()
    buttons: tuple[FilledButton, ...] = ()

    def __post_init__(self) -> None:
        _require(self.name, _TEMPLATE_NAME, MAX_TEMPLATE_NAME)
        _require(self.language, _LANGUAGE, MAX_LANGUAGE)
        filled = self.body.values() if isinstance(self.body, Mapping) else self.body
        for parameter in filled:
            _require(parameter, _PARAMETER, MAX_PARAMETER)
        for name in self.body if isinstance(self.body, Mapping) else ():
            _require(name, _PARAMETER_NAME, MAX_PARAMETER)
        if len(self.buttons) > MAX_TEMPLATE_BUTTONS:
            raise _refusal(
                _TOO_MANY, _TEMPLATE_BUTTONS, most=MAX_TEMPLATE_BUTTONS, given=len(self.buttons)
            )
        _differ([str(button.index) for button in self.buttons], _BUTTON_INDEX)
