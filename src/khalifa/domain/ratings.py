"""Ratings: how content a customer was, 1 to 5, said in answer to a question after closing."""

import re
import unicodedata
from datetime import timedelta

BEST = 5
# So long after it was asked, a number is an answer; later it is a message like any other.
ANSWERED_WITHIN = timedelta(hours=24)

_STARS = frozenset("⭐🌟★")
# What a keyboard's keycaps (5️⃣) have around their digit.
_KEYCAP = dict.fromkeys(map(ord, "\ufe0f\u20e3"))
_NUMBER = re.compile(r"(\d)(?:[/\\](\d))?[.!]?")


def rating_in(text: str | None) -> int | None:
    """
    Return the rating that *text* is, or None when it is anything else.

    One digit from 1 to 5, in any script, also as ``4/5`` or on a keycap; or so
    many stars. What says more than that is a message.
    """
    said = "".join((text or "").translate(_KEYCAP).split())
    if said and _STARS.issuperset(said):
        rating = len(said)
    elif number := _NUMBER.fullmatch(said):
        rating = unicodedata.digit(number[1])
        if number[2] and unicodedata.digit(number[2]) != BEST:
            return None
    else:
        return None
    return rating if 1 <= rating <= BEST else None
