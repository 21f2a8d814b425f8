"""Whom a request to WPPConnect is for, and which message it is about."""

from http import HTTPStatus
from urllib.parse import quote

from khalifa.application.ports.messaging import (
    MessageRejected,
    OutcomeUnknown,
    ProviderUnreachable,
    RecipientUnreachable,
)
from khalifa.application.ports.outgoing import QuotedMessage
from khalifa.domain.contacts import Address
from khalifa.domain.messages import JsonObject, JsonValue
from khalifa.domain.words import Words
from khalifa.infrastructure.messaging.wppconnect.answers import DISCONNECTED, NO_SUCH_NUMBER
from khalifa.infrastructure.messaging.wppconnect.client import WppconnectClient
from khalifa.infrastructure.messaging.wppconnect.ids import wid_of
from khalifa.infrastructure.provider_http import Answer

LID = "lid"

# Whatever has more characters WPPConnect takes for a LID: a text to such a
# number would reach a stranger.
# https://github.com/wppconnect-team/wppconnect-server/blob/main/src/util/functions.ts
LONGEST_NUMBER = 14

_NOT_FOR_WPPCONNECT = Words(
    "WPPConnect cannot address this customer.", "لا يستطيع WPPConnect مراسلة هذا العميل."
)
_NOT_BY_THIS_ROUTE = Words(
    "WPPConnect cannot send this kind of message to this customer.",
    "لا يستطيع WPPConnect إرسال هذا النوع إلى هذا العميل.",
)
_GONE = Words(
    "The phone does not have the message any more that is answered or reacted to.",
    "الرسالة المطلوب الرد عليها أو التفاعل معها لم تعد على الهاتف.",
)
_UNCLEAR = Words(
    "WPPConnect's answer ({status}) cannot be understood. Nothing was sent.",
    "لا يمكن فهم رد WPPConnect ({status}). لم يُرسل شيء.",
)
_SILENT = Words("WPPConnect did not answer. Nothing was sent.", "لم يرد WPPConnect. لم يُرسل شيء.")


def recipient(to: Address) -> dict[str, JsonValue]:
    """
    Name the recipient: digits, as text.

    A number given as a JSON number is answered "not connected", and of
    anything but digits only some of it is taken away.
    """
    user, _, server = to.id_ext.partition("@")
    is_lid = server == LID
    digits_only = user.isascii() and user.isdigit()
    if not digits_only or (not is_lid and (server or len(user) > LONGEST_NUMBER)):
        raise RecipientUnreachable(_NOT_FOR_WPPCONNECT)
    return {"phone": user, "isGroup": False, "isLid": is_lid}


def chat_of(to: Address) -> str:
    """Return the chat id of a customer's address."""
    return to.id_ext if "@" in to.id_ext else f"{to.id_ext}@c.us"


async def require_second_reading(client: WppconnectClient, to: Address) -> None:
    """
    Make sure that the recipient survives being read twice.

    Some routes put the chat id that the number check found through the same
    function again, without saying that it is a LID: one of up to 14 digits
    becomes a phone number there, a stranger's.
    https://github.com/wppconnect-team/wppconnect-server/blob/main/src/controller/deviceController.ts

    Raises:
        RecipientUnreachable: it would reach somebody else.
        ProviderUnreachable: WPPConnect cannot tell, or does not find the number.
    """
    chat = chat_of(to)
    if not chat.endswith(f"@{LID}"):
        chat = await _chat_of_number(client, to.id_ext)
    user, _, server = chat.partition("@")
    if server == LID and len(user) <= LONGEST_NUMBER:
        raise RecipientUnreachable(_NOT_BY_THIS_ROUTE)


async def _chat_of_number(client: WppconnectClient, digits: str) -> str:
    answer = await _asked(client, f"check-number-status/{digits}", "Looking for the number")
    match answer.body:
        case {"response": {"numberExists": True, "id": found}} if chat := wid_of(found):
            return chat
        case {"response": {"numberExists": False}}:
            # Also answered when WhatsApp could not be asked: it may be found a moment later.
            raise ProviderUnreachable(NO_SUCH_NUMBER)
    raise _failure(answer)


async def message_id(client: WppconnectClient, message: QuotedMessage) -> str:
    """
    Return the whole id under which the phone has *message*.

    The chat in it may be the customer's number or LID, whichever WhatsApp had
    when the message came. An id that is not there makes a send fail in a way
    that does not tell whether it went out, so it is looked up first.

    Raises:
        MessageRejected: the phone has no such message.
        ProviderUnreachable: WPPConnect cannot tell.
    """
    own = "true" if message.from_us else "false"
    chat = chat_of(message.chat)
    for candidate in (chat, None):
        place = candidate or await _other_name(client, chat)
        if place is None:
            continue
        named = f"{own}_{place}_{message.whatsapp_message_id}"
        route = f"message-by-id/{quote(named, safe='@_')}"
        answer = await _asked(client, route, "Looking for the message")
        match (answer.status, answer.body):
            case (HTTPStatus.CREATED, {"response": {"data": {"id": _}}}):
                return named
            case (HTTPStatus.BAD_REQUEST, _):
                continue
        raise _failure(answer)
    raise MessageRejected(_GONE)


async def _other_name(client: WppconnectClient, chat: str) -> str | None:
    """Return the customer's LID for the number, or the number for the LID, if it is known."""
    answer = await _asked(client, f"contact/pn-lid/{chat}", "Looking for the customer")
    wanted = "phoneNumber" if chat.endswith(f"@{LID}") else "lid"
    found: JsonObject = answer.body if isinstance(answer.body, dict) else {}
    return wid_of(found.get(wanted))


async def _asked(client: WppconnectClient, route: str, operation: str) -> Answer:
    """Ask before anything is sent: no answer means that nothing was."""
    try:
        return await client.get(route, operation=operation)
    except OutcomeUnknown:
        failure = ProviderUnreachable(_SILENT)
    raise failure


def _failure(answer: Answer) -> ProviderUnreachable:
    match (answer.status, answer.body):
        case (HTTPStatus.NOT_FOUND, {"status": "Disconnected"}):
            return ProviderUnreachable(DISCONNECTED)
    return ProviderUnreachable(_UNCLEAR.filled(status=answer.status))
