"""Taking values out of Meta's JSON, whatever they turn out to be."""

from datetime import UTC, datetime

from khalifa.domain.messages import JsonValue

# What a database column of ids holds; Meta's own ids have some sixty characters.
MAX_ID = 512

_MILLISECONDS = 10**12
_EXACT = 2**53
_MAX_DEPTH = 6
_MAX_DIGITS = 15


def mapping(value: JsonValue) -> dict[str, JsonValue]:
    """Return *value* if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def elements(value: JsonValue) -> list[JsonValue]:
    """Return *value* if it is a list; an object is one of itself, all else an empty one."""
    if isinstance(value, dict):
        return [value]
    return value if isinstance(value, list) else []


def string(value: JsonValue) -> str | None:
    """Return *value* as text if it is text or a whole number; empty text counts as none."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None


def text(value: JsonValue) -> str | None:
    """Return *value* if it is text, empty or not."""
    return value if isinstance(value, str) else None


def identifier(value: JsonValue) -> str | None:
    """Return *value* as `string` does, None when it is longer than any id may be."""
    found = string(value)
    return found if found is not None and len(found) <= MAX_ID else None


def moment(value: JsonValue) -> datetime | None:
    """Read a time in seconds, as text or number; numbers too large for that are milliseconds."""
    match value:
        case bool():
            return None
        case int() | float():
            number = int(value)
        case str() if value.isascii() and value.isdigit() and len(value) <= _MAX_DIGITS:
            number = int(value)
        case _:
            return None
    if number < 0:
        return None
    if number >= _MILLISECONDS:
        number //= 1000
    try:
        return datetime.fromtimestamp(number, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def plain(value: JsonValue, depth: int = _MAX_DEPTH) -> JsonValue:
    """
    Return a copy of *value* that any JSON writer and any database takes.

    What is nested deeper than *depth* is left out; whole numbers beyond what
    JSON readers agree upon become text.
    """
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _EXACT:
        return str(value)
    if isinstance(value, dict):
        return {key: plain(item, depth - 1) for key, item in value.items()} if depth else None
    if isinstance(value, list):
        return [plain(item, depth - 1) for item in value] if depth else None
    return value
