"""Templates: messages approved beforehand, which may be sent when nothing else may."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from khalifa.domain.errors import InvalidContent
from khalifa.domain.filled_template import ButtonType, FilledHeader, FilledTemplate, HeaderType
from khalifa.domain.words import Words

_PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")

_NAMED = Words(
    "The template's places have names. Give a value for each of: {places}.",
    "خانات القالب لها أسماء. اكتب قيمة لكل من: {places}.",
)
_NUMBERED = Words(
    "The template's places are numbered. Give their {count} values as a list.",
    "خانات القالب مرقمة. اكتب قيمها ({count}) بالترتيب.",
)
_COUNT = Words(
    "The template's text has {places} places to fill in; {given} values are given.",
    "في نص القالب {places} خانات، والمكتوب {given}.",
)
_MISSING = Words("The template lacks a value for: {places}.", "ينقص القالب قيمة لـ: {places}.")
_UNKNOWN = Words("The template has no place for: {places}.", "ليس في القالب خانة لـ: {places}.")
_NO_HEADER = Words("The template has no header to fill in.", "ليس في رأس القالب ما يُملأ.")
_HEADER = Words("The template's header needs this: {wanted}.", "رأس القالب يحتاج إلى: {wanted}.")
_BUTTON_VALUE = Words(
    "The template's button {index} needs a value: {title}.",
    "زر القالب {index} يحتاج إلى قيمة: {title}.",
)
_NO_BUTTON = Words(
    "The template has no button {index} of this type.", "ليس في القالب زر {index} من هذا النوع."
)


class ButtonKind(StrEnum):
    """What a button of a template does. What we do not know is ``other``."""

    QUICK_REPLY = "quick_reply"
    URL = "url"
    PHONE_NUMBER = "phone_number"
    COPY_CODE = "copy_code"
    FLOW = "flow"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateHeader:
    """``text`` may hold one place to fill in, as ``{{1}}`` or ``{{name}}``; files have none."""

    type: HeaderType
    text: str | None = None

    @property
    def places(self) -> tuple[str, ...]:
        return places_of(self.text or "")

    @property
    def needs_filling(self) -> bool:
        return self.type is not HeaderType.TEXT or bool(self.places)

    def require_fits(self, filled: FilledHeader | None) -> None:
        """Raise `InvalidContent` unless *filled* is what this header needs."""
        if not self.needs_filling:
            if filled is not None:
                raise InvalidContent(_NO_HEADER)
        elif filled is None or filled.type is not self.type:
            raise InvalidContent(_HEADER.filled(wanted=self.type.value))


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateButton:
    """``url`` may end in a place to fill in."""

    kind: ButtonKind
    title: str
    url: str | None = None

    @property
    def needs_value(self) -> bool:
        """Say whether nothing can be sent without a value for this button."""
        return self.kind is ButtonKind.COPY_CODE or bool(places_of(self.url or ""))

    @property
    def takes_value(self) -> bool:
        return self.needs_value or self.kind is ButtonKind.QUICK_REPLY


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """
    One approved template in one language.

    ``named`` says how places are filled in: by name, else by their number.
    ``text`` is the body with its places.
    """

    name: str
    language: str
    category: str
    named: bool = False
    header: TemplateHeader | None = None
    text: str = ""
    footer: str | None = None
    buttons: tuple[TemplateButton, ...] = ()

    @property
    def places(self) -> tuple[str, ...]:
        """Return what the body leaves open, in the order it is to be filled in."""
        return places_of(self.text)

    def filled(self, body: Sequence[str] | Mapping[str, str]) -> str:
        """Return the body as the customer will read it; what is missing stays open."""
        values = self._by_place(body)
        return _PLACE.sub(lambda place: values.get(place[1], place[0]), self.text)

    def require_fits(self, filled: FilledTemplate) -> None:
        """Raise `InvalidContent`, which names what is missing or too much, unless it all fits."""
        if self.header is not None:
            self.header.require_fits(filled.header)
        elif filled.header is not None:
            raise InvalidContent(_NO_HEADER)
        self._require_body(filled.body)
        self._require_buttons(filled)

    def _require_body(self, body: Sequence[str] | Mapping[str, str]) -> None:
        if isinstance(body, Mapping) is not self.named and (self.places or body):
            raise InvalidContent(
                _NAMED.filled(places=", ".join(self.places))
                if self.named
                else _NUMBERED.filled(count=len(self.places))
            )
        if not self.named and len(body) != len(self.places):
            raise InvalidContent(_COUNT.filled(places=len(self.places), given=len(body)))
        values = self._by_place(body)
        if missing := [place for place in self.places if not values.get(place, "").strip()]:
            raise InvalidContent(_MISSING.filled(places=", ".join(missing)))
        if unknown := sorted(values.keys() - set(self.places)):
            raise InvalidContent(_UNKNOWN.filled(places=", ".join(unknown)[:200]))

    def _require_buttons(self, filled: FilledTemplate) -> None:
        given = {button.index: button for button in filled.buttons}
        for index, button in enumerate(self.buttons):
            if button.needs_value and index not in given:
                raise InvalidContent(_BUTTON_VALUE.filled(index=index, title=button.title))
        for index, value in given.items():
            known = self.buttons[index] if index < len(self.buttons) else None
            if known is None or not known.takes_value or not _same(known.kind, value.type):
                raise InvalidContent(_NO_BUTTON.filled(index=index))

    def _by_place(self, body: Sequence[str] | Mapping[str, str]) -> dict[str, str]:
        if isinstance(body, Mapping):
            return dict(body)
        return dict(zip(self.places, body, strict=False))


def places_of(text: str) -> tuple[str, ...]:
    """Return the places to fill in, each once: in the order of their numbers, if they are such."""
    found = tuple(dict.fromkeys(_PLACE.findall(text)))
    return tuple(sorted(found, key=int)) if all(map(str.isdecimal, found)) else found


def _same(kind: ButtonKind, type_: ButtonType) -> bool:
    return kind.value == type_.value
