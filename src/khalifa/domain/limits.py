"""Refusing what is above a limit of WhatsApp's: by name, with the limit, in both languages."""

from collections.abc import Sequence

from khalifa.domain.errors import InvalidContent
from khalifa.domain.words import Words

EMPTY = Words("{what} must not be empty.", "{what}: لا يجوز تركه فارغًا.")
TOO_MANY = Words(
    "{what}: at most {most:,}; these are {given:,}.",
    "{what}: {most:,} على الأكثر، وعددها {given:,}.",
)
DEGREES = Words("{what} is a number from -{most} to {most}.", "{what}: رقم من -{most} إلى {most}.")
_TOO_LONG = Words(
    "{what} has at most {most:,} characters; this one has {given:,}.",
    "{what}: {most:,} حرفًا على الأكثر، والمكتوب {given:,}.",
)
_NONE = Words("{what}: at least one is needed.", "{what}: يلزم واحد على الأقل.")
_TWICE = Words("{what} must differ from each other.", "{what}: لا يجوز أن يتكرر.")


def refusal(sentence: Words, what: Words, **values: object) -> InvalidContent:
    arabic = (sentence.arabic or "").format(what=what.arabic, **values)
    return InvalidContent(Words(sentence.english.format(what=what.english, **values), arabic))


def require(value: str, what: Words, most: int) -> None:
    if not value.strip():
        raise refusal(EMPTY, what)
    require_length(value, what, most)


def require_length(value: str | None, what: Words, most: int) -> None:
    if value is not None and len(value) > most:
        raise refusal(_TOO_LONG, what, most=most, given=len(value))


def require_if_given(value: str | None, what: Words, most: int) -> None:
    if value is not None:
        require(value, what, most)


def require_count(values: Sequence[object], what: Words, most: int) -> None:
    if not values:
        raise refusal(_NONE, what)
    if len(values) > most:
        raise refusal(TOO_MANY, what, most=most, given=len(values))


def require_different(values: Sequence[str], what: Words) -> None:
    if len(set(values)) < len(values):
        raise refusal(_TWICE, what)
