"""A fourth provider, as small as one can be: what docs/adding-a-provider.md walks through."""

from collections.abc import Collection, Iterable, Mapping
from hmac import compare_digest

import aiohttp

from khalifa.application.ports.messaging import (
    Connection,
    ConnectionStatus,
    MessageRejected,
    Provider,
    UnreadableWebhook,
    UntrustedWebhook,
    WebhookCall,
    WebhookParser,
)
from khalifa.application.ports.outgoing import MessageDriver, OutgoingMedia, OutgoingText, Receipt
from khalifa.domain.contacts import Address, Identity, IdentityKind, ProviderName
from khalifa.domain.messages import Ignored, IncomingMessage, MessageKind, Reading
from khalifa.infrastructure.provider_http import send_json
from khalifa.infrastructure.provider_json import UnreadableJson, read_json
from khalifa.infrastructure.provider_settings import required, web_address

NAME = ProviderName("toy")
MAX_ID = 512


class ToyDriver(MessageDriver):
    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self._url = url
        self._http = http

    async def send_text(self, message: OutgoingText) -> Receipt:
        answer = await send_json(
            self._http,
            f"{self._url}/send",
            operation="Sending a text",
            payload={"to": message.to.id_ext, "text": message.text},
        )
        match answer.body:
            case {"id": str(id_ext)}:
                return Receipt(id_ext)
        return Receipt(None)

    async def send_media(self, message: OutgoingMedia) -> Receipt:
        reason = "The toy takes texts only."
        raise MessageRejected(reason)

    def address_of(self, identities: Collection[Identity]) -> Address | None:
        mine = (identity.id_ext for identity in identities if identity.provider == NAME)
        return next((Address(NAME, id_ext) for id_ext in mine), None)


class ToyWebhook(WebhookParser):
    def __init__(self, secret: str) -> None:
        self._secret = secret

    def verify(self, call: WebhookCall) -> None:
        given = call.headers.get("x-toy-secret", "")
        if not compare_digest(given.encode("utf-8", "replace"), self._secret.encode()):
            reason = "the call does not know our secret"
            raise UntrustedWebhook(reason, unsigned="x-toy-secret" not in call.headers)

    def parse(self, body: bytes) -> Iterable[Reading]:
        try:
            read = read_json(body)
        except UnreadableJson as error:
            reason = f"The body makes no sense: {error}."
            raise UnreadableWebhook(reason) from None
        match read:
            case {"id": str(id_ext), "from": str(sender), "text": str(text)}:
                return [_message(id_ext, sender, text)]
        reason = "No message is in it."
        raise UnreadableWebhook(reason)


def _message(id_ext: str, sender: str, text: str) -> Reading:
    if not 0 < len(id_ext) <= MAX_ID or not 0 < len(sender) <= MAX_ID:
        return Ignored(reason="no id, or one that is none")
    return IncomingMessage(
        provider=NAME,
        whatsapp_message_id=id_ext,
        identities=(Identity(NAME, IdentityKind.CHAT, sender),),
        kind=MessageKind.TEXT,
        text=text,
    )


class ToyConnection(Connection):
    async def status(self) -> ConnectionStatus:
        return ConnectionStatus(connected=True, state="connected")


def build(env: Mapping[str, str], http: aiohttp.ClientSession) -> Provider:
    hint = "It is where the toy listens."
    url = web_address("TOY_URL", required(env, "TOY_URL", hint), hint)
    secret = required(env, "TOY_SECRET", "Any word that the toy knows, too.")
    return Provider(
        name=NAME,
        driver=ToyDriver(url, http),
        webhook=ToyWebhook(secret),
        connection=ToyConnection(),
    )
