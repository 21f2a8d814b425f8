"""Looking at the set-up of WPPConnect Server: is it there, ours, shut off, and does it find us."""

import ipaddress
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp

from khalifa.application.ports.messaging import ChannelStopped, DeliveryError
from khalifa.application.ports.setup import (
    ProviderSetup,
    SetupCheck,
    Verdict,
    bad,
    doubtful,
    good,
)
from khalifa.infrastructure.messaging.wppconnect.client import WppconnectClient
from khalifa.infrastructure.messaging.wppconnect.connection import WppconnectConnection
from khalifa.infrastructure.messaging.wppconnect.settings import WppconnectSettings
from khalifa.infrastructure.provider_http import Timeouts, request_json

# The version whose every answer was read and seen: docs/providers/wppconnect.md.
KNOWN_GOOD = "2.10."
# What the server ships with, and everybody knows.
_SHIPPED_KEY = "THISISMYSECURETOKEN"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PATIENCE = Timeouts(connect=5, answer=5)

_START_IT = "Start it, and check WPPCONNECT_URL: docs/providers/wppconnect.md"


@dataclass(frozen=True, slots=True)
class WppconnectSetup(ProviderSetup):
    """Asks the server, and our own webhook where WPPConnect is told that it is."""

    settings: WppconnectSettings
    http: aiohttp.ClientSession
    client: WppconnectClient
    connection: WppconnectConnection

    async def checks(self) -> list[SetupCheck]:
        found = [await self._server()]
        if found[0].verdict is Verdict.BAD:
            return [*found, *exposure(self.settings.url)]
        secret, version = await self._secret()
        found += [*secret, *version, *exposure(self.settings.url)]
        found.append(await self._webhook())
        if version:
            found.append(await self._session())
        return found

    async def _server(self) -> SetupCheck:
        try:
            answer = await request_json(
                self.http,
                "GET",
                f"{self.settings.url}/healthz",
                operation="Asking WPPConnect Server whether it is up",
                timeouts=_PATIENCE,
            )
        except DeliveryError:
            return bad("server", "does not answer", _START_IT)
        if answer.status != HTTPStatus.OK or not isinstance(answer.body, dict):
            return bad("server", "what answers there is not WPPConnect Server", _START_IT)
        return good("server", "answers")

    async def _secret(self) -> tuple[list[SetupCheck], list[SetupCheck]]:
        try:
            answer = await self.client.get("status-session", operation="Asking for the session")
        except ChannelStopped:
            advice = "WPPCONNECT_SECRET_KEY is the SECRET_KEY it was started with."
            return [bad("secret", "WPPConnect does not accept it", advice)], []
        except DeliveryError as error:
            return [doubtful("secret", str(error))], []
        secret = good("secret", "WPPConnect accepts it")
        if self.settings.secret_key == _SHIPPED_KEY:
            advice = "Start WPPConnect with a SECRET_KEY of your own, and write it here."
            secret = bad("secret", "is the one WPPConnect ships with, and everybody knows", advice)
        body = answer.body if isinstance(answer.body, dict) else {}
        return [secret], [_version(body.get("version"))]

    async def _webhook(self) -> SetupCheck:
        """Look whether our webhook is where WPPConnect calls, as far as can be seen from here."""
        if calls_itself(self.settings.url, self.settings.webhook_url):
            says = "WPPConnect is told to call an address that is itself where it runs"
            advice = "Set WPPCONNECT_WEBHOOK_URL to this server's name as WPPConnect sees it."
            return bad("webhook", says, advice)
        try:
            # Without the password: khalifa must refuse it, and nobody else would so.
            answer = await request_json(
                self.http,
                "POST",
                self.settings.webhook_url,
                operation="Knocking at our own webhook",
                payload={},
                timeouts=_PATIENCE,
            )
        except DeliveryError:
            says = "does not answer where WPPConnect is told to call"
            advice = "Is `khalifa serve` up, and WPPCONNECT_WEBHOOK_URL right?"
            return bad("webhook", says, advice)
        if answer.status not in {HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS}:
            says = f"what answers there is not khalifa's webhook ({answer.status})"
            return bad("webhook", says, "Check WPPCONNECT_WEBHOOK_URL.")
        return good(
            "webhook", "answers where WPPConnect is told to call, and asks for the password"
        )

    async def _session(self) -> SetupCheck:
        status = await self.connection.status()
        if status.connected:
            return good("session", "connected; WhatsApp answers through it")
        if status.state in {"qr", "unlinked"}:
            advice = "Run: khalifa provider pair"
            return bad("session", f"not paired ({status.state})", advice)
        return doubtful("session", f"not connected ({status.state})", status.detail)


def _version(version: object) -> SetupCheck:
    if not isinstance(version, str):
        return doubtful("version", "not told before the session is started", None)
    # What follows a plus sign or a dash is the builder's own.
    if version.startswith(KNOWN_GOOD):
        return good("version", f"{version}, which khalifa is made for")
    advice = f"Khalifa is made for {KNOWN_GOOD}x. Others may answer otherwise: try it first."
    return doubtful("version", version[:40], advice)


def calls_itself(url: str, webhook_url: str) -> bool:
    """Say whether our webhook is on the loopback, and WPPConnect on another machine."""
    return urlsplit(webhook_url).hostname in _LOOPBACK and urlsplit(url).hostname not in _LOOPBACK


def exposure(url: str) -> list[SetupCheck]:
    """Warn of an address that the whole internet may reach."""
    try:
        is_public = ipaddress.ip_address(urlsplit(url).hostname or "").is_global
    except ValueError:
        return []
    if not is_public:
        return []
    says = "WPPCONNECT_URL is a public address: whoever reaches that port can kill the session"
    advice = "Bind WPPConnect to a private network, and let the firewall shut port 21465."
    return [bad("network", says, advice)]
