"""Asking Meta whether our number works."""

from dataclasses import dataclass
from datetime import UTC, datetime

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


@dataclass(frozen=True, slots=True)
class _Told:
    """What an administrator is told, in both languages."""

    english: str
    arabic: str
    needs_person: bool = True


_DOWN = _Told(
    "Meta cannot be reached from here. Check this machine's way to the internet.",
    "لا يمكن الوصول إلى Meta. تأكد من اتصال هذا الجهاز بالإنترنت.",
)
_UNCLEAR = _Told(
    "Meta's answer cannot be understood. Is CLOUD_API_BASE_URL right?",
    "تعذّر فهم رد Meta. هل CLOUD_API_BASE_URL صحيح؟",
)
_TOKEN = _Told(
    "Meta does not accept CLOUD_API_ACCESS_TOKEN. Make a new one for the system user.",
    "Meta لا تقبل CLOUD_API_ACCESS_TOKEN. أنشئ رمز وصول جديدًا لمستخدم النظام.",
)
_NO_NUMBER = _Told(
    "Meta knows no such number for this token. Check CLOUD_API_PHONE_NUMBER_ID: it is the id, "
    "not the number; and give the system user the WhatsApp account as an asset.",
    "Meta لا تعرف هذا الرقم بهذا الرمز. راجع CLOUD_API_PHONE_NUMBER_ID (المعرّف لا الرقم نفسه)، "
    "وأضف حساب واتساب إلى أصول مستخدم النظام.",
)
_NUMBER = _Told(
    "Meta says the number is {status}. Look at it in WhatsApp Manager, Phone numbers.",
    "حالة الرقم لدى Meta: {status}. راجعه في WhatsApp Manager، أرقام الهواتف.",
)
_BLOCKED = _Told(
    "Meta lets this number send nothing. WhatsApp Manager, Overview, says why.",
    "Meta أوقفت الإرسال من هذا الرقم. السبب في WhatsApp Manager، نظرة عامة.",
)
_LIMITED = _Told(
    "Meta limits what this number may send. WhatsApp Manager, Overview, says why.",
    "Meta تحدّ مما يرسله هذا الرقم. السبب في WhatsApp Manager، نظرة عامة.",
)


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
            return _down("unreachable", _DOWN)
        return _read(answer)


def _down(state: str, told: _Told, *, phone: str | None = None) -> ConnectionStatus:
    return ConnectionStatus(
        connected=False,
        state=state,
        phone=phone,
        detail=told.english,
        detail_ar=told.arabic,
        needs_person=told.needs_person,
    )


def _read(answer: Answer) -> ConnectionStatus:
    match answer.body:
        case {"error": error}:
            return _refused(code_of(error))
        case {"id": _}:
            return _number(mapping(answer.body))
        case _:
            return _down("unreachable", _UNCLEAR)


def _refused(code: int | None) -> ConnectionStatus:
    if code in UNAUTHORIZED:
        return _down("unauthorized", _TOKEN)
    if code == INVALID_PARAMETER:
        return _down("not_found", _NO_NUMBER)
    # Most of what else there is passes by itself: too many calls, a fault of Meta's own.
    words = words_for(code)
    told = _Told(words.english, words.arabic or words.english, needs_person=False)
    return _down("refused", told)


def _number(number: dict[str, JsonValue]) -> ConnectionStatus:
    shown = number.get("display_phone_number")
    digits = PhoneNumber.from_provider(shown) if isinstance(shown, str) else None
    phone = digits.digits if digits else None
    status = number.get("status")
    if isinstance(status, str) and status in _CANNOT_SEND:
        word = status.lower()
        told = _Told(_NUMBER.english.format(status=word), _NUMBER.arabic.format(status=word))
        return _down(word, told, phone=phone)
    match number.get("health_status"):
        case {"can_send_message": "BLOCKED"}:
            return _down("blocked", _BLOCKED, phone=phone)
        case {"can_send_message": "LIMITED"}:
            return _up(phone, _LIMITED)
        case _:
            return _up(phone)


def _up(phone: str | None, told: _Told | None = None) -> ConnectionStatus:
    return ConnectionStatus(
        connected=True,
        state="connected",
        phone=phone,
        detail=told.english if told else None,
        detail_ar=told.arabic if told else None,
        needs_person=told is not None,
        last_proven_at=datetime.now(UTC),
    )
