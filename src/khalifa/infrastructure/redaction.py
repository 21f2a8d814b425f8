"""What must not be read in a log: secrets, telephone numbers, what customers wrote."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

REDACTED = "[redacted]"

_DEEPEST = 6
# In characters. A line is for reading; an error that quotes a file is not.
_LONGEST = 16_384

# Whatever is under these names is left out, whole; also when words come before:
# ``verify_token``, ``customer_phone``.
_NAMES = frozenset(
    {
        "access_key",
        "address",
        "api_key",
        "apikey",
        "authorization",
        "bearer",
        "body",
        "caption",
        "chat_id",
        "cookie",
        "cookies",
        "credentials",
        "id_ext",
        "msisdn",
        "parameters",
        "passwd",
        "password",
        "payload",
        "phone",
        "phones",
        "qr",
        "qr_code",
        "secret",
        "secret_key",
        "signature",
        "text",
        "texts",
        "token",
        "tokens",
        "wa_id",
    }
)

# In this order: the first that fits at a place is taken.
_SECRETS = re.compile(
    r"""
    # name=value and "name": "value", in queries, headers, JSON and sentences
      (?P<name>(?:token|secret|password|passwd|api[_-]?key|signature|authorization|cookie)
        ["']?\s*[=:]\s*)
      (?:["'][^"']*["']|(?:(?:bearer|basic)\s+)?[^\s"'&,;)}\]]+)
    | bearer\s+[\w.~+/=-]{8,}
    # scheme://user:password@host
    | (?<=://)[^\s/@:]*:[^\s/@]*@
    # Hashed passwords. WPPConnect's tokens are bcrypt hashes with - and _ for + and /.
    | \$2[abxy]?\$\d\d\$[\w./+-]+
    | \$argon2\w*\$[^\s"']+
    # Meta's access tokens begin so.
    | \bEAA[0-9a-z]{20,}
    # What a database was told: SQLAlchemy's and MySQL's errors quote it.
    | \[parameters:.*
    | (?<=Duplicate\ entry\ ').*?(?='\ for)
    # WhatsApp's own addresses, also within an id: false_2010…@c.us_3EB0…
    | (?<!\d)\d{5,}(?:[:-]\d+){0,2}@(?:c\.us|lid|g\.us|s\.whatsapp\.net|broadcast|newsletter)
    # Numbers as people write them: +20 (101) 234-5678
    | (?:\+|(?<![\w.:-])00)\d(?:[\s().-]{0,2}\d){7,14}(?!\d)
    # Bare digits of a telephone number's length. Not: part of a word, of a
    # decimal or of a UUID, nor the <milliseconds>-<number> of a stream's entry.
    | (?<![0-9a-z])(?<!\d[.:])(?<!-[0-9a-f]{4}-)
      \d(?:[ \u00a0]?\d){7,14}
      (?![0-9a-z])(?!\.\d)(?!-[0-9a-f]{4}-)(?!-\d{1,4}(?!\d))
    """,
    re.VERBOSE | re.IGNORECASE,
)


# What every secret has in it. Most words of most lines have none of it, and are
# told so ten times sooner.
_SUSPECT = re.compile(r"[=:$@]|[bB][eE][aA]|EAA|Dupl|\d[\d \u00a0().-]{6}")


def redact(event: Mapping[str, object]) -> dict[str, object]:
    """Return *event* with nothing secret in it, and with nothing that JSON cannot say."""
    return {
        name: REDACTED if _is_secret(name) and value is not None else _plain(value)
        for name, value in event.items()
    }


def scrub(text: str) -> str:
    """Return *text* with what looks secret replaced, cut where nobody reads on."""
    if len(text) > _LONGEST:
        text = text[:_LONGEST] + "…"
    return _SECRETS.sub(_replaced, text) if _SUSPECT.search(text) else text


def _replaced(found: re.Match[str]) -> str:
    if name := found["name"]:
        return name + REDACTED
    return f"{REDACTED}@" if found[0].endswith("@") else REDACTED


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    words = f"_{name.lower().replace('-', '_')}"
    return any(words.endswith(f"_{secret}") for secret in _NAMES)


def _plain(value: object, depth: int = 0) -> object:
    match value:
        case None | int() | float():
            return value
        case str():
            return scrub(value)
        case dict() | list() | tuple() | set() | frozenset():
            return _plain_inside(value, depth + 1) if depth < _DEEPEST else "…"
        case bytes():
            return scrub(value.decode(errors="replace"))
        case _:
            # An enum's text is its value; an error, a path, an entity say theirs.
            return scrub(str(value))


def _plain_inside(value: Iterable[object], depth: int) -> object:
    if isinstance(value, dict):
        return {
            str(name): REDACTED if _is_secret(str(name)) else _plain(inner, depth)
            for name, inner in value.items()
        }
    return [_plain(inner, depth) for inner in value]
