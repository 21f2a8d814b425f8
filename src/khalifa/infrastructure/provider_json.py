"""Reading JSON that a provider wrote: fast when it is sound, forgiving when it nearly is."""

import json
import math
import re

import msgspec

from khalifa.domain.messages import JsonValue

_SURROGATES = re.compile("[\ud800-\udfff]")
_REPLACEMENT = "\ufffd"


class UnreadableJson(ValueError):
    """What came is not JSON; the text says in what way and holds none of it."""


def read_json(raw: bytes) -> JsonValue:
    """
    Return what *raw* says.

    Half an emoji (a lone surrogate, which no database takes) becomes U+FFFD,
    a number that is none or has no end becomes None, a byte order mark is
    passed over, and of keys given twice the last one counts.

    Raises:
        UnreadableJson: it is empty, not JSON, not UTF-8 or nested too deep.
    """
    try:
        value: JsonValue = msgspec.json.decode(raw)
    except RecursionError:
        pass
    except ValueError:
        return _read_slowly(raw)
    else:
        return value
    reason = "it is nested too deep"
    raise UnreadableJson(reason)


def _read_slowly(raw: bytes) -> JsonValue:
    """Read what the strict reader refused: half an emoji, NaN, a byte order mark."""
    try:
        text = raw.decode("utf-8-sig")
        value: JsonValue = _loads(text)
        if "\\ud" in text or "\\uD" in text:
            # Written out and read once more, so that this needs no recursion of its own.
            value = _loads(_SURROGATES.sub(_REPLACEMENT, json.dumps(value, ensure_ascii=False)))
    except UnicodeDecodeError:
        reason = "it is not UTF-8"
    except RecursionError:
        reason = "it is nested too deep"
    except ValueError:
        reason = "it is not JSON" if raw.strip() else "it is empty"
    else:
        return value
    raise UnreadableJson(reason)


def _loads(text: str) -> JsonValue:
    value: JsonValue = json.loads(text, parse_float=_finite, parse_constant=_no_number)
    return value


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _no_number(_: str) -> None:
    """Stand in for NaN and Infinity, which databases refuse."""
