"""Sending through the Cloud API."""

from collections.abc import Collection
from http import HTTPStatus

import aiohttp

from khalifa.application.ports.messaging import DeliveryError, MessageRejected, OutcomeUnknown
from khalifa.application.ports.outgoing import MessageDriver, OutgoingMedia, OutgoingText, Receipt
from khalifa.domain.contacts import Address, Identity, IdentityKind
from khalifa.domain.messages import JsonValue
from khalifa.domain.words import Words
from khalifa.infrastructure.messaging.cloud_api.errors import refusal, throttled
from khalifa.infrastructure.messaging.cloud_api.settings import NAME, CloudApiSettings
from khalifa.infrastructure.messaging.cloud_api.wamid import message_key
from khalifa.infrastructure.provider_http import Answer, Timeouts, send_json

_OPERATION = "Sending a text"
_NO_FILES = Words(
    "Files cannot be sent through this provider.", "لا يمكن إرسال الملفات عبر هذا المزوّد."
)
_MAX_ID = 512


class CloudApiDriver(MessageDriver):
    """Sends texts from one number of Meta's Cloud API."""

    def __init__(
        self,
        settings: CloudApiSettings,
        http: aiohttp.ClientSession,
        *,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._settings = settings
        self._http = http
        self._timeouts = timeouts

    async def send_text(self, message: OutgoingText) -> Receipt:
        answer = await send_json(
            self._http,
            f"{self._settings.node}/messages",
            operation=_OPERATION,
            headers=self._settings.authorization,
            payload={
                "messaging_product": "whatsapp",
                "recipient_type": "individual",
                **_recipient(message.to),
                "type": "text",
                "text": _text(message.text),
                "biz_opaque_callback_data": message.opaque_id,
            },
            timeouts=self._timeouts,
        )
        id_ext = _accepted_id(answer)
        if id_ext is None:
            raise _failure(answer)
        return Receipt(id_ext, message_key(id_ext))

    async def send_media(self, message: OutgoingMedia) -> Receipt:
        raise MessageRejected(_NO_FILES)

    def address_of(self, identities: Collection[Identity]) -> Address | None:
        # By phone first: that keeps the number visible to us in webhooks.
        for kind in (IdentityKind.PHONE, IdentityKind.BSUID):
            for identity in identities:
                if identity.kind is kind and (kind is IdentityKind.PHONE or _is_ours(identity)):
                    return Address(NAME, identity.id_ext)
        return None


def _is_ours(identity: Identity) -> bool:
    return identity.provider == NAME


def _recipient(to: Address) -> dict[str, JsonValue]:
    """
    Name the recipient the way Meta asks for.

    A number without its plus sign may be taken for one of the business's own
    country; a business-scoped user id in ``to`` is answered with success and
    dropped. https://github.com/chatwoot/chatwoot/pull/15150
    """
    if to.id_ext.isascii() and to.id_ext.isdigit():
        return {"to": f"+{to.id_ext}"}
    return {"recipient": to.id_ext}


def _text(body: str) -> dict[str, JsonValue]:
    if "http://" in body or "https://" in body:
        return {"preview_url": True, "body": body}
    return {"body": body}


def _accepted_id(answer: Answer) -> str | None:
    match answer.body:
        case {"messages": [{"id": str(id_ext)}, *_]} if (
            answer.status in {HTTPStatus.OK, HTTPStatus.CREATED} and 0 < len(id_ext) <= _MAX_ID
        ):
            return id_ext
        case _:
            return None


def _failure(answer: Answer) -> DeliveryError:
    """Name what went wrong; only what Meta itself documents is certainly not sent."""
    match answer.body:
        case {"error": error} if reason := refusal(error, status=answer.status):
            return reason
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        # Not Meta's usual way, but HTTP's own: whatever stands before it turned us away.
        return throttled()
    words = f"{_OPERATION}: WhatsApp's answer ({answer.status}) cannot be understood."
    return OutcomeUnknown(words)
