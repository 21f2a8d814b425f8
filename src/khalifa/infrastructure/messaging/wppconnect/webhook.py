"""Reading WPPConnect Server's webhook calls."""

import base64
import binascii
import hmac
from collections.abc import Callable

from khalifa.application.ports.messaging import UntrustedWebhook, WebhookCall, WebhookParser
from khalifa.domain.messages import Reading
from khalifa.infrastructure.messaging.wppconnect.event import read_event
from khalifa.infrastructure.messaging.wppconnect.reading import read
from khalifa.infrastructure.messaging.wppconnect.settings import WppconnectSettings

_OF_THE_SESSION = frozenset({"status-find", "closesession", "logoutsession"})


class WppconnectWebhook(WebhookParser):
    """
    Takes in what WPPConnect posts: one event a body, once, in no order.

    It signs nothing; but credentials in the webhook's address become HTTP
    Basic authentication, so the address it was given at the session's start
    holds a password. The session's name is in the address, too.

    What speaks of the session itself is nothing to be filed; *on_session* is
    called, so that whoever keeps it looks at once. Half of these never come.
    """

    proven_by_headers = True

    def __init__(
        self, settings: WppconnectSettings, on_session: Callable[[], None] | None = None
    ) -> None:
        self._secret = settings.webhook_secret.encode()
        self._session = settings.session
        self._on_session = on_session

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
        event = read_event(body)
        if self._on_session is not None and event.event in _OF_THE_SESSION:
            self._on_session()
        return [read(event, self._session)]


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
