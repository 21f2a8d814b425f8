"""
Questions with buttons or a list to answer by, within WhatsApp's limits.

https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-list-messages
"""

from dataclasses import dataclass

from khalifa.domain.limits import require, require_count, require_different, require_if_given
from khalifa.domain.words import Words

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button below a message. ``id`` comes back with the customer's answer."""

    id: str
    title: str

    def __post_init__(self) -> None:
        require(self.id, _BUTTON_ID, MAX_BUTTON_ID)
        require(self.title, _BUTTON_TITLE, MAX_BUTTON_TITLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Buttons:
    """A question with up to three buttons to answer it by."""

    body: str
    buttons: tuple[Button, ...]
    header: str | None = None
    footer: str | None = None

    def __post_init__(self) -> None:
        require(self.body, _BODY, MAX_BUTTONS_BODY)
        require_if_given(self.header, _HEADER, MAX_HEADER)
        require_if_given(self.footer, _FOOTER, MAX_FOOTER)
        require_count(self.buttons, _BUTTONS, MAX_BUTTONS)
        require_different([button.title for button in self.buttons], _BUTTON_TITLES)
        require_different([button.id for button in self.buttons], _BUTTON_IDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One choice of a list. ``id`` comes back with the customer's answer."""

    id: str
    title: str
    description: str | None = None

    def __post_init__(self) -> None:
        require(self.id, _ROW_ID, MAX_ROW_ID)
        require(self.title, _ROW_TITLE, MAX_ROW_TITLE)
        require_if_given(self.description, _ROW_DESCRIPTION, MAX_ROW_DESCRIPTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Choices that belong together. A title may only be missing where there is one section."""

    rows: tuple[Row, ...]
    title: str | None = None

    def __post_init__(self) -> None:
        require_if_given(self.title, _SECTION_TITLE, MAX_SECTION_TITLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceList:
    """A question with a list of up to ten choices, opened by a button."""

    body: str
    button: str
    sections: tuple[Section, ...]
    header: str | None = None
    footer: str | None = None

    def __post_init__(self) -> None:
        require(self.body, _BODY, MAX_LIST_BODY)
        require(self.button, _LIST_BUTTON, MAX_LIST_BUTTON)
        require_if_given(self.header, _HEADER, MAX_HEADER)
        require_if_given(self.footer, _FOOTER, MAX_FOOTER)
        require_count(self.sections, _SECTIONS, MAX_SECTIONS)
        for section in self.sections:
            require_count(section.rows, _ROWS, MAX_ROWS)
            if len(self.sections) > 1:
                require(section.title or "", _SECTION_TITLE, MAX_SECTION_TITLE)
        rows = [row for section in self.sections for row in section.rows]
        require_count(rows, _ROWS, MAX_ROWS)
        require_different([row.id for row in rows], _ROW_IDS)


Interactive = Buttons | ChoiceList
