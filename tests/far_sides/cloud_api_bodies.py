"""Webhook bodies of the Cloud API, as Meta builds and writes them; pure functions."""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

from tests.far_sides.cloud_api_errors import ERRORS, ErrorCode
from tests.far_sides.cloud_api_ids import bsuid_of, is_bsuid, new_wamid

JsonObject: TypeAlias = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The business's number, as metadata name it."""

    waba_id: str = "102290129340398"
    phone_number_id: str = "106540352242922"
    display_phone_number: str = "15550783881"


SHOP = Line()


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """
    A WhatsApp user as a business sees them; `phone` is digits.

    Since April 2026 every user has a BSUID; who has a username may hide the
    phone. A BSUID of None is traffic from before that.
    """

    phone: str | None
    bsuid: str | None
    name: str | None = "Mona Ali"
    username: str | None = None

    @classmethod
    def named(cls, who: str, name: str | None = "Mona Ali", username: str | None = None) -> Self:
        """Return the customer who is *who*: digits, with or without `+`, or a BSUID."""
        if is_bsuid(who):
            return cls(phone=None, bsuid=who, name=name, username=username)
        phone = who.removeprefix("+")
        return cls(phone=phone, bsuid=bsuid_of(phone), name=name, username=username)

    @property
    def chat(self) -> str:
        return self.phone or self.bsuid or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFile:
    """A file as webhooks describe it. `sha256` is base64, as Meta gives it."""

    id: str
    mime_type: str
    sha256: str
    url: str | None = None
    filename: str | None = None


def encoded(body: Mapping[str, object]) -> bytes:
    r"""
    Write a body as Meta does: without spaces, `\uXXXX` for what is not ASCII, `\/`, `\u0040`.

    Whoever reads it and writes it again gets other bytes, and another signature
    (https://github.com/tawn33y/whatsapp-cloud-api/issues/60).
    """
    text = json.dumps(body, separators=(",", ":"))
    return text.replace("/", "\\/").replace("@", "\\u0040").encode()


def text_message_body(
    text: str,
    *,
    who: str | Customer,
    name: str | None = "Mona Ali",
    wamid: str | None = None,
    at: float | None = None,
    context_id: str | None = None,
    line: Line = SHOP,
) -> JsonObject:
    """Return the body of one text from a customer; *name* is used when *who* is only an id."""
    customer = who if isinstance(who, Customer) else Customer.named(who, name)
    message = text_message(text, customer=customer, wamid=wamid, at=at, context_id=context_id)
    return message_body(message, customer=customer, line=line)


def media_message_body(
    kind: str,
    file: MediaFile,
    *,
    who: str | Customer,
    caption: str | None = None,
    wamid: str | None = None,
    at: float | None = None,
    line: Line = SHOP,
) -> JsonObject:
    """Return the body of one image, video, audio, voice, document or sticker."""
    customer = who if isinstance(who, Customer) else Customer.named(who)
    content = media_content(kind, file, caption)
    message = message_of(content, customer=customer, wamid=wamid, at=at)
    return message_body(message, customer=customer, line=line)


def message_body(message: JsonObject, *, customer: Customer, line: Line = SHOP) -> JsonObject:
    value = value_of(messages=[message], contacts=[contact_of(customer)], line=line)
    return batch_body([[value]], line=line)


def statuses_body(
    statuses: Sequence[JsonObject], *, contacts: Sequence[JsonObject] = (), line: Line = SHOP
) -> JsonObject:
    """Return the body of status updates (`status_update`), in the order given."""
    value = value_of(statuses=statuses, contacts=contacts, line=line)
    return batch_body([[value]], line=line)


def batch_body(entries: Iterable[Sequence[JsonObject]], *, line: Line = SHOP) -> JsonObject:
    """
    Return one body with an entry for each list of values, and a change for each value.

    Values are made by `value_of`. Meta puts up to 1000 updates in one POST.
    """
    return {
        "object": "whatsapp_business_account",
        "entry": [
            {"id": line.waba_id, "changes": [{"value": v, "field": "messages"} for v in values]}
            for values in entries
        ],
    }


def value_of(
    *,
    messages: Sequence[JsonObject] = (),
    statuses: Sequence[JsonObject] = (),
    contacts: Sequence[JsonObject] = (),
    line: Line = SHOP,
) -> JsonObject:
    value: JsonObject = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": line.display_phone_number,
            "phone_number_id": line.phone_number_id,
        },
    }
    for key, items in (("contacts", contacts), ("messages", messages), ("statuses", statuses)):
        if items:
            value[key] = list(items)
    return value


def contact_of(customer: Customer) -> JsonObject:
    profile = {"name": customer.name, "username": customer.username}
    contact = {
        "profile": _present(profile) or None,
        "wa_id": customer.phone,
        "user_id": customer.bsuid,
    }
    return _present(contact)


def text_message(
    text: str,
    *,
    customer: Customer,
    wamid: str | None = None,
    at: float | None = None,
    context_id: str | None = None,
) -> JsonObject:
    """Return an element of `messages`."""
    content: JsonObject = {"type": "text", "text": {"body": text}}
    if context_id is not None:
        content["context"] = {"from": SHOP.display_phone_number, "id": context_id}
    return message_of(content, customer=customer, wamid=wamid, at=at)


def message_of(
    content: JsonObject,
    *,
    customer: Customer,
    wamid: str | None = None,
    at: float | None = None,
) -> JsonObject:
    """Return an element of `messages` with any *content*: its `type` and what belongs to it."""
    return {
        **_present({"from": customer.phone, "from_user_id": customer.bsuid}),
        "id": wamid or new_wamid(customer.chat),
        "timestamp": _seconds(at),
        **content,
    }


def media_content(kind: str, file: MediaFile, caption: str | None = None) -> JsonObject:
    """Return the content of a media message; `voice` is an audio that says so."""
    described: JsonObject = _present(
        {
            "caption": caption,
            "filename": file.filename,
            "mime_type": file.mime_type,
            "sha256": file.sha256,
            "id": file.id,
            "url": file.url,
        }
    )
    if kind in ("audio", "voice"):
        described["voice"] = kind == "voice"
        kind = "audio"
    if kind == "sticker":
        described["animated"] = False
    return {"type": kind, kind: described}


def status_update(
    wamid: str,
    status: str,
    *,
    to: str | Customer,
    opaque: str | None = None,
    code: ErrorCode | None = None,
    at: float | None = None,
) -> JsonObject:
    """
    Return an element of `statuses`: sent, delivered, read, played or failed.

    *opaque* echoes biz_opaque_callback_data; *code* says why it failed. No
    `conversation`: that is gone since v24.0.
    """
    customer = to if isinstance(to, Customer) else Customer.named(to)
    update: JsonObject = {
        "id": wamid,
        "status": status,
        "timestamp": _seconds(at),
        **_present({"recipient_id": customer.phone, "recipient_user_id": customer.bsuid}),
    }
    if opaque is not None:
        update["biz_opaque_callback_data"] = opaque
    if status in ("sent", "delivered"):
        update["pricing"] = {
            "billable": False,
            "pricing_model": "PMP",
            "category": "service",
            "type": "free_customer_service",
        }
    if code is not None:
        update["errors"] = [webhook_error(code)]
    return update


def webhook_error(code: ErrorCode) -> JsonObject:
    known = ERRORS[code]
    return {
        "code": int(code),
        "title": known.title,
        "message": known.title,
        "error_data": {"details": known.details},
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    }


def _present(items: Mapping[str, object]) -> JsonObject:
    return {key: value for key, value in items.items() if value is not None}


def _seconds(at: float | None) -> str:
    return str(int(time.time() if at is None else at))
