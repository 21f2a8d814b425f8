"""Sending through the Cloud API."""

from collections.abc import Collection
from http import HTTPStatus

import aiohttp

from khalifa.application.ports.messaging import (
    DeliveryError,
    OutcomeUnknown,
)
from khalifa.application.ports.outgoing import (
    ContactSender,
    InteractiveSender,
    LocationSender,
    MessageDriver,
    Outgoing,
    OutgoingContacts,
    OutgoingInteractive,
    OutgoingLocation,
    OutgoingMedia,
    OutgoingReaction,
    OutgoingTemplate,
    OutgoingText,
    QuotedMessage,
    ReactionSender,
    ReadReceipts,
    Receipt,
    TemplateSender,
    Typing,
)
from khalifa.application.ports.uploaded_files import UploadedFiles
from khalifa.domain.contacts import Address, Identity, IdentityKind
from khalifa.domain.messages import JsonValue
from khalifa.domain.words import Words
from khalifa.infrastructure.messaging.cloud_api import payloads
from khalifa.infrastructure.messaging.cloud_api.errors import refusal, throttled
from khalifa.infrastructure.messaging.cloud_api.files import Uploads
from khalifa.infrastructure.messaging.cloud_api.settings import NAME, CloudApiSettings
from khalifa.infrastructure.messaging.cloud_api.wamid import message_key
from khalifa.infrastructure.provider_http import Answer, Timeouts, request_json, send_json

_UNCLEAR = Words(
    "{operation}: WhatsApp's answer ({status}) cannot be understood.",
    "لا يمكن فهم رد واتساب ({status}).",
)
_MAX_ID = 512


class CloudApiDriver(
    MessageDriver,
    LocationSender,
    ContactSender,
    ReactionSender,
    TemplateSender,
    InteractiveSender,
    ReadReceipts,
    Typing,
):
    """
    Sends from one number of Meta's Cloud API.

    Whatever is sent goes to one address, and is answered alike. Of a reaction
    Meta reports ``sent`` and nothing more.
    """

    def __init__(
        self,
        settings: CloudApiSettings,
        http: aiohttp.ClientSession,
        uploaded: UploadedFiles,
        *,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._settings = settings
        self._http = http
        self._timeouts = timeouts
        self._uploads = Uploads(settings, http, uploaded)

    async def send_text(self, message: OutgoingText) -> Receipt:
        return await self._send(message, payloads.text(message), "Sending a text")

    async def send_location(self, message: OutgoingLocation) -> Receipt:
        return await self._send(message, payloads.location(message), "Sending a location")

    async def send_contacts(self, message: OutgoingContacts) -> Receipt:
        return await self._send(message, payloads.contacts(message), "Sending contact cards")

    async def send_reaction(self, message: OutgoingReaction) -> Receipt:
        return await self._send(message, payloads.reaction(message), "Reacting")

    async def send_template(self, message: OutgoingTemplate) -> Receipt:
        operation, file = "Sending a template", message.file
        if file is None:
            return await self._send(message, payloads.template(message), operation)
        async with self._uploads.lent(file, file.mime_type) as file_id:
            return await self._send(message, payloads.template(message, file_id), operation)

    async def send_interactive(self, message: OutgoingInteractive) -> Receipt:
        return await self._send(message, payloads.interactive(message), "Sending a question")

    async def send_media(self, message: OutgoingMedia) -> Receipt:
        async with self._uploads.lent(message.file, message.mime_type) as file_id:
            return await self._send(message, payloads.media(message, file_id), "Sending a file")

    async def mark_read(self, last: QuotedMessage) -> None:
        await self._mark(last, {}, "Marking as read")

    async def show_typing(self, last: QuotedMessage) -> None:
        # It is the same call, and marks as read, too; Meta shows it for 25 seconds.
        await self._mark(last, {"typing_indicator": {"type": "text"}}, "Showing typing")

    async def _send(self, message: Outgoing, content: payloads.Payload, operation: str) -> Receipt:
        """Post one message. Raises as `MessageDriver`."""
        context: payloads.Payload = {}
        if message.quoted is not None:
            context = {"context": {"message_id": message.quoted.whatsapp_message_id}}
        answer = await send_json(
            self._http,
            f"{self._settings.node}/messages",
            operation=operation,
            headers=self._settings.authorization,
            payload={
                "messaging_product": "whatsapp",
                "recipient_type": "individual",
                **_recipient(message.to),
                **context,
                **content,
                "biz_opaque_callback_data": message.opaque_id,
            },
            timeouts=self._timeouts,
        )
        id_ext = _accepted_id(answer)
        if id_ext is None:
            raise _failure(answer, operation)
        return Receipt(id_ext, message_key(id_ext))

    async def _mark(self, last: QuotedMessage, more: payloads.Payload, operation: str) -> None:
        answer = await request_json(
            self._http,
            "POST",
            f"{self._settings.node}/messages",
            operation=operation,
            headers=self._settings.authorization,
            payload={
                "messaging_product": "whatsapp",
                "status": "read",
                "message_id": last.whatsapp_message_id,
                **more,
            },
            timeouts=self._timeouts,
        )
        match answer.body:
            case {"success": True}:
                return
        raise _failure(answer, operation)

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


def _accepted_id(answer: Answer) -> str | None:
    match answer.body:
        case {"messages": [{"id": str(id_ext)}, *_]} if (
            answer.status in {HTTPStatus.OK, HTTPStatus.CREATED} and 0 < len(id_ext) <= _MAX_ID
        ):
            return id_ext
        case _:
            return None


def _failure(answer: Answer, operation: str) -> DeliveryError:
    """Name what went wrong; only what Meta itself documents is certainly not sent."""
    match answer.body:
        case {"error": error} if reason := refusal(error, status=answer.status):
            return reason
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        # Not Meta's usual way, but HTTP's own: whatever stands before it turned us away.
        return throttled()
    return OutcomeUnknown(_UNCLEAR.filled(operation=operation, status=answer.status))
