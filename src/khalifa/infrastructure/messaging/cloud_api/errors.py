"""
Meta's error codes: what each means for a message, and in which words.

The meanings are from Meta's page of error codes and the handling is ours:
https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
A decision is made on the code alone, as that page asks; titles and HTTP
statuses change. Meta's own texts are not passed on: they may hold numbers.
"""

import re
from dataclasses import dataclass
from http import HTTPStatus

from khalifa.application.ports.messaging import (
    ChannelStopped,
    MessageRejected,
    NotSent,
    ProviderUnreachable,
    RateLimited,
    RecipientUnreachable,
)
from khalifa.domain.messages import JsonValue

_CODE = re.compile(r"\d{1,9}", re.ASCII)
_MINUTE = 60.0
_HOUR = 3600.0

# Meta's general permission errors: every code from 200 to 299.
_PERMISSIONS = range(200, 300)
UNAUTHORIZED = frozenset({0, 3, 10, 190, 131005, *_PERMISSIONS})
INVALID_PARAMETER = 100


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code means: the error to raise, words for an agent, seconds to wait if throttled."""

    error: type[NotSent]
    words: str
    pause: float | None = None


_TOKEN = "Meta no longer accepts the access token. Tell the supervisor."  # noqa: S105
_PERMISSION = "The access token may not send from this number. Tell the supervisor."
_BUSY = "WhatsApp is not available for the moment."
_PACE = "Slowed to protect the number."
_SPAM = "WhatsApp holds this number back because customers complained. Tell the supervisor."
_STOPPED = "WhatsApp stopped the number. Tell the supervisor."
_UNREGISTERED = "The number is not registered with WhatsApp. Tell the supervisor."
_PAYMENT = "Meta has a problem with the account's payment method. Tell the supervisor."
_NAME = "Meta has not approved the number's display name. Tell the supervisor."
_UNREACHABLE = "The customer cannot be reached. They may have blocked us, or not be on WhatsApp."
_NOT_ALLOWED = "This number is not among the test recipients allowed in the app. Add it there."
_COUNTRY = "Meta does not let this account write to the customer's country."
_OURSELVES = "This is our own number."
_PHONE_NEEDED = "This kind of message needs the customer's phone number."
_WINDOW = "24 hours since they last wrote. Send a template."
_HELD = "WhatsApp chose not to deliver this one, to spare the customer. Try again tomorrow."
_STOP = "The customer asked for no more offers."
_EXPERIMENT = "WhatsApp keeps this customer from such messages for now."
_INVALID = "WhatsApp found something wrong in the message."
_KIND = "WhatsApp does not take this kind of message."
_TEMPLATE = "The template is not approved or a field is empty."
_LIMIT = "The number has reached its limit of new customers for today. Tell the supervisor."
_FILE_IN = "The customer's file could not be fetched: it is too large or of an unknown kind."
_FILE_OUT = "WhatsApp could not take the file."
_KEY = "The customer's identity changed since it was last confirmed."

_BY_CODE: dict[int, Meaning] = {
    0: Meaning(ChannelStopped, _TOKEN),
    1: Meaning(ProviderUnreachable, _BUSY),
    2: Meaning(ProviderUnreachable, _BUSY),
    3: Meaning(ChannelStopped, _PERMISSION),
    4: Meaning(RateLimited, _PACE, 2 * _MINUTE),
    10: Meaning(ChannelStopped, _PERMISSION),
    33: Meaning(ChannelStopped, _UNREGISTERED),
    100: Meaning(MessageRejected, _INVALID),
    190: Meaning(ChannelStopped, _TOKEN),
    368: Meaning(ChannelStopped, _STOPPED),
    613: Meaning(RateLimited, _PACE, 2 * _MINUTE),
    80007: Meaning(RateLimited, _PACE, 2 * _MINUTE),
    130429: Meaning(RateLimited, _PACE, 5.0),
    130472: Meaning(MessageRejected, _EXPERIMENT),
    130497: Meaning(RecipientUnreachable, _COUNTRY),
    131000: Meaning(ProviderUnreachable, _BUSY),
    131005: Meaning(ChannelStopped, _PERMISSION),
    131008: Meaning(MessageRejected, _INVALID),
    131009: Meaning(MessageRejected, _INVALID),
    131016: Meaning(ProviderUnreachable, _BUSY),
    131021: Meaning(RecipientUnreachable, _OURSELVES),
    131026: Meaning(RecipientUnreachable, _UNREACHABLE),
    131030: Meaning(RecipientUnreachable, _NOT_ALLOWED),
    131031: Meaning(ChannelStopped, _STOPPED),
    131037: Meaning(ChannelStopped, _NAME),
    131042: Meaning(ChannelStopped, _PAYMENT),
    131045: Meaning(ChannelStopped, _UNREGISTERED),
    131047: Meaning(MessageRejected, _WINDOW),
    131048: Meaning(RateLimited, _SPAM, _HOUR),
    131049: Meaning(MessageRejected, _HELD),
    131050: Meaning(MessageRejected, _STOP),
    131051: Meaning(MessageRejected, _KIND),
    131052: Meaning(MessageRejected, _FILE_IN),
    131053: Meaning(MessageRejected, _FILE_OUT),
    # One message in six seconds to one customer, after a burst.
    131056: Meaning(RateLimited, _PACE, 6.0),
    131057: Meaning(ProviderUnreachable, _BUSY),
    131062: Meaning(RecipientUnreachable, _PHONE_NEEDED),
    131063: Meaning(MessageRejected, _TEMPLATE),
    131064: Meaning(MessageRejected, _LIMIT),
    132000: Meaning(MessageRejected, _TEMPLATE),
    132001: Meaning(MessageRejected, _TEMPLATE),
    132005: Meaning(MessageRejected, _TEMPLATE),
    132007: Meaning(MessageRejected, _TEMPLATE),
    132012: Meaning(MessageRejected, _TEMPLATE),
    132015: Meaning(MessageRejected, _TEMPLATE),
    132016: Meaning(MessageRejected, _TEMPLATE),
    132018: Meaning(MessageRejected, _TEMPLATE),
    132068: Meaning(MessageRejected, _TEMPLATE),
    132069: Meaning(MessageRejected, _TEMPLATE),
    133004: Meaning(ProviderUnreachable, _BUSY),
    133010: Meaning(ChannelStopped, _UNREGISTERED),
    133016: Meaning(RateLimited, _PACE, _MINUTE),
    137000: Meaning(RecipientUnreachable, _KEY),
}

_UNKNOWN = Meaning(MessageRejected, "WhatsApp did not take the message.")
_PASSING = Meaning(ProviderUnreachable, _BUSY)
_THROTTLED = Meaning(RateLimited, _PACE, 30.0)


def _meaning_of(code: int | None, otherwise: Meaning = _UNKNOWN) -> Meaning:
    if code in _PERMISSIONS:
        return _BY_CODE[131005]
    return otherwise if code is None else _BY_CODE.get(code, otherwise)


def words_for(code: int | None) -> str:
    """Return words for an agent, with *code* in parentheses when there is one."""
    words = _meaning_of(code).words
    return words if code is None else f"{words} ({code})"


def code_of(error: JsonValue) -> int | None:
    """Return the code in an error object of Meta's, which has been seen as a string too."""
    match error:
        case {"code": bool()}:
            return None
        case {"code": int(code)}:
            return code
        case {"code": str(digits)} if _CODE.fullmatch(digits):
            return int(digits)
        case _:
            return None


def refusal(error: JsonValue, *, status: int) -> NotSent | None:
    """
    Return the error to raise for Meta's *error* object, None if it names no code.

    The HTTP *status* and Meta's own hint that an error passes decide only
    about codes nobody documented.
    """
    code = code_of(error)
    if code is None:
        return None
    transient = isinstance(error, dict) and error.get("is_transient") is True
    otherwise = _PASSING if transient else _UNKNOWN
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        otherwise = _THROTTLED
    meaning = _meaning_of(code, otherwise)
    words = f"{meaning.words} ({code})"
    if issubclass(meaning.error, RateLimited):
        return meaning.error(words, retry_after=meaning.pause)
    return meaning.error(words)


def throttled() -> RateLimited:
    """Return the error to raise when HTTP itself, and not Meta's envelope, says: too fast."""
    words = f"{_THROTTLED.words} ({HTTPStatus.TOO_MANY_REQUESTS.value})"
    return RateLimited(words, retry_after=_THROTTLED.pause)
