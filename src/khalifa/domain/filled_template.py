"""
A template with its places filled in, within WhatsApp's limits.

https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from khalifa.domain.contents import Location
from khalifa.domain.errors import InvalidContent
from khalifa.domain.limits import (
    TOO_MANY,
    refusal,
    require,
    require_different,
    require_if_given,
    require_length,
)
from khalifa.domain.words import Words

MAX_HEADER = 60
MAX_TEMPLATE_NAME = 512
MAX_LANGUAGE = 15
MAX_PARAMETER = 1024
MAX_TEMPLATE_BUTTONS = 10
MAX_LINK = 2000

_NO_LINK = Words(
    "A template's file is given as the media_id of an upload, an https link or an id: one of them.",
    "ملف القالب يُعطى بمعرّف ملف مرفوع (media_id) أو برابط https أو بمعرّف واتساب، واحد منها فقط.",
)
_NEEDLESS = Words(
    "A template's header of this type takes something else.", "رأس القالب من هذا النوع لا يقبل هذا."
)
_HEADER = Words("The header", "الرأس")
_TEMPLATE_NAME = Words("The template's name", "اسم القالب")
_LANGUAGE = Words("The template's language", "لغة القالب")
_PARAMETER = Words("A template's parameter", "خانة القالب")
_PARAMETER_NAME = Words("A template's parameter name", "اسم خانة القالب")
_TEMPLATE_BUTTONS = Words("The template's buttons", "أزرار القالب")
_BUTTON_INDEX = Words("A template button's index", "ترتيب زر القالب")


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

    A file is given by the ``media_id`` of one in the media store, by an https
    ``link`` for WhatsApp to fetch, or by the ``id`` it has at WhatsApp.
    ``name``: that of a text's parameter, where the template names its parameters.
    """

    type: HeaderType
    text: str | None = None
    name: str | None = None
    link: str | None = None
    id: str | None = None
    media_id: str | None = None
    filename: str | None = None
    location: Location | None = None

    def __post_init__(self) -> None:
        require_length(self.filename, _HEADER, MAX_LINK)
        file = any(given is not None for given in self._given)
        match self.type:
            case HeaderType.TEXT:
                require(self.text or "", _PARAMETER, MAX_HEADER)
                require_if_given(self.name, _PARAMETER_NAME, MAX_PARAMETER)
                fits = not file and self.location is None
            case HeaderType.LOCATION:
                fits = self.location is not None and not file and self.text is None
            case _:
                self._require_file()
                fits = self.text is None and self.location is None
        if not fits:
            raise InvalidContent(_NEEDLESS)

    @property
    def _given(self) -> tuple[str | None, ...]:
        return self.link, self.id, self.media_id

    def _require_file(self) -> None:
        one = sum(given is not None for given in self._given) == 1
        if not one or (self.link is not None and not self.link.startswith("https://")):
            raise InvalidContent(_NO_LINK)
        require_if_given(self.link, _HEADER, MAX_LINK)
        require_if_given(self.id, _HEADER, MAX_LINK)
        require_if_given(self.media_id, _HEADER, MAX_LINK)


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
        require(self.value, _PARAMETER, MAX_PARAMETER)
        if not 0 <= self.index < MAX_TEMPLATE_BUTTONS:
            raise refusal(TOO_MANY, _BUTTON_INDEX, most=MAX_TEMPLATE_BUTTONS - 1, given=self.index)


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
        require(self.name, _TEMPLATE_NAME, MAX_TEMPLATE_NAME)
        require(self.language, _LANGUAGE, MAX_LANGUAGE)
        filled = self.body.values() if isinstance(self.body, Mapping) else self.body
        for parameter in filled:
            require(parameter, _PARAMETER, MAX_PARAMETER)
        for name in self.body if isinstance(self.body, Mapping) else ():
            require(name, _PARAMETER_NAME, MAX_PARAMETER)
        if len(self.buttons) > MAX_TEMPLATE_BUTTONS:
            raise refusal(
                TOO_MANY, _TEMPLATE_BUTTONS, most=MAX_TEMPLATE_BUTTONS, given=len(self.buttons)
            )
        require_different([str(button.index) for button in self.buttons], _BUTTON_INDEX)
