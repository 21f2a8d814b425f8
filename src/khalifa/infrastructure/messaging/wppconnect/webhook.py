"""Reading WPPConnect Server's webhook calls."""

import base64
import binascii
import hmac

from khalifa.application.ports.messaging import UntrustedWebhook, WebhookCall, WebhookParser
from khalifa.domain.messages import Reading
from khalifa.infrastructure.messaging.wppconnect.event import read_event
from khalifa.infrastructure.messaging.wppconnect.reading import read
from khalifa.infrastructure.messaging.wppconnect.settings import WppconnectSettings


class WppconnectWebhook(WebhookParser):
    """
    Takes in what WPPConnect posts: one event a body, once, in no order.

    It signs nothing; but credentials in the webhook's address become HTTP
    Basic authentication, so the address it was given at the session's start
    holds a password. The session's name is in the address, too.
    """

    def __init__(self, settings: WppconnectSettings) -> None:
        self._secret = settings.webhook_secret.encode()
        self._session = settings.session

    def verify(self, call: WebhookCall) -> None:
        given = call.headers.get("authorization")
        if not given:
            reason = "There is no password. WPPConnect must call the address khalifa gave it."
            raise UntrustedWebhook(reason, unsigned=True)
        if not hmac.compare_digest(_password(given), self._secret):
            reason = "The password is not that of WPPCONNECT_WEBHOOK_SECRET."
            raise UntrustedWebhook(reason)
        if call.query.get("session", self._session) != self._session:
            reason = "This is for another session than that of WPPCONNECT_SESSION."
            raise UntrustedWebhook(reason)

    def parse(self, body: bytes) -> list[Reading]:
        return [read(read_event(body), self._session)]


def _password(authorization: str) -> bytes:
    """Return the password of HTTP Basic credentials, whoever the user; empty when they are none."""
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        decoded = base64.b64decode(credentials.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""
    return decoded.partition(b":")[2]
