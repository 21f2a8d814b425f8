"""
What WPPConnect's answers to sends mean.

Error texts of the server hold no cause, an HTTP error is no proof that nothing
was sent (its middleware answers, and lets the send go on), and 201 is none
that something was.
"""

from http import HTTPStatus

from khalifa.application.ports.messaging import (
    DeliveryError,
    MessageRejected,
    OutcomeUnknown,
    ProviderUnreachable,
    RecipientUnreachable,
)
from khalifa.application.ports.outgoing import Receipt
from khalifa.domain.messages import JsonValue
from khalifa.domain.pace import WarningSign
from khalifa.domain.words import Words
from khalifa.infrastructure.messaging.wppconnect.ids import key_of
from khalifa.infrastructure.provider_http import Answer

NO_SUCH_NUMBER = Words("This number is not on WhatsApp.", "هذا الرقم ليس على واتساب.")
DISCONNECTED = Words(
    "WhatsApp is not connected. See whether the phone must be paired again.",
    "واتساب غير متصل. تحقق من ربط الهاتف من جديد.",
)
_REFUSED = Words(
    "WhatsApp did not accept the message. (ack {ack})", "واتساب لم يقبل الرسالة. (ack {ack})"
)
_NOBODY = Words("WPPConnect sent it to nobody.", "لم يُرسلها WPPConnect إلى أحد.")
_UNSURE_OF_NUMBER = Words(
    "WPPConnect did not find this number on WhatsApp, and may have sent the message all the same.",
    "لم يجد WPPConnect هذا الرقم على واتساب، وربما أرسل الرسالة رغم ذلك.",
)
_UNCLEAR = Words(
    "{operation}: WPPConnect's answer ({status}) does not tell whether it was sent.",
    "لا يوضح رد WPPConnect ({status}) هل أُرسلت الرسالة.",
)


def receipt_in(answer: Answer, operation: str) -> Receipt:
    """Return the receipt of a send to one recipient, answered by a list; or raise what it means."""
    match (answer.status, answer.body):
        case (HTTPStatus.CREATED, {"response": []}):
            raise MessageRejected(_NOBODY)
        case (HTTPStatus.CREATED, {"response": [None | False | dict() as sent]}):
            return _sent(sent)
    raise failure_in(answer, operation)


def card_receipt_in(answer: Answer, operation: str) -> Receipt:
    """Return the receipt of a contact card, answered 200 by the message itself; or raise."""
    match (answer.status, answer.body):
        case (HTTPStatus.OK, {"status": "success", "response": None | False | dict() as sent}):
            return _sent(sent)
        case (HTTPStatus.OK, {"status": "success"}):
            # The loop over recipients left nothing: JSON has no undefined.
            raise MessageRejected(_NOBODY)
    raise failure_in(answer, operation)


def reaction_receipt_in(answer: Answer, operation: str) -> Receipt:
    """Return the receipt of a reaction, which has no id; or raise."""
    match (answer.status, answer.body):
        case (HTTPStatus.OK, {"status": "success"}):
            return Receipt(None)
    raise failure_in(answer, operation)


def failure_in(answer: Answer, operation: str) -> DeliveryError:
    """Name what went wrong, where anything but a success was answered."""
    match (answer.status, answer.body):
        case (HTTPStatus.BAD_REQUEST, {"status": "Connected"}):
            # "The number does not exist" is also answered when the question to
            # WhatsApp failed, a miss is remembered for 15 seconds, so asking
            # again proves nothing, and the message goes to the library in any case.
            # https://github.com/wppconnect-team/wppconnect-server/blob/main/src/middleware/statusConnection.ts
            # https://github.com/wppconnect-team/wa-js/blob/main/src/contact/functions/queryWidExists.ts
            return OutcomeUnknown(_UNSURE_OF_NUMBER)
        case (HTTPStatus.NOT_FOUND, {"status": "Disconnected"}):
            # Answered by the same middleware where there is no page to send with.
            return ProviderUnreachable(DISCONNECTED)
        case (HTTPStatus.INTERNAL_SERVER_ERROR, {"error": {"text": "The number does not exist"}}):
            # The library's own refusal, thrown where it looks for the chat, before the send.
            # https://github.com/wppconnect-team/wppconnect/blob/main/src/lib/wapi/functions/check-send-exist.js
            return RecipientUnreachable(NO_SUCH_NUMBER)
    return OutcomeUnknown(_UNCLEAR.filled(operation=operation, status=answer.status))


def _sent(sent: JsonValue) -> Receipt:
    """
    Read what became of the one message.

    None or False is a message that went out and could not be found again:
    https://github.com/wppconnect-team/wppconnect/issues/2662
    A negative ack is WhatsApp's refusal, answered like a success:
    https://github.com/wppconnect-team/wppconnect-server/issues/2517
    """
    if not isinstance(sent, dict):
        return Receipt(None)
    ack = sent.get("ack")
    refused = isinstance(ack, int) and ack < 0
    if refused or sent.get("isSendFailure") is True:
        told = ack if isinstance(ack, int) else "none"
        code = str(ack) if refused else None
        rejected = MessageRejected(_REFUSED.filled(ack=told), code=code)
        # WhatsApp does this to numbers it is about to ban.
        rejected.sign = WarningSign.REFUSED
        raise rejected
    key = key_of(sent.get("id"))
    return Receipt(key, message_key=key)
