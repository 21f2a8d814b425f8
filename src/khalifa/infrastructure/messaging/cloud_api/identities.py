"""Who a customer of Meta's is: numbers and business-scoped user ids, and when they change."""

import re

from khalifa.domain.contacts import Identity, IdentityKind, PhoneNumber
from khalifa.domain.messages import IdentityChange, Ignored, JsonValue, Reading
from khalifa.infrastructure.messaging.cloud_api.fields import (
    identifier,
    mapping,
    moment,
    string,
    text,
)
from khalifa.infrastructure.messaging.cloud_api.settings import NAME

_Object = dict[str, JsonValue]

# A business-scoped user id: country, dot, letters and digits; drafts had others.
# One letter at least, so that it is never taken for a telephone number.
_BSUID = re.compile(r"(?=[^A-Za-z]*[A-Za-z])[!-~]{1,512}")

# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/system
_CHANGES = frozenset({"user_changed_number", "customer_changed_number", "user_changed_user_id"})
# "User Mona changed from US.1 to US.2": where nothing else says which id went before.
_FROM_TO = re.compile(r" from (\S+) to (\S+?)\.?$")

_NO_CHANGE = Ignored(reason="not a change of id")


def identities_of(number: str | None, user_id: str | None) -> tuple[Identity, ...]:
    """
    Return the identities of whom Meta names so, the best reply address first.

    Either may be missing, and some senders put an id where a number belongs.
    """
    phone = PhoneNumber.from_provider(number) if number else None
    found = [Identity.of_phone(phone)] if phone else []
    for id_ext in (None if phone else number, user_id):
        bsuid = _bsuid(id_ext)
        if bsuid and bsuid not in found:
            found.append(bsuid)
    return tuple(found)


def _bsuid(id_ext: str | None) -> Identity | None:
    usable = id_ext is not None and _BSUID.fullmatch(id_ext)
    return Identity(NAME, IdentityKind.BSUID, id_ext) if usable and id_ext else None


def named_by_system(message: _Object) -> tuple[Identity, ...]:
    """
    Return whom a system message is about, by the names from before the change.

    It has no contacts; and when only the id changed, no number either.
    """
    number, user_id = string(message.get("from")), _former_user_id(message)
    system = mapping(message.get("system"))
    if number is None and user_id is None:
        number, user_id = string(system.get("wa_id")), string(system.get("user_id"))
    return identities_of(number, user_id)


def change_in(message: _Object) -> IdentityChange | None:
    """Return what a system message says of its customer's names, None when that is nothing."""
    system = mapping(message.get("system"))
    if message.get("type") != "system" or text(system.get("type")) not in _CHANGES:
        return None
    before, user_id_before = string(message.get("from")), _former_user_id(message)
    number = string(system.get("wa_id")) or string(system.get("new_wa_id"))
    user_id = string(system.get("user_id"))
    current = identities_of(number or before, user_id)
    # What nothing new is said of is still good, unless it is what changed.
    previous = identities_of(before if number else None, user_id_before if user_id else None)
    return _change(previous, current, message)


def _former_user_id(message: _Object) -> str | None:
    """Return the id from before: its own field is missing in most of these messages."""
    system = mapping(message.get("system"))
    told = string(message.get("from_user_id")) or string(system.get("previous_user_id"))
    said = _FROM_TO.search(text(system.get("body")) or "")
    if told is None and said and said[2] == string(system.get("user_id")):
        return said[1]
    return told


def read_user_id_update(update: JsonValue) -> Reading:
    """
    Read one element of ``user_id_update``: a new id, because the customer has a new number.

    https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
    """
    entry = mapping(update)
    ids = mapping(entry.get("user_id"))
    previous = identities_of(None, string(ids.get("previous")))
    current = identities_of(string(entry.get("wa_id")), string(ids.get("current")))
    if not ids.get("current"):
        return _NO_CHANGE
    return _change(previous, current, entry) or _NO_CHANGE


def _change(
    previous: tuple[Identity, ...], current: tuple[Identity, ...], source: _Object
) -> IdentityChange | None:
    gone = tuple(identity for identity in previous if identity not in current)
    if not current or len(gone) + len(current) == 1:
        return None
    return IdentityChange(
        provider=NAME,
        previous=gone,
        current=current,
        at=moment(source.get("timestamp")),
        whatsapp_message_id=identifier(source.get("id")),
    )
