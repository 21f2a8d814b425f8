"""Parts of a file, and whether a copy is still good (RFC 9110)."""

import re
from dataclasses import dataclass

from litestar.datastructures import Headers

from khalifa.entrypoints.http.refused_requests import NoSuchPart

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes asked for: from ``start`` on, ``length`` of them."""

    start: int
    length: int


def part_asked(headers: Headers, size: int, tag: str) -> Part | None:
    """
    Return the part that is asked for, None for the whole file.

    Several parts at once, and what is no range at all, are as good as not
    asked for. So is any part when the caller's copy is of another file.

    Raises:
        NoSuchPart: there is no such part.
    """
    asked = _RANGE.fullmatch(headers.get("range", "").strip().replace(" ", ""))
    if asked is None or headers.get("if-range", tag) != tag:
        return None
    first, last = asked.groups()
    if first:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
        if last and int(last) < start:
            return None
    elif last:
        start, end = max(size - int(last), 0), size - 1
    else:
        return None
    if start > end:
        raise NoSuchPart(size)
    return Part(start, end - start + 1)


def is_known(headers: Headers, tag: str) -> bool:
    """Say whether the caller has a copy that is still good."""
    known = [one.strip().removeprefix("W/") for one in headers.get("if-none-match", "").split(",")]
    return tag in known or "*" in known
