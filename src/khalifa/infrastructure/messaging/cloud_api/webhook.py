"""Reading the Cloud API's webhook calls."""

import hmac
import re
from collections.abc import Iterator, Mapping

from khalifa.application.ports.messaging import (
    UnreadableWebhook,
    UntrustedWebhook,
    WebhookCall,
    WebhookHandshake,
    WebhookParser,
)
from khalifa.domain.messages import Ignored, JsonValue, Reading
from khalifa.infrastructure.messaging.cloud_api.errors import code_of
from khalifa.infrastructure.messaging.cloud_api.fields import elements, mapping, string
from khalifa.infrastructure.messaging.cloud_api.identities import change_in, read_user_id_update
from khalifa.infrastructure.messaging.cloud_api.reading import (
    OTHER_NUMBER,
    Contacts,
    read_message,
    read_status,
)
from khalifa.infrastructure.messaging.cloud_api.settings import CloudApiSettings
from khalifa.infrastructure.provider_json import UnreadableJson, read_json

_OBJECT = "whatsapp_business_account"
_SIGNATURE = "x-hub-signature-256"
_MESSAGE_FIELDS = frozenset({"messages", "message_echoes", "smb_message_echoes"})
_ID_UPDATE = "user_id_update"
_FIELDS = _MESSAGE_FIELDS | {_ID_UPDATE}
# Approved, rejected, paused, written anew, sold as something else.
_TEMPLATE_FIELDS = frozenset(
    {
        "message_template_status_update",
        "message_template_components_update",
        "template_category_update",
    }
)
# A name: what is all digits may be somebody's number, and reasons are shown.
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,59}")
_CHALLENGE = re.compile(r"[\w.~+/=-]{1,256}", re.ASCII)

_NO_CHANGE = Ignored(reason="not a change")
_NOTHING = Ignored(reason="nothing in it")


class CloudApiWebhook(WebhookParser):
    """
    Takes in what Meta posts: up to 1,000 updates a body, in entries, changes and lists.

    https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview
    """

    def __init__(self, settings: CloudApiSettings) -> None:
        self._secret = settings.app_secret.encode()
        self._number = settings.phone_number_id

    def verify(self, call: WebhookCall) -> None:
        given = call.headers.get(_SIGNATURE)
        if not given:
            reason = "There is no signature of Meta's."
            raise UntrustedWebhook(reason, unsigned=True)
        expected = f"sha256={hmac.digest(self._secret, call.body, 'sha256').hex()}"
        if not _same(given, expected):
            reason = "The signature is not of CLOUD_API_APP_SECRET and this body."
            raise UntrustedWebhook(reason)

    def parse(self, body: bytes) -> list[Reading]:
        try:
            read = read_json(body)
        except UnreadableJson as error:
            reason = f"The body makes no sense: {error}."
            raise UnreadableWebhook(reason) from None
        if not isinstance(read, dict) or read.get("object") != _OBJECT:
            reason = "The body is not of a WhatsApp Business account."
            raise UnreadableWebhook(reason)
        return [
            reading
            for entry in elements(read.get("entry"))
            for change in _changes(entry)
            for reading in self._readings(change)
        ]

    def _readings(self, change: JsonValue) -> Iterator[Reading]:
        if not isinstance(change, dict):
            yield _NO_CHANGE
            return
        field = change.get("field")
        is_read = field is None or (isinstance(field, str) and field in _FIELDS)
        if not is_read:
            changed = isinstance(field, str) and field in _TEMPLATE_FIELDS
            yield Ignored(reason=_field(field), templates_changed=changed)
            return
        value = mapping(change.get("value"))
        number = string(mapping(value.get("metadata")).get("phone_number_id"))
        ours = number is None or number == self._number
        found = False
        for reading in _read_value(value, ours=ours):
            found = True
            yield reading
        if not found:
            yield _NOTHING


class CloudApiHandshake(WebhookHandshake):
    """Answers the question Meta asks when the webhook's address is entered there."""

    def __init__(self, settings: CloudApiSettings) -> None:
        self._token = settings.verify_token

    def answer(self, query: Mapping[str, str]) -> str:
        given = query.get("hub.verify_token")
        if not given:
            reason = "There is no verify token."
            raise UntrustedWebhook(reason, unsigned=True)
        if not _same(given, self._token):
            reason = "The verify token is not that of CLOUD_API_WEBHOOK_VERIFY_TOKEN."
            raise UntrustedWebhook(reason)
        challenge = query.get("hub.challenge", "")
        if query.get("hub.mode") != "subscribe" or not _CHALLENGE.fullmatch(challenge):
            reason = "This is not the question Meta asks."
            raise UntrustedWebhook(reason)
        return challenge


def _same(given: str, expected: str) -> bool:
    """Compare in constant time; bytes, because text that is not ASCII is refused."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def _changes(entry: JsonValue) -> list[JsonValue]:
    """Return the changes of *entry*; what is no entry counts as one that is none."""
    return elements(entry.get("changes")) if isinstance(entry, dict) else [None]


def _field(name: JsonValue) -> str:
    if name == "history":
        return "history"
    return f"field {name}" if isinstance(name, str) and _FIELD.fullmatch(name) else "unknown field"


def _read_value(value: dict[str, JsonValue], *, ours: bool) -> Iterator[Reading]:
    contacts = Contacts(value.get("contacts"))
    for message in elements(value.get("messages")):
        yield read_message(message, contacts, ours=ours, from_us=False)
        if ours and (change := change_in(mapping(message))):
            yield change
    for echo in elements(value.get("message_echoes")):
        yield read_message(echo, contacts, ours=ours, from_us=True)
    for status in elements(value.get("statuses")):
        yield read_status(status, ours=ours)
    for update in elements(value.get(_ID_UPDATE)):
        yield read_user_id_update(update) if ours else Ignored(reason=OTHER_NUMBER)
    for error in elements(value.get("errors")):
        code = code_of(error)
        yield Ignored(reason="error reported" if code is None else f"error reported: {code}")
