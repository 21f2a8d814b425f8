"""Reading WhatsApp's own key of a message out of the id Meta gives it."""

import base64
import re

_PREFIX = "wamid."

# Meta calls the id opaque. Those of its own examples and of public logs decode
# to one Thrift compact structure. The id of the text in
# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/text
# is wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQTRBNjU5OUFFRTAzODEwMTQ0RgA=, which holds:
#   1c            a struct: the chat
#     18 0b …       a string: its length, the customer's number
#     15 02 00      an enum, the end of the struct
#   11 or 12      true or false: whether the business wrote it
#   18 14 …       a string: its length, the key as WhatsApp's clients know it
#   00            the end
# Whatever decodes to anything else has no key that can be trusted.
_STRUCTURE = re.compile(
    rb"\x1c\x18([\x01-\x7f])([!-~]+)\x15\x02\x00[\x11\x12]\x18([\x01-\x7f])([0-9A-F]{16,64})\x00",
    re.DOTALL,
)


def message_key(wamid: str) -> str | None:
    """Return WhatsApp's key of the message Meta calls *wamid*, None if it cannot be read."""
    if not wamid.startswith(_PREFIX):
        return None
    try:
        raw = base64.b64decode(wamid.removeprefix(_PREFIX), validate=True)
    except ValueError:
        return None
    found = _STRUCTURE.fullmatch(raw)
    if not found:
        return None
    chat_length, chat, key_length, key = found.groups()
    if chat_length[0] != len(chat) or key_length[0] != len(key):
        return None
    return key.decode("ascii")
