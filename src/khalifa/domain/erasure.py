"""Erasing: what stands in the place of a message, so that the same one never comes back."""

import hashlib

from khalifa.domain.contacts import ProviderName

ERASED = "the customer was erased"
_PREFIX = "erased:"


def tombstone_of(
    provider: ProviderName, whatsapp_message_id: str, message_key: str | None = None
) -> str:
    """
    Return what an erased message is known by, whichever provider brings it again.

    Nothing can be read from it: WhatsApp's ids are random and cannot be tried out.
    """
    name = message_key or f"{provider}\x1f{whatsapp_message_id}"
    return _PREFIX + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
