"""From one message or status of Meta's to one reading of khalifa's."""

import re

from khalifa.domain.contacts import Identity
from khalifa.domain.messages import (
    DeliveryStatus,
    Ignored,
    IncomingMessage,
    JsonValue,
    Reading,
    StatusUpdate,
)
from khalifa.domain.words import Words
from khalifa.infrastructure.messaging.cloud_api.contents import contents_of, troubles_of
from khalifa.infrastructure.messaging.cloud_api.errors import code_of, words_for
from khalifa.infrastructure.messaging.cloud_api.fields import (
    MAX_ID,
    elements,
    identifier,
    mapping,
    moment,
    plain,
    string,
    text,
)
from khalifa.infrastructure.messaging.cloud_api.identities import identities_of, named_by_system
from khalifa.infrastructure.messaging.cloud_api.settings import NAME
from khalifa.infrastructure.messaging.cloud_api.wamid import message_key

_Object = dict[str, JsonValue]

OTHER_NUMBER = "for another number"

_NO_MESSAGE = Ignored(reason="not a message")
_NO_STATUS = Ignored(reason="not a status")
_NO_ID = Ignored(reason="no id")
_LONG_ID = Ignored(reason="id too long")
_NO_REASON = Words("WhatsApp gave no reason.", "لم يذكر واتساب السبب.")
_MAX_NAME = 255

_WORD = re.compile(r"[a-z_]{1,40}")

_STATUSES = {
    "sent": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.READ,
    "played": DeliveryStatus.READ,
    "failed": DeliveryStatus.FAILED,
}


class Contacts:
    """The contacts of one webhook value. They may come in any order, or not at all."""

    __slots__ = ("_named", "_only")

    def __init__(self, raw: JsonValue) -> None:
        contacts = [contact for contact in elements(raw) if isinstance(contact, dict)]
        self._only: _Object = contacts[0] if len(contacts) == 1 else {}
        self._named: dict[str, _Object] = {}
        for contact in contacts:
            for key in ("wa_id", "user_id"):
                if id_ext := string(contact.get(key)):
                    self._named.setdefault(id_ext, contact)

    def of(self, number: str | None, user_id: str | None) -> _Object:
        """Return the contact of either id, else the only one there is, else an empty one."""
        return self._named.get(number or "") or self._named.get(user_id or "") or self._only


def read_message(message: JsonValue, contacts: Contacts, *, ours: bool, from_us: bool) -> Reading:
    """
    Read one message; *from_us* when it is an echo of what we wrote ourselves.

    *ours*: it is for our number.
    """
    if not isinstance(message, dict):
        return _NO_MESSAGE
    wamid = string(message.get("id"))
    if wamid is None or len(wamid) > MAX_ID:
        return _NO_ID if wamid is None else _LONG_ID
    identities, name = _customer(message, contacts, "to" if from_us else "from")
    if reason := _no_concern(message, identities, ours=ours):
        return Ignored(reason=reason, whatsapp_message_id=wamid)
    contents = contents_of(message)
    context = mapping(message.get("context"))
    reply_to = identifier(context.get("id"))
    # Changes name their message in what they hold, answers in their context.
    about = text((contents.content or {}).get("message_id")) or reply_to
    return IncomingMessage(
        provider=NAME,
        whatsapp_message_id=wamid,
        message_key=message_key(wamid),
        identities=identities,
        name=name,
        kind=contents.kind,
        text=contents.text,
        media=contents.media,
        content=_with_extras(contents.content, message, context),
        reply_to=reply_to,
        reply_to_key=message_key(about) if about else None,
        sent_at=moment(message.get("timestamp")),
        from_us=from_us,
    )


def _no_concern(message: _Object, identities: tuple[Identity, ...], *, ours: bool) -> str | None:
    """Return why *message* is none for us, None when it is one."""
    if not ours:
        return OTHER_NUMBER
    if message.get("group_id"):
        return "group message"
    if message.get("type") == "request_welcome":
        return "the chat was opened, nothing was said"
    return None if identities else "no sender"


def read_status(status: JsonValue, *, ours: bool) -> Reading:
    """Read what became of one message of ours; *ours*: it was sent from our number."""
    if not isinstance(status, dict):
        return _NO_STATUS
    wamid = string(status.get("id"))
    if wamid is None or len(wamid) > MAX_ID:
        return _NO_ID if wamid is None else _LONG_ID
    word = text(status.get("status")) or ""
    known = _STATUSES.get(word)
    if known is None or not ours or _of_another_kind(status):
        reason = _unknown(word) if known is None else "not of a message of ours"
        return Ignored(reason=reason if ours else OTHER_NUMBER, whatsapp_message_id=wamid)
    return StatusUpdate(
        provider=NAME,
        whatsapp_message_id=wamid,
        opaque_id=identifier(status.get("biz_opaque_callback_data")),
        status=known,
        **(_failure(status) if known is DeliveryStatus.FAILED else {}),
        at=moment(status.get("timestamp")),
    )


def _of_another_kind(status: _Object) -> bool:
    """Say whether *status* is a call's, or of a message to a group, which we never send."""
    return status.get("type") == "call" or status.get("recipient_type") == "group"


def _unknown(word: str) -> str:
    return f"status {word}" if _WORD.fullmatch(word) else "unknown status"


def _failure(status: _Object) -> dict[str, str | None]:
    """Return what a failed status says of why: in both languages, and Meta's code."""
    found = (code_of(error) for error in elements(status.get("errors")))
    code = next((code for code in found if code is not None), None)
    words = _NO_REASON if code is None else words_for(code)
    return {
        "error": words.english,
        "error_ar": words.arabic,
        "error_code": None if code is None else str(code),
    }


def _customer(
    message: _Object, contacts: Contacts, side: str
) -> tuple[tuple[Identity, ...], str | None]:
    """
    Return the customer's identities, the best reply address first, and name.

    Since usernames came, the number is missing or empty for some customers,
    who then have only a business-scoped user id.
    https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
    """
    if message.get("type") == "system":
        # The contact of a system message, if any, may already be the new number's.
        return named_by_system(message), None
    number = string(message.get(side))
    user_id = string(message.get(f"{side}_user_id"))
    contact = contacts.of(number, user_id)
    user_id = user_id or string(contact.get("user_id"))
    if number is None and user_id is None:
        number = string(contact.get("wa_id"))
    name = string(mapping(contact.get("profile")).get("name"))
    return identities_of(number, user_id), name[:_MAX_NAME] if name else None


def _with_extras(content: _Object | None, message: _Object, context: _Object) -> _Object | None:
    """
    Add what a message of any kind may have.

    It was passed on, came from an advert, is about a product, or something went wrong.
    """
    extras: _Object = {
        flag: True for flag in ("forwarded", "frequently_forwarded") if context.get(flag) is True
    }
    if referral := mapping(message.get("referral")):
        extras["referral"] = plain(referral)
    if product := mapping(context.get("referred_product")):
        extras["referred_product"] = plain(product)
    extras |= troubles_of(message)
    return {**(content or {}), **extras} if extras else content
