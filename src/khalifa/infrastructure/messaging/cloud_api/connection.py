"""Asking Meta whether our number works."""

import aiohttp

from khalifa.application.ports.messaging import Connection, ConnectionStatus, DeliveryError
from khalifa.domain.contacts import PhoneNumber
from khalifa.domain.messages import JsonValue
from khalifa.infrastructure.messaging.cloud_api.errors import (
    INVALID_PARAMETER,
    UNAUTHORIZED,
    code_of,
    words_for,
)
from khalifa.infrastructure.messaging.cloud_api.fields import mapping
from khalifa.infrastructure.messaging.cloud_api.settings import CloudApiSettings
from khalifa.infrastructure.provider_http import Answer, request_json

# https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account-to-number-current-status
_CANNOT_SEND = frozenset({"BANNED", "DELETED", "DISCONNECTED", "MIGRATED", "PENDING", "UNVERIFIED"})

_DOWN = "Meta cannot be reached from here. Check this machine's way to the internet."
_TOKEN = "Meta does not accept CLOUD_API_ACCESS_TOKEN. Make a new one for the system user."  # noqa: S105
_NO_NUMBER = (
    "Meta knows no such number for this token. Check CLOUD_API_PHONE_NUMBER_ID: it is the id, "
    "not the number; and give the system user the WhatsApp account as an asset."
)
_NUMBER = "Meta says the number is {status}. Look at it in WhatsApp Manager, Phone numbers."
_BLOCKED = "Meta lets this number send nothing. WhatsApp Manager, Overview, says why."
_LIMITED = "Meta limits what this number may send. WhatsApp Manager, Overview, says why."


class CloudApiConnection(Connection):
    """Asks for the number's node, which costs nothing and sends nothing."""

    def __init__(self, settings: CloudApiSettings, http: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._http = http

    async def status(self) -> ConnectionStatus:
        try:
            answer = await request_json(
                self._http,
                "GET",
                f"{self._settings.node}?fields=id,display_phone_number,status,health_status",
                operation="Asking for the number's status",
                headers=self._settings.authorization,
            )
        except DeliveryError:
            return ConnectionStatus(connected=False, state="unreachable", detail=_DOWN)
        return _read(answer)


def _read(answer: Answer) -> ConnectionStatus:
    match answer.body:
        case {"error": error}:
            return _refused(code_of(error))
        case {"id": _}:
            return _number(mapping(answer.body))
        case _:
            detail = f"Meta's answer ({answer.status}) cannot be understood. {_DOWN}"
            return ConnectionStatus(connected=False, state="unreachable", detail=detail)


def _refused(code: int | None) -> ConnectionStatus:
    if code in UNAUTHORIZED:
        return ConnectionStatus(connected=False, state="unauthorized", detail=_TOKEN)
    if code == INVALID_PARAMETER:
        return ConnectionStatus(connected=False, state="not_found", detail=_NO_NUMBER)
    return ConnectionStatus(connected=False, state="refused", detail=words_for(code))


def _number(number: dict[str, JsonValue]) -> ConnectionStatus:
    shown = number.get("display_phone_number")
    digits = PhoneNumber.from_provider(shown) if isinstance(shown, str) else None
    phone = digits.digits if digits else None
    status = number.get("status")
    if isinstance(status, str) and status in _CANNOT_SEND:
        detail = _NUMBER.format(status=status.lower())
        return ConnectionStatus(connected=False, state=status.lower(), phone=phone, detail=detail)
    match number.get("health_status"):
        case {"can_send_message": "BLOCKED"}:
            return ConnectionStatus(connected=False, state="blocked", phone=phone, detail=_BLOCKED)
        case {"can_send_message": "LIMITED"}:
            return ConnectionStatus(connected=True, state="connected", phone=phone, detail=_LIMITED)
        case _:
            return ConnectionStatus(connected=True, state="connected", phone=phone)
