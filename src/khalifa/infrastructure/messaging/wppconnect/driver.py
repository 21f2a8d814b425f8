"""Sending through WPPConnect Server."""

from collections.abc import Collection
from http import HTTPStatus

from khalifa.application.ports.messaging import (
    MessageRejected,
    OutcomeUnknown,
    ProviderUnreachable,
    RecipientUnreachable,
)
from khalifa.application.ports.outgoing import MessageDriver, OutgoingMedia, OutgoingText, Receipt
from khalifa.domain.contacts import Address, Identity, IdentityKind
from khalifa.domain.messages import JsonObject, JsonValue
from khalifa.domain.words import Words
from khalifa.infrastructure.messaging.wppconnect.client import WppconnectClient
from khalifa.infrastructure.messaging.wppconnect.ids import key_of
from khalifa.infrastructure.messaging.wppconnect.settings import NAME
from khalifa.infrastructure.provider_http import Answer, Timeouts

# A send answers when WhatsApp has acknowledged it, or never: the library under
# the server has no time-out of its own. Together this is as long as anybody waits.
SENDING = Timeouts(connect=5, answer=15)

_OPERATION = "Sending a text"
_LID = "lid"

# Whatever has more characters WPPConnect takes for a LID: a text to such a
# number would reach a stranger.
# https://github.com/wppconnect-team/wppconnect-server/blob/main/src/util/functions.ts
_LONGEST_NUMBER = 14

_NO_FILES = Words(
    "Files cannot be sent through this provider.", "لا يمكن إرسال الملفات عبر هذا المزوّد."
)
_NOT_FOR_WPPCONNECT = "WPPConnect cannot address this customer."
_NO_SUCH_NUMBER = "This number is not on WhatsApp."
_DISCONNECTED = "WhatsApp is not connected. See whether the phone must be paired again."
_REFUSED = "WhatsApp did not accept the message. (ack {ack})"
_NOBODY = "WPPConnect sent it to nobody."
_UNSURE_OF_NUMBER = (
    "WPPConnect did not find this number on WhatsApp, and may have sent the message all the same."
)
_UNCLEAR = f"{_OPERATION}: WPPConnect's answer ({{status}}) does not tell whether it was sent."


class WppconnectDriver(MessageDriver):
    """
    Sends texts from the paired phone, one recipient a call.

    The number may answer under another chat id than it was asked for, so the
    key of the message is its id here.
    """

    def __init__(self, client: WppconnectClient, timeouts: Timeouts = SENDING) -> None:
        self._client = client
        self._timeouts = timeouts

    async def send_text(self, message: OutgoingText) -> Receipt:
        answer = await self._client.send(
            "send-message",
            {**_recipient(message.to), "message": message.text},
            operation=_OPERATION,
            timeouts=self._timeouts,
        )
        return _receipt(answer)

    async def send_media(self, message: OutgoingMedia) -> Receipt:
        raise MessageRejected(_NO_FILES)

    def address_of(self, identities: Collection[Identity]) -> Address | None:
        for identity in identities:
            if identity.kind is IdentityKind.PHONE and len(identity.id_ext) <= _LONGEST_NUMBER:
                return Address(NAME, identity.id_ext)
        for identity in identities:
            if identity.kind is IdentityKind.LID and identity.provider == NAME:
                return Address(NAME, f"{identity.id_ext}@{_LID}")
        return None


def _recipient(to: Address) -> JsonObject:
    """
    Name the recipient: digits, as text.

    A number given as a JSON number is answered "not connected", and of
    anything but digits only some of it is taken away.
    """
    user, _, server = to.id_ext.partition("@")
    is_lid = server == _LID
    digits_only = user.isascii() and user.isdigit()
    if not digits_only or (not is_lid and (server or len(user) > _LONGEST_NUMBER)):
        raise RecipientUnreachable(_NOT_FOR_WPPCONNECT)
    return {"phone": user, "isGroup": False, "isLid": is_lid}


def _receipt(answer: Answer) -> Receipt:
    """
    Read the answer to a send, or raise what it means.

    Error texts of the server hold no cause, and an HTTP error is no proof:
    its middleware answers, and lets the send go on.
    """
    match (answer.status, answer.body):
        case (HTTPStatus.CREATED, {"response": []}):
            raise MessageRejected(_NOBODY)
        case (HTTPStatus.CREATED, {"response": [None | False | dict() as sent]}):
            return _sent(sent)
        case (HTTPStatus.BAD_REQUEST, {"status": "Connected"}):
            # "The number does not exist" is also answered when the question to
            # WhatsApp failed, a miss is remembered for 15 seconds, so asking
            # again proves nothing, and the message goes to the library in any case.
            # https://github.com/wppconnect-team/wppconnect-server/blob/main/src/middleware/statusConnection.ts
            # https://github.com/wppconnect-team/wa-js/blob/main/src/contact/functions/queryWidExists.ts
            raise OutcomeUnknown(_UNSURE_OF_NUMBER)
        case (HTTPStatus.NOT_FOUND, {"status": "Disconnected"}):
            # Answered by the same middleware where there is no page to send with.
            raise ProviderUnreachable(_DISCONNECTED)
        case (HTTPStatus.INTERNAL_SERVER_ERROR, {"error": {"text": "The number does not exist"}}):
            # The library's own refusal, thrown where it looks for the chat, before the send.
            # https://github.com/wppconnect-team/wppconnect/blob/main/src/lib/wapi/functions/check-send-exist.js
            raise RecipientUnreachable(_NO_SUCH_NUMBER)
        case _:
            raise OutcomeUnknown(_UNCLEAR.format(status=answer.status))


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
    if sent.get("isSendFailure") is True or (isinstance(ack, int) and ack < 0):
        raise MessageRejected(_REFUSED.format(ack=ack if isinstance(ack, int) else "none"))
    key = key_of(sent.get("id"))
    return Receipt(key, message_key=key)
