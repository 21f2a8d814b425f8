"""The webhook side of Meta: customers who write, bodies posted as they are, the handshake."""

import base64
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from tests.far_sides.cloud_api_bodies import (
    Customer,
    JsonObject,
    encoded,
    media_content,
    message_body,
    message_of,
)
from tests.far_sides.cloud_api_ids import new_wamid
from tests.far_sides.cloud_api_webhooks import (
    Body,
    Webhooks,
    plain_headers,
    send_bodies,
    signed_headers,
)
from tests.far_sides.cloud_api_world import Delivery, Settings, Verification, World


@dataclass(frozen=True, slots=True)
class CustomerMessage:
    """What a customer wrote, and the last call that brought it to the webhook."""

    wamid: str
    delivery: Delivery


class Customers(ABC):
    """Everything that reaches the webhook without having been asked for by a send."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.world = World()
        self._webhooks = Webhooks(settings, self.world)

    @property
    @abstractmethod
    def base_url(self) -> str:
        """Where this server listens, without a slash at the end."""

    async def customer_writes(
        self,
        who: str | Customer,
        text: str,
        *,
        name: str | None = "Mona Ali",
        username: str | None = None,
        wamid: str | None = None,
        at: float | None = None,
        context_id: str | None = None,
    ) -> CustomerMessage:
        """Send a customer's text to the webhook, again and again until it is taken."""
        content: JsonObject = {"type": "text", "text": {"body": text}}
        if context_id is not None:
            number = self.settings.line.display_phone_number
            content["context"] = {"from": number, "id": context_id}
        customer = who if isinstance(who, Customer) else Customer.named(who, name, username)
        return await self.customer_sends(customer, content, wamid=wamid, at=at)

    async def customer_sends_media(
        self,
        who: str,
        kind: str,
        data: bytes | str,
        mime_type: str,
        *,
        caption: str | None = None,
        filename: str | None = None,
        times: int = 1,
    ) -> CustomerMessage:
        """
        Keep a customer's file (a str is base64) and send the message that refers to it.

        The file is *data* so many times over: a large one need not come over the wire.
        """
        data = (base64.b64decode(data) if isinstance(data, str) else data) * times
        media = self.world.media.add(data, mime_type, filename)
        seconds = self.settings.media_url_seconds
        link = self.world.media.new_link(media, self.base_url, seconds)
        content = media_content(kind, media.as_sent(link), caption)
        return await self.customer_sends(Customer.named(who), content)

    async def customer_sends(
        self,
        customer: Customer,
        content: JsonObject,
        *,
        wamid: str | None = None,
        at: float | None = None,
    ) -> CustomerMessage:
        """Send a customer's message with any content: its `type` and what belongs to it."""
        wamid = wamid or new_wamid(customer.chat)
        message = message_of(content, customer=customer, wamid=wamid, at=at)
        body = message_body(message, customer=customer, line=self.settings.line)
        return CustomerMessage(wamid, await self._webhooks.deliver(encoded(body)))

    async def post_raw(
        self, body: bytes | str, *, signature: str | None = None, unsigned: bool = False
    ) -> Delivery:
        """Post these bytes once; rightly signed, unless another signature is given, or none."""
        body = body.encode() if isinstance(body, str) else body
        if unsigned:
            headers = plain_headers()
        elif signature is not None:
            headers = {**plain_headers(), "X-Hub-Signature-256": signature}
        else:
            headers = signed_headers(self.settings.app_secret, body)
        return await self._webhooks.call(body, headers=headers)

    async def send_bodies(
        self,
        bodies: Sequence[Body],
        *,
        connections: int = 20,
        each_times: int = 2,
        shuffle_seed: int | None = None,
    ) -> list[Delivery]:
        """
        Post every body so many times over so many connections, repeating what is not taken.

        Returns the last call of each; they are not in `deliveries`.

        Raises:
            ValueError: no webhook is configured.
        """
        target = self.settings.webhook_target
        if target is None:
            raise ValueError("no webhook is configured")
        return await send_bodies(
            target,
            self.settings.app_secret,
            bodies,
            connections=connections,
            each_times=each_times,
            shuffle_seed=shuffle_seed,
            retry_seconds=self.settings.retry_seconds,
            timeout_seconds=self.settings.webhook_timeout,
        )

    async def verify_webhook(self, verify_token: str) -> Verification:
        """Ask the webhook for the handshake; a connection error is aiohttp's."""
        return await self._webhooks.verify(verify_token)
