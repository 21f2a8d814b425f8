"""One webhook body of WPPConnect Server, with only what is read of it."""

from typing import Any

import msgspec

from khalifa.application.ports.messaging import UnreadableWebhook
from khalifa.domain.messages import JsonValue
from khalifa.infrastructure.provider_json import UnreadableJson, read_json


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """
    A webhook body: the server lays an event's data flat beside its name.

    Everything may be missing, and of any type. What has no field here (some
    ninety flags, previews, quoted messages) is passed over without a copy.
    """

    event: Any = None
    session: Any = None
    id: Any = None
    type: Any = None
    subtype: Any = None
    template_params: Any = msgspec.field(name="templateParams", default=None)
    sender: Any = None
    author: Any = None
    to: Any = None
    from_: Any = msgspec.field(name="from", default=None)
    chat_id: Any = msgspec.field(name="chatId", default=None)
    from_me: Any = msgspec.field(name="fromMe", default=None)
    is_group: Any = msgspec.field(name="isGroupMsg", default=None)
    is_notification: Any = msgspec.field(name="isNotification", default=None)
    is_forwarded: Any = msgspec.field(name="isForwarded", default=None)
    notify_name: Any = msgspec.field(name="notifyName", default=None)
    t: Any = None
    timestamp: Any = None

    # A file's base64 stands here where a text would: up to 32 MB that nobody
    # reads, kept as a view of the bytes that came.
    body: msgspec.Raw = msgspec.Raw(b"null")
    caption: Any = None
    mimetype: Any = None
    filename: Any = None
    filehash: Any = None
    size: Any = None
    lat: Any = None
    lng: Any = None
    loc: Any = None
    vcards: Any = msgspec.field(name="vcardList", default=None)
    listed: Any = msgspec.field(name="listResponse", default=None)
    selected_button: Any = msgspec.field(name="selectedButtonId", default=None)
    selected: Any = msgspec.field(name="selectedId", default=None)
    order_id: Any = msgspec.field(name="orderId", default=None)
    order_title: Any = msgspec.field(name="orderTitle", default=None)
    order_note: Any = msgspec.field(name="message", default=None)
    item_count: Any = msgspec.field(name="itemCount", default=None)
    total: Any = msgspec.field(name="totalAmount1000", default=None)
    currency: Any = msgspec.field(name="totalCurrencyCode", default=None)
    quoted_key: Any = msgspec.field(name="quotedStanzaID", default=None)
    quoted_id: Any = msgspec.field(name="quotedMsgId", default=None)

    ack: Any = None
    reacted_to: Any = msgspec.field(name="msgId", default=None)
    reaction: Any = msgspec.field(name="reactionText", default=None)
    phone_code: Any = msgspec.field(name="phoneCode", default=None)
    revoked: Any = msgspec.field(name="refId", default=None)

    @property
    def text(self) -> str | None:
        """The body, where it is text. Not to be asked for a file's."""
        try:
            value = read_json(bytes(self.body))
        except UnreadableJson:
            return None
        return value if isinstance(value, str) else None


_DECODER = msgspec.json.Decoder(Event)


def read_event(body: bytes) -> Event:
    """
    Read *body*.

    Raises:
        UnreadableWebhook: it is not a JSON object that names an event.
    """
    event: Event | None
    try:
        event = _DECODER.decode(body)
    except (ValueError, RecursionError):
        event = None
    event = event or _mended(body)
    if not isinstance(event.event, str):
        reason = "The body names no event."
        raise UnreadableWebhook(reason)
    return event


def _mended(body: bytes) -> Event:
    """Read what the strict reader refused: JavaScript writes half an emoji as JSON, too."""
    try:
        value: JsonValue = read_json(body)
        if isinstance(value, dict):
            return _DECODER.decode(msgspec.json.encode(value))
        reason = "The body is not an object."
    except (UnreadableJson, RecursionError) as error:
        detail = str(error) if isinstance(error, UnreadableJson) else "it is nested too deep"
        reason = f"The body makes no sense: {detail}."
    raise UnreadableWebhook(reason) from None
