"""POST /{phone-number-id}/messages: what Meta reads in a request, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.far_sides.cloud_api_bodies import JsonObject
from tests.far_sides.cloud_api_contents import check_content
from tests.far_sides.cloud_api_errors import ErrorCode, invalid, missing, refusal
from tests.far_sides.cloud_api_ids import bsuid_of, digits_of, is_bsuid
from tests.far_sides.cloud_api_scenarios import Scenario
from tests.far_sides.cloud_api_world import Settings

MAX_TEXT = 4096
MAX_OPAQUE = 512
TYPES = (
    "audio",
    "contacts",
    "document",
    "image",
    "interactive",
    "location",
    "reaction",
    "sticker",
    "template",
    "text",
    "video",
)
_MESSAGE_STATUS = {Scenario.HELD: "held_for_quality_assessment", Scenario.PAUSED: "paused"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """Whom a send is for; `exists` is False for a BSUID in `to`, which reaches nobody."""

    asked: str
    who: str
    exists: bool = True

    @property
    def contact(self) -> JsonObject:
        if is_bsuid(self.who):
            return {"input": self.asked, "user_id": self.who}
        return {"input": self.asked, "wa_id": self.who}


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedSend:
    to: str | None
    recipient: str | None
    addressee: Addressee
    kind: str
    text: str | None
    opaque: str | None
    context_id: str | None
    body: JsonObject


def read_send(body: JsonObject, settings: Settings) -> AskedSend:
    """
    Read a request to send a message.

    Raises:
        GraphError: as Meta refuses it, code 100 for what is missing or too long.
    """
    _check_product(body)
    if body.get("recipient_type", "individual") not in ("individual", "group", None):
        raise invalid("Param recipient_type must be one of {INDIVIDUAL, GROUP}")
    kind = str(body.get("type") or "text")
    if kind not in TYPES:
        names = ", ".join(name.upper() for name in TYPES)
        raise invalid(f'Param type must be one of {{{names}}} - got "{kind}".')
    if not body.get(kind):
        raise missing(kind)
    check_content(kind, body[kind])
    return AskedSend(
        to=_text_of(body, "to"),
        recipient=_text_of(body, "recipient"),
        addressee=_addressee(body, settings),
        kind=kind,
        text=_text(body) if kind == "text" else None,
        opaque=_opaque(body),
        context_id=_context_id(body),
        body=body,
    )


def read_mark(body: JsonObject) -> tuple[str, bool]:
    """
    Return the wamid to mark read and whether to show typing.

    Raises:
        GraphError: it is not a wamid, or not a typing indicator.
    """
    _check_product(body)
    message_id = _text_of(body, "message_id")
    if message_id is None:
        raise missing("message_id")
    if not message_id.startswith("wamid."):
        raise invalid("Invalid parameter", "Message ID is invalid.")
    typing = body.get("typing_indicator")
    if typing is not None and typing != {"type": "text"}:
        raise missing("typing_indicator['type']")
    return message_id, typing is not None


def accepted_answer(addressee: Addressee, wamid: str, scenario: Scenario) -> JsonObject:
    """Return the success of a send, in the shape the scenario wants."""
    message: JsonObject = {"id": wamid}
    if scenario in _MESSAGE_STATUS:
        message["message_status"] = _MESSAGE_STATUS[scenario]
    contact = addressee.contact
    if scenario is Scenario.CONTACTS_USER_ID:
        contact.setdefault("user_id", bsuid_of(addressee.who))
    answer: JsonObject = {"messaging_product": "whatsapp"}
    if scenario is not Scenario.CONTACTS_MISSING:
        answer["contacts"] = [contact]
    answer["messages"] = [None if scenario is Scenario.NULL_MESSAGE else message]
    return answer


def _check_product(body: Mapping[str, object]) -> None:
    if body.get("messaging_product") != "whatsapp":
        raise missing("messaging_product")


def _addressee(body: Mapping[str, object], settings: Settings) -> Addressee:
    to, recipient = _text_of(body, "to"), _text_of(body, "recipient")
    if to is not None:
        return _phone_addressee(to, settings)
    if recipient is None:
        raise missing("to")
    if not is_bsuid(recipient):
        raise invalid("Invalid parameter", "recipient is not a business-scoped user ID.")
    return Addressee(asked=recipient, who=recipient)


def _phone_addressee(to: str, settings: Settings) -> Addressee:
    if is_bsuid(to):
        # Meta takes what follows the country for a phone number, which nobody has:
        # https://github.com/chatwoot/chatwoot/pull/15150
        return Addressee(asked=to, who=to.rpartition(".")[2], exists=False)
    digits = digits_of(to)
    if digits is None:
        raise invalid("Invalid parameter", "to is not a phone number.")
    if settings.prepend_country_code and not to.startswith("+"):
        digits = settings.prepend_country_code + digits
    if digits == digits_of(settings.line.display_phone_number):
        raise refusal(ErrorCode.SENDER_IS_RECIPIENT)
    return Addressee(asked=to, who=settings.wa_ids.get(digits, digits))


def _text(body: Mapping[str, object]) -> str:
    match body.get("text"):
        case {"body": str(text)} if text:
            pass
        case _:
            raise missing("text['body']")
    if len(text) > MAX_TEXT:
        raise invalid(f"Param text['body'] must be at most {MAX_TEXT} characters long.")
    return text


def _opaque(body: Mapping[str, object]) -> str | None:
    opaque = _text_of(body, "biz_opaque_callback_data")
    if opaque is not None and len(opaque) > MAX_OPAQUE:
        raise invalid(
            f"Param biz_opaque_callback_data must be at most {MAX_OPAQUE} characters long."
        )
    return opaque


def _context_id(body: Mapping[str, object]) -> str | None:
    match body.get("context"):
        case {"message_id": str(message_id)}:
            return message_id
        case _:
            return None


def _text_of(body: Mapping[str, object], key: str) -> str | None:
    value = body.get(key)
    return value if isinstance(value, str) and value else None
