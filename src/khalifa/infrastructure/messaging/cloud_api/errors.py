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
    FileNotTaken,
    LateRefusals,
    MessageRejected,
    NotSent,
    ProviderUnreachable,
    RateLimited,
    RecipientUnreachable,
)
from khalifa.domain.messages import JsonValue
from khalifa.domain.words import Words

_CODE = re.compile(r"\d{1,9}", re.ASCII)
_MINUTE = 60.0
_HOUR = 3600.0

# Meta's general permission errors: every code from 200 to 299.
_PERMISSIONS = range(200, 300)
UNAUTHORIZED = frozenset({0, 3, 10, 190, 131005, *_PERMISSIONS})
INVALID_PARAMETER = 100
FILE_NOT_FETCHED = 131052


# Too fast for one recipient; every other "too fast" is for the number or the account.
_FOR_ONE = 131056


@dataclass(frozen=True, slots=True)
class Meaning:
    """
    What a code means: the error to raise, words for an agent, seconds to wait if it passes.

    ``alert``: whoever looks after the account must hear of it. ``final``: it
    stops the number, and this message is never taken. ``lasts``: how long Meta
    may be away.
    """

    error: type[NotSent]
    words: Words
    pause: float | None = None
    alert: bool = False
    final: bool = False
    lasts: float | None = None


_TOKEN = Words(
    "Meta no longer accepts the access token. Tell the supervisor.",
    "Meta لم تعد تقبل رمز الوصول. أبلغ المشرف.",
)
_PERMISSION = Words(
    "The access token may not send from this number. Tell the supervisor.",
    "رمز الوصول لا يملك صلاحية الإرسال من هذا الرقم. أبلغ المشرف.",
)
_BUSY = Words(
    "WhatsApp is not available for the moment.",
    "واتساب غير متاح حاليًا.",
)
_PACE = Words(
    "Slowed to protect the number.",
    "أُبطئ الإرسال لحماية الرقم.",
)
_SPAM = Words(
    "WhatsApp holds this number back because customers complained. Tell the supervisor.",
    "واتساب يوقف إرسال هذا الرقم مؤقتًا بسبب شكاوى العملاء. أبلغ المشرف.",
)
_STOPPED = Words(
    "WhatsApp stopped the number. Tell the supervisor.",
    "واتساب أوقف الرقم. أبلغ المشرف.",
)
_UNREGISTERED = Words(
    "The number is not registered with WhatsApp. Tell the supervisor.",
    "الرقم غير مسجّل في واتساب. أبلغ المشرف.",
)
_REGISTERED = Words(
    "The number was registered or removed too often. Tell the supervisor.",
    "سُجّل الرقم أو أُلغي تسجيله مرات كثيرة. أبلغ المشرف.",
)
_PAYMENT = Words(
    "Meta has a problem with the account's payment method. Tell the supervisor.",
    "توجد مشكلة في طريقة الدفع لدى Meta. أبلغ المشرف.",
)
_NAME = Words(
    "Meta has not approved the number's display name. Tell the supervisor.",
    "Meta لم توافق على الاسم الظاهر للرقم. أبلغ المشرف.",
)
_UNREACHABLE = Words(
    "The customer cannot be reached. They may have blocked us, or not be on WhatsApp.",
    "تعذّر الوصول إلى العميل. ربما حظرنا، أو ليس على واتساب.",
)
_NOT_ALLOWED = Words(
    "This number is not among the test recipients allowed in the app. Add it there.",
    "هذا الرقم ليس من أرقام الاختبار المسموحة في التطبيق. أضفه هناك.",
)
_COUNTRY = Words(
    "Meta does not let this account write to the customer's country. Tell the supervisor.",
    "Meta لا تسمح لهذا الحساب بمراسلة بلد العميل. أبلغ المشرف.",
)
_OURSELVES = Words(
    "This is our own number.",
    "هذا رقمنا نحن.",
)
_PHONE_NEEDED = Words(
    "This kind of message needs the customer's phone number.",
    "هذا النوع من الرسائل يحتاج إلى رقم هاتف العميل.",
)
_WINDOW = Words(
    "24 hours since they last wrote. Send a template.",
    "مرّت 24 ساعة على آخر رسالة من العميل. أرسل قالبًا.",
)
_HELD = Words(
    "WhatsApp chose not to deliver this one, to spare the customer. Try again tomorrow.",
    "اختار واتساب عدم توصيل هذه الرسالة حتى لا يُزعج العميل. حاول غدًا.",
)
_STOP = Words(
    "The customer asked for no more offers.",
    "طلب العميل عدم إرسال العروض.",
)
_EXPERIMENT = Words(
    "WhatsApp keeps this customer from such messages for now.",
    "واتساب يحجب هذا النوع من الرسائل عن العميل حاليًا.",
)
_INVALID = Words(
    "WhatsApp found something wrong in the message.",
    "وجد واتساب خطأ في الرسالة.",
)
_KIND = Words(
    "WhatsApp does not take this kind of message.",
    "واتساب لا يقبل هذا النوع من الرسائل.",
)
_TEMPLATE = Words(
    "The template is not approved or a field is empty.",
    "القالب غير معتمد أو إحدى خاناته فارغة.",
)
_LIMIT = Words(
    "The number has reached its limit of new customers for today. Tell the supervisor.",
    "بلغ الرقم حدّه اليومي من العملاء الجدد. أبلغ المشرف.",
)
_FILE_IN = Words(
    "The customer's file could not be fetched. It may be larger than 100 MB: tell the customer.",
    "تعذّر تحميل ملف العميل. ربما يزيد حجمه على 100 ميجابايت: أخبر العميل.",
)
_FILE_OUT = Words(
    "WhatsApp could not take the file.",
    "واتساب لم يقبل الملف.",
)
_KEY = Words(
    "The customer's identity changed since it was last confirmed.",
    "تغيّرت هوية العميل منذ آخر تأكيد لها.",
)

_BY_CODE: dict[int, Meaning] = {
    0: Meaning(ChannelStopped, _TOKEN),
    1: Meaning(ProviderUnreachable, _BUSY),
    2: Meaning(ProviderUnreachable, _BUSY, lasts=5 * _MINUTE),
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
    # It may be so of one country only, so that the next reply tries the number: ADR 20.
    130497: Meaning(ChannelStopped, _COUNTRY, alert=True, final=True),
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
    # Trying again soon is what it punishes; a person must learn of it.
    131048: Meaning(ChannelStopped, _SPAM, 2 * _HOUR),
    131049: Meaning(MessageRejected, _HELD),
    131050: Meaning(MessageRejected, _STOP),
    131051: Meaning(MessageRejected, _KIND),
    131052: Meaning(MessageRejected, _FILE_IN),
    # It may be Meta's trouble with fetching, or the file: nothing tells which.
    131053: Meaning(FileNotTaken, _FILE_OUT),
    # One message in six seconds to one customer, after a burst: again after 1, 4, 16, 64 s.
    131056: Meaning(RateLimited, _PACE),
    131057: Meaning(ProviderUnreachable, _BUSY),
    131062: Meaning(RecipientUnreachable, _PHONE_NEEDED),
    131063: Meaning(MessageRejected, _TEMPLATE),
    131064: Meaning(MessageRejected, _LIMIT, alert=True),
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
    133016: Meaning(MessageRejected, _REGISTERED),
    137000: Meaning(RecipientUnreachable, _KEY),
}

_UNKNOWN = Meaning(
    MessageRejected, Words("WhatsApp did not take the message.", "واتساب لم يقبل الرسالة.")
)
_PASSING = Meaning(ProviderUnreachable, _BUSY)
_THROTTLED = Meaning(RateLimited, _PACE, 30.0)


def _meaning_of(code: int | None, otherwise: Meaning = _UNKNOWN) -> Meaning:
    if code in _PERMISSIONS:
        return _BY_CODE[131005]
    return otherwise if code is None else _BY_CODE.get(code, otherwise)


def words_for(code: int | None) -> Words:
    """Return words for an agent, with *code* in parentheses when there is one."""
    return _with_code(_meaning_of(code).words, code)


def _with_code(words: Words, code: int | None) -> Words:
    if code is None:
        return words
    return Words(f"{words.english} ({code})", f"{words.arabic} ({code})")


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
    return _error(_meaning_of(code, otherwise), code)


def throttled() -> NotSent:
    """Return the error to raise when HTTP itself, and not Meta's envelope, says: too fast."""
    return _error(_THROTTLED, HTTPStatus.TOO_MANY_REQUESTS.value)


class CloudApiRefusals(LateRefusals):
    """What the codes of ``failed`` statuses mean: the same as at once."""

    def refusal(self, code: str) -> NotSent | None:
        return refusal({"code": code}, status=HTTPStatus.OK)


def _error(meaning: Meaning, code: int) -> NotSent:
    words, kind = _with_code(meaning.words, code), meaning.error
    failure = kind(words, code=str(code))
    failure.retry_after = meaning.pause
    failure.lasts = meaning.lasts
    failure.needs_person = meaning.alert
    if kind is RateLimited:
        failure.whole_channel = code != _FOR_ONE
    if meaning.final:
        failure.retryable = False
    return failure
