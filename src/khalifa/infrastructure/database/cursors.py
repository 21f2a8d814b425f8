"""Cursors: where a page of a list ended, as text that means nothing to its holder."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from datetime import UTC, datetime, timedelta

from khalifa.application.ports.readers import InvalidCursor

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LARGEST = 2**63 - 1


def write_cursor(list_name: str, *place: int) -> str:
    """Return the cursor of *place* in the list called *list_name*."""
    return urlsafe_b64encode(json.dumps([list_name, *place]).encode()).decode()


def read_cursor(list_name: str, cursor: str, length: int) -> list[int]:
    """
    Return the place *cursor* was written for: *length* numbers.

    Raises:
        InvalidCursor: it was not written for this list.
    """
    try:
        match json.loads(urlsafe_b64decode(cursor.encode())):
            case [found, *place] if found == list_name and len(place) == length:
                if all(type(number) is int and abs(number) <= _LARGEST for number in place):
                    return place
    except (NotBase64, ValueError, RecursionError):
        # What is wrong with it does not matter: it is not ours.
        pass
    raise InvalidCursor("This is not a cursor of this list.")


def to_microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def from_microseconds(number: int) -> datetime:
    """
    Return the moment that `to_microseconds` made *number* of.

    Raises:
        InvalidCursor: there is no such moment.
    """
    try:
        return _EPOCH + number * _MICROSECOND
    except OverflowError:
        raise InvalidCursor("This is not a cursor of this list.") from None
