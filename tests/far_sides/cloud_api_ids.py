"""Ids as Meta makes them: wamids, business-scoped user ids, trace ids; and its signature."""

import base64
import hashlib
import hmac
import random
import re
import secrets

BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
"""`US.13491208655302741918`, and a portfolio's parent id `US.ENT.1181…`."""

_NOT_IN_A_NUMBER = re.compile(r"[+\-() ]")
_DIGITS = re.compile(r"[0-9]{5,20}")

# Who wrote a message can be told from its key: iPhone, Android, WhatsApp Web.
_KEY_SHAPES = (("3A", 20), ("AC", 32), ("3EB0", 22))
_OUR_KEY_LENGTH = 18


def signature(secret: str, body: bytes) -> str:
    """Return the `X-Hub-Signature-256` of the raw bytes."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def new_key(*, from_us: bool, rng: random.Random | None = None) -> str:
    """Return WhatsApp's own key of a message, upper-case hex; its length differs by phone."""
    rng = rng or random.SystemRandom()
    prefix, length = ("", _OUR_KEY_LENGTH) if from_us else rng.choice(_KEY_SHAPES)
    digits = length - len(prefix)
    return prefix + f"{rng.getrandbits(4 * digits):0{digits}X}"


def wamid(who: str, key: str, *, from_us: bool) -> str:
    """
    Return the Cloud API's id of a message in the chat with *who* (digits or BSUID).

    A base64 of the chat, the direction and WhatsApp's key, as real ids decode;
    with `=` at the end or not, as the lengths have it.
    """
    chat, name = who.encode(), key.encode()
    packed = b"\x1c\x18" + bytes((len(chat) % 128,)) + chat + b"\x15\x02\x00"
    packed += (b"\x11" if from_us else b"\x12") + b"\x18" + bytes((len(name),)) + name + b"\x00"
    return "wamid." + base64.b64encode(packed).decode()


def new_wamid(who: str, *, from_us: bool = False, rng: random.Random | None = None) -> str:
    return wamid(who, new_key(from_us=from_us, rng=rng), from_us=from_us)


def case_twin(message_id: str) -> str:
    """Return an id that differs from *message_id* in the case of one letter only."""
    at = next(i for i in range(len(message_id) - 1, -1, -1) if message_id[i].isalpha())
    return message_id[:at] + message_id[at].swapcase() + message_id[at + 1 :]


def bsuid_of(phone: str) -> str:
    """Return the business-scoped user id of *phone* (digits), always the same one."""
    number = int.from_bytes(hashlib.sha256(phone.encode()).digest()[:8])
    return f"{'EG' if phone.startswith('20') else 'US'}.{number:020d}"


def is_bsuid(who: str) -> bool:
    return BSUID.fullmatch(who) is not None


def digits_of(number: str) -> str | None:
    """Return the digits of a number written with `+`, `-`, `()` and spaces; None if it is none."""
    bare = _NOT_IN_A_NUMBER.sub("", number)
    return bare if _DIGITS.fullmatch(bare) else None


def new_trace_id() -> str:
    return "A" + secrets.token_urlsafe(16)


def new_node_id() -> str:
    """Return a numeric Graph id, as media and apps have."""
    return str(secrets.randbelow(9 * 10**14) + 10**14)
