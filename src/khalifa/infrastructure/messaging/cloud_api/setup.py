"""Looking at the set-up at Meta: token, number, webhook, and whether the app is subscribed."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

import aiohttp

from khalifa.application.ports.messaging import (
    ChannelStopped,
    DeliveryError,
    ProviderUnreachable,
)
from khalifa.application.ports.setup import (
    ProviderSetup,
    SetupCheck,
    Verdict,
    WebhookSubscription,
    bad,
    doubtful,
    good,
)
from khalifa.domain.messages import JsonValue
from khalifa.infrastructure.messaging.cloud_api.errors import refusal
from khalifa.infrastructure.messaging.cloud_api.fields import elements, mapping, string
from khalifa.infrastructure.messaging.cloud_api.settings import NAME, CloudApiSettings
from khalifa.infrastructure.provider_http import Answer, Timeouts, request_json

WEBHOOK_PATH = f"/api/webhook/{NAME}"
SENDING, MANAGING = "whatsapp_business_messaging", "whatsapp_business_management"
# A token that ends sooner than this should be replaced now.
SOON = timedelta(days=14)
# A webhook that needs longer to answer is no use to Meta.
PATIENCE = Timeouts(connect=5, answer=5)

_ASKING = "Asking Meta about the set-up"
_NUMBER_FIELDS = (
    "display_phone_number,status,quality_rating,code_verification_status,name_status,"
    "account_mode,is_on_biz_app,health_status,webhook_configuration"
)

_NEW_TOKEN = (
    "business.facebook.com, Settings, Users, System users: make a token that never expires, with "
    f"{SENDING} and {MANAGING}, and put it into CLOUD_API_ACCESS_TOKEN."
)
_OWN_WEBHOOK = (
    "developers.facebook.com, your app, WhatsApp, Configuration, Webhook: the callback URL is "
    f"https://YOUR-ADDRESS{WEBHOOK_PATH}"
)
_MANAGER = "business.facebook.com, WhatsApp Manager, Phone numbers, says why."


class _Token(NamedTuple):
    """What Meta says of our token: the app it is of, and the accounts it may touch."""

    app: str | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class CloudApiSetup(ProviderSetup, WebhookSubscription):
    """
    Asks Meta; changes nothing unless told to subscribe.

    https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/set-up-webhooks
    """

    settings: CloudApiSettings
    http: aiohttp.ClientSession

    async def checks(self) -> list[SetupCheck]:
        try:
            token, found = await self._token()
            if any(check.verdict is Verdict.BAD for check in found):
                return found
            number = await self._get(f"{self.settings.phone_number_id}?fields={_NUMBER_FIELDS}")
        except DeliveryError as error:
            return [bad("token", str(error), _NEW_TOKEN)]
        found += _number(number)
        found += await self._webhook(number)
        found += await self._fields(token)
        found.append(await self._subscription(token, number))
        return found

    async def subscribe(self) -> None:
        token, _ = await self._token()
        account = token.account or _account_in(await self._health())
        await self._get(f"{await self._needed(account)}/subscribed_apps", method="POST")

    async def _token(self) -> tuple[_Token, list[SetupCheck]]:
        asked = urlencode({"input_token": self.settings.access_token})
        answer = await self._get(f"debug_token?{asked}")
        data = mapping(answer.get("data"))
        account = self.settings.business_account_id or _account_of(data)
        token = _Token(string(data.get("app_id")), account)
        if data.get("is_valid") is not True:
            says = "Meta does not accept CLOUD_API_ACCESS_TOKEN any more"
            return token, [bad("token", says, _NEW_TOKEN)]
        return token, [_expiry(data), _permissions(data)]

    async def _health(self) -> dict[str, JsonValue]:
        return await self._get(f"{self.settings.phone_number_id}?fields=health_status")

    async def _needed(self, account: str | None) -> str:
        if account is None:
            reason = (
                "Meta does not say which WhatsApp Business account the number belongs to. "
                "Set CLOUD_API_BUSINESS_ACCOUNT_ID."
            )
            raise ChannelStopped(reason)
        return account

    async def _webhook(self, number: dict[str, JsonValue]) -> list[SetupCheck]:
        """Look where Meta calls, and ask there what Meta asks."""
        configured = mapping(number.get("webhook_configuration"))
        urls = (configured.get(name) for name in ("phone_number", "whatsapp_business_account"))
        url = string(next((u for u in urls if u), None) or configured.get("application"))
        if url is None:
            return [bad("webhook", "no webhook is set at Meta's", _OWN_WEBHOOK)]
        if urlsplit(url).path != WEBHOOK_PATH:
            says = f"Meta calls {urlsplit(url).hostname}, and not khalifa's webhook there"
            return [bad("webhook", says, _OWN_WEBHOOK)]
        return [await self._handshake(url)]

    async def _handshake(self, url: str) -> SetupCheck:
        challenge = secrets.token_hex(8)
        query = urlencode(
            {
                "hub.mode": "subscribe",
                "hub.verify_token": self.settings.verify_token,
                "hub.challenge": challenge,
            }
        )
        host = urlsplit(url).hostname
        try:
            answer = await request_json(
                self.http,
                "GET",
                f"{url}?{query}",
                operation="Asking the webhook what Meta asks",
                timeouts=PATIENCE,
            )
        except DeliveryError:
            advice = "Is `khalifa serve` up, and does the proxy pass its webhooks on?"
            return bad("webhook", f"{host} does not answer from here", advice)
        if answer.status == HTTPStatus.OK and answer.raw.decode(errors="replace") == challenge:
            return good("webhook", f"{host} answers Meta's question as it should")
        return bad(
            "webhook",
            f"{host} does not answer Meta's question ({answer.status})",
            "Is it this khalifa, with the CLOUD_API_WEBHOOK_VERIFY_TOKEN that is set at Meta's?",
        )

    async def _fields(self, token: _Token) -> list[SetupCheck]:
        """Look whether the app is sent messages. Asked with the app's secret: so that is proven."""
        if token.app is None:
            return []
        app = {"Authorization": f"Bearer {token.app}|{self.settings.app_secret}"}
        try:
            answer = await self._get(f"{token.app}/subscriptions", headers=app)
        except ChannelStopped:
            advice = "developers.facebook.com, your app, App settings, Basic, “App secret”."
            return [bad("app secret", "Meta does not accept CLOUD_API_APP_SECRET", advice)]
        except DeliveryError as error:
            return [doubtful("app secret", str(error))]
        secret = good("app secret", "is the app's own")
        for item in map(mapping, elements(answer.get("data"))):
            if item.get("object") == "whatsapp_business_account":
                names = {mapping(field).get("name") for field in elements(item.get("fields"))}
                if "messages" in names:
                    return [secret, good("webhook fields", "messages are sent to the webhook")]
        advice = (
            "developers.facebook.com, your app, WhatsApp, Configuration: subscribe to messages."
        )
        return [secret, bad("webhook fields", "the app is sent no messages", advice)]

    async def _subscription(self, token: _Token, number: dict[str, JsonValue]) -> SetupCheck:
        """Look whether the account sends to our app: the commonest fault, and the quietest."""
        subject = "subscription"
        account = token.account or _account_in(number)
        if account is None:
            advice = "Set CLOUD_API_BUSINESS_ACCOUNT_ID."
            return doubtful(subject, "Meta does not say which account the number is of", advice)
        try:
            answer = await self._get(f"{account}/subscribed_apps")
        except DeliveryError as error:
            advice = f"Give the system user the WhatsApp account as an asset, and {MANAGING}."
            return bad(subject, str(error), advice)
        apps = [
            string(mapping(mapping(item).get("whatsapp_business_api_data")).get("id"))
            for item in elements(answer.get("data"))
        ]
        if token.app in apps or (token.app is None and apps):
            return good(subject, "the WhatsApp account sends what comes in to this app")
        return bad(
            subject,
            "the WhatsApp account does not send what comes in to this app",
            "Run: khalifa provider subscribe",
        )

    async def _get(
        self, path: str, *, method: str = "GET", headers: dict[str, str] | None = None
    ) -> dict[str, JsonValue]:
        answer = await request_json(
            self.http,
            method,
            f"{self.settings.base_url}/{self.settings.version}/{path}",
            operation=_ASKING,
            headers=headers or self.settings.authorization,
        )
        found = mapping(answer.body)
        if "error" in found or answer.status != HTTPStatus.OK or not found:
            raise _failure(answer)
        return found


def _failure(answer: Answer) -> DeliveryError:
    match answer.body:
        case {"error": error} if reason := refusal(error, status=answer.status):
            return reason
    return ProviderUnreachable(f"{_ASKING}: its answer ({answer.status}) cannot be understood.")


def _expiry(data: dict[str, JsonValue]) -> SetupCheck:
    ends = data.get("expires_at")
    if not isinstance(ends, int) or isinstance(ends, bool) or ends <= 0:
        return good("token", "is valid, and never expires")
    at = datetime.fromtimestamp(ends, UTC)
    says = f"is valid until {at:%Y-%m-%d %H:%M} UTC"
    if at - datetime.now(UTC) > SOON:
        return doubtful("token", says, f"Everything stops then. {_NEW_TOKEN}")
    return bad("token", says, f"Everything stops then. {_NEW_TOKEN}")


def _permissions(data: dict[str, JsonValue]) -> SetupCheck:
    scopes = {string(scope) for scope in elements(data.get("scopes"))}
    missing = [scope for scope in (SENDING, MANAGING) if scope not in scopes]
    if missing:
        return bad("permissions", f"the token lacks {' and '.join(missing)}", _NEW_TOKEN)
    return good("permissions", f"{SENDING}, {MANAGING}")


def _account_of(data: dict[str, JsonValue]) -> str | None:
    """Return the one account the token is for, None if there are several or none."""
    for scope in map(mapping, elements(data.get("granular_scopes"))):
        targets = elements(scope.get("target_ids"))
        if scope.get("scope") == MANAGING and len(targets) == 1:
            return string(targets[0])
    return None


def _account_in(number: dict[str, JsonValue]) -> str | None:
    for entity in elements(mapping(number.get("health_status")).get("entities")):
        match entity:
            case {"entity_type": "WABA", "id": str(account)} if account.isdecimal():
                return account
    return None


def _number(number: dict[str, JsonValue]) -> list[SetupCheck]:
    """Read how the number is, from the node that also says whether it is connected."""
    found = [_status(number), _quality(number)]
    if number.get("account_mode") == "SANDBOX":
        says = "is Meta's test number: it reaches five recipients at most"
        advice = "Add your own number: WhatsApp Manager, Phone numbers."
        found.append(doubtful("number", says, advice))
    if number.get("name_status") in {"DECLINED", "EXPIRED", "NONE"}:
        says = f"its display name is {string(number.get('name_status'))!s}".lower()
        found.append(doubtful("display name", says, _MANAGER))
    if number.get("is_on_biz_app") is True:
        says = "is used in the Business app, too: 20 messages a second, and the app stays in charge"
        advice = "Set CLOUD_API_MESSAGES_PER_SECOND=20, and open the app every two weeks."
        found.append(doubtful("number", says, advice))
    return found


def _status(number: dict[str, JsonValue]) -> SetupCheck:
    status = (string(number.get("status")) or "unknown").lower()
    health = mapping(number.get("health_status")).get("can_send_message")
    if status != "connected":
        advice = "Register it: developers.facebook.com, your app, WhatsApp, API Setup."
        return bad("number", f"Meta says it is {status}", advice)
    if health == "BLOCKED":
        return bad("number", "Meta lets it send nothing", _MANAGER)
    if health == "LIMITED":
        return doubtful("number", "Meta limits what it may send", _MANAGER)
    return good("number", "connected, and may send")


def _quality(number: dict[str, JsonValue]) -> SetupCheck:
    quality = (string(number.get("quality_rating")) or "unknown").lower()
    says = f"Meta rates it {quality}"
    if quality == "red":
        advice = "Customers block or report it. Write to those who wrote, and to nobody else."
        return bad("quality", says, advice)
    if quality == "yellow":
        return doubtful("quality", says, "Customers complain. Send fewer offers.")
    return good("quality", says)
