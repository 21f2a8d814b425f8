"""What Meta knows: the number, what it accepted, which calls came, which webhooks it made."""

import time
from dataclasses import dataclass, field

from yarl import URL

from tests.far_sides.cloud_api_bodies import SHOP, JsonObject, Line
from tests.far_sides.cloud_api_errors import invalid
from tests.far_sides.cloud_api_media import MediaStore
from tests.far_sides.cloud_api_scenarios import Endpoint, Scenario
from tests.far_sides.cloud_api_templates import usual_templates

WEBHOOK_PATH = "/api/webhook/cloud_api"
WEBHOOK_ANSWER = 200
"""Any other answer makes Meta call again, a 202 too."""

_DEFAULT_FIELDS = (
    "verified_name",
    "code_verification_status",
    "display_phone_number",
    "quality_rating",
)


@dataclass(slots=True, kw_only=True)
class Settings:
    """
    The app's and the number's settings, and Meta's habits at test scale (seconds).

    `webhook_url` without a path gets our own path. `retry_seconds` are the pauses
    before each repetition of a webhook call; after the last Meta gives up (its own
    go on for days). `prepend_country_code` is put before numbers sent without `+`,
    as Meta documents; None takes them as they are, as courier's traffic shows.
    `wa_ids` are numbers that WhatsApp knows under others (Brazil, Mexico).
    """

    line: Line = SHOP
    access_token: str = "EAAG-far-side-token"
    app_secret: str = "far-side-app-secret"
    webhook_url: str | None = None
    subscribed: bool = True
    app_id: str = "1008200000000001"
    subscribed_app_id: str = "1008200000000001"
    token_is_valid: bool = True
    token_expires_at: int = 0
    token_scopes: tuple[str, ...] = (
        "whatsapp_business_management",
        "whatsapp_business_messaging",
    )
    webhook_fields: tuple[str, ...] = ("messages",)
    statuses: tuple[str, ...] = ("sent", "delivered")
    status_seconds: float = 0.02
    retry_seconds: tuple[float, ...] = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8)
    webhook_timeout: float = 10.0
    media_url_seconds: float = 300.0
    prepend_country_code: str | None = None
    wa_ids: dict[str, str] = field(default_factory=dict)

    @property
    def webhook_target(self) -> URL | None:
        if not self.webhook_url:
            return None
        url = URL(self.webhook_url)
        return url.with_path(WEBHOOK_PATH) if url.path in ("", "/") else url


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedMessage:
    """
    A send that Meta took and gave an id.

    `to` and `recipient` as the request had them, `who` whom it reaches (wa_id or
    BSUID). `went_out` is False when it is silently dropped: whatever the caller
    was told, no phone gets it.
    """

    at: float
    to: str | None
    recipient: str | None
    who: str
    kind: str
    text: str | None
    opaque: str | None
    context_id: str | None
    wamid: str
    went_out: bool
    body: JsonObject


@dataclass(slots=True, kw_only=True)
class SeenRequest:
    """A call of the Graph API; `status` is None while it waits, and when it was cut off."""

    at: float
    method: str
    path: str
    endpoint: Endpoint | None = None
    to: str | None = None
    scenario: Scenario | None = None
    status: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedRead:
    at: float
    wamid: str
    typing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """
    One call of our webhook: the `attempt`th of its body, answered after `seconds`.

    `status` is None when no answer came, `error` then says why.
    """

    at: float
    body: bytes
    attempt: int = 1
    seconds: float = 0.0
    status: int | None = None
    error: str | None = None

    @property
    def is_taken(self) -> bool:
        return self.status == WEBHOOK_ANSWER


@dataclass(frozen=True, slots=True)
class Verification:
    """How the webhook answered Meta's handshake."""

    status: int
    body: str
    challenge: str

    @property
    def is_passed(self) -> bool:
        return self.status == WEBHOOK_ANSWER and self.body == self.challenge


@dataclass(slots=True, eq=False)
class World:
    """Everything that can be read back by a test, and the number's own fields."""

    accepted: list[AcceptedMessage] = field(default_factory=list)
    requests: list[SeenRequest] = field(default_factory=list)
    reads: list[MarkedRead] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    media: MediaStore = field(default_factory=MediaStore)
    templates: list[JsonObject] = field(default_factory=usual_templates)
    phone_number: JsonObject = field(
        default_factory=lambda: {
            "verified_name": "Khalifa Stores",
            "code_verification_status": "VERIFIED",
            "quality_rating": "GREEN",
            "platform_type": "CLOUD_API",
            "throughput": {"level": "STANDARD"},
            "status": "CONNECTED",
            "name_status": "APPROVED",
            "account_mode": "LIVE",
            "is_on_biz_app": False,
            "health_status": {"can_send_message": "AVAILABLE"},
            "whatsapp_business_manager_messaging_limit": "TIER_2K",
        }
    )

    def forget(self) -> None:
        """Empty the records; what is stored and set stays."""
        for records in (self.accepted, self.requests, self.reads, self.deliveries):
            records.clear()

    def phone_node(self, settings: Settings, fields: str | None) -> JsonObject:
        """
        Return the phone number node with the fields asked for.

        Raises:
            GraphError: a field does not exist.
        """
        node: JsonObject = {
            **self.phone_number,
            "display_phone_number": settings.line.display_phone_number,
            "webhook_configuration": _webhook_configuration(settings),
            "id": settings.line.phone_number_id,
        }
        health = node["health_status"]
        if isinstance(health, dict):
            node["health_status"] = {"entities": _entities(settings.line), **health}
        asked = [name.strip() for name in fields.split(",")] if fields else [*_DEFAULT_FIELDS]
        for name in asked:
            if name not in node:
                raise invalid(f"Tried accessing nonexistent field ({name})")
        return {name: node[name] for name in dict.fromkeys([*asked, "id"])}


def _entities(line: Line) -> list[JsonObject]:
    """Return what a message from the number depends on, as Meta's health report names it."""
    return [
        {
            "entity_type": "PHONE_NUMBER",
            "id": line.phone_number_id,
            "can_send_message": "AVAILABLE",
        },
        {"entity_type": "WABA", "id": line.waba_id, "can_send_message": "AVAILABLE"},
    ]


def now() -> float:
    return time.time()


def _webhook_configuration(settings: Settings) -> JsonObject:
    target = settings.webhook_target
    return {"application": str(target)} if target else {}
