"""
What each of Meta's codes leads to, row by row, whether it comes at once or as a late status.

The rows are Meta's page of error codes with what is to be done about each:
https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
"""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import aiohttp
import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from khalifa.application.ports import messaging
from khalifa.application.ports.messaging import ChannelStopped, NotSent, Provider
from khalifa.application.ports.outgoing import OutgoingText
from khalifa.domain.contacts import Address
from khalifa.domain.messages import DeliveryStatus, JsonValue, StatusUpdate
from khalifa.infrastructure.memory.uploaded_files import MemoryUploadedFiles
from khalifa.infrastructure.messaging import cloud_api
from khalifa.infrastructure.provider_http import open_http
from tests.contracts.message_driver import CUSTOMER, failure_of


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """What a code leads to; None is what its kind of error says anyway."""

    error: str
    retry: bool | None = None
    channel: bool | None = None
    alert: bool = False
    waits: tuple[float, float] | None = None
    tries: int | None = None
    lasts: float | None = None


class Row(msgspec.Struct, forbid_unknown_fields=True):
    """Codes with the HTTP status of each, and what is done about them."""

    codes: dict[int, int]
    meaning: str
    do: str
    expect: Wanted


ROWS: Final = msgspec.json.decode(
    (Path(__file__).parent / "payloads" / "cloud_api_refusals.json").read_bytes(), type=list[Row]
)
HIDDEN: Final = f"(#1) Unsupported post to {CUSTOMER.digits}"
CASES: Final = [
    pytest.param(code, status, row.expect, id=f"{code} {row.do}")
    for row in ROWS
    for code, status in row.codes.items()
]

each_code = pytest.mark.parametrize(("code", "status", "wanted"), CASES)


def env_of(base_url: str) -> dict[str, str]:
    return {
        "CLOUD_API_PHONE_NUMBER_ID": "106540352242922",
        "CLOUD_API_ACCESS_TOKEN": "EAAG-token",
        "CLOUD_API_APP_SECRET": "app-secret",
        "CLOUD_API_WEBHOOK_VERIFY_TOKEN": "verify-token",
        "CLOUD_API_BASE_URL": base_url,
    }


class Refusing:
    """Meta, saying no to everything with one code."""

    status = 400
    code = 0

    async def answer(self, _: web.Request) -> web.Response:
        error = {
            "message": HIDDEN,
            "type": "OAuthException",
            "code": self.code,
            "error_data": {"messaging_product": "whatsapp", "details": HIDDEN},
        }
        return web.json_response({"error": error}, status=self.status)


@pytest.fixture
def meta() -> Refusing:
    return Refusing()


@pytest.fixture
async def provider(meta: Refusing) -> AsyncIterator[Provider]:
    app = web.Application()
    app.router.add_post("/{tail:.*}", meta.answer)
    async with TestServer(app) as server, open_http() as http:
        yield cloud_api.build(env_of(str(server.make_url("/"))), http, MemoryUploadedFiles())


@each_code
async def test_a_code_answered_to_a_message_does_what_its_row_says(
    provider: Provider, meta: Refusing, code: int, status: int, wanted: Wanted
) -> None:
    meta.code, meta.status = code, status
    message = OutgoingText(to=Address(cloud_api.NAME, CUSTOMER.digits), text="hi", opaque_id="o")

    failure = await failure_of(provider.driver.send_text(message))

    assert isinstance(failure, NotSent)
    check(failure, code, wanted)


@each_code
async def test_a_code_in_a_late_status_means_the_same(
    code: int, status: int, wanted: Wanted
) -> None:
    del status
    async with aiohttp.ClientSession() as http:
        provider = cloud_api.build(env_of("https://graph.example"), http, MemoryUploadedFiles())
        late: JsonValue = {
            "id": "wamid.A",
            "status": "failed",
            "errors": [{"code": code, "title": HIDDEN, "error_data": {"details": HIDDEN}}],
        }
        change = {"field": "messages", "value": {"statuses": [late]}}
        body = {"object": "whatsapp_business_account", "entry": [{"changes": [change]}]}

        [reading] = provider.webhook.parse(json.dumps(body).encode())

    assert isinstance(reading, StatusUpdate)
    assert (reading.status, reading.error_code) == (DeliveryStatus.FAILED, str(code))
    assert provider.late_refusals
    failure = provider.late_refusals.refusal(str(code))
    assert failure
    check(failure, code, wanted)
    assert (reading.error, reading.error_ar) == (failure.words.english, failure.words.arabic)


def check(failure: NotSent, code: int, wanted: Wanted) -> None:
    """Check that *failure* is what is *wanted* of *code*, and tells nothing of Meta's."""
    kind: type[NotSent] = getattr(messaging, wanted.error)
    assert type(failure) is kind
    assert failure.retryable is (kind.retryable if wanted.retry is None else wanted.retry)
    assert failure.whole_channel is (
        kind.whole_channel if wanted.channel is None else wanted.channel
    )
    assert (failure.most_tries, failure.lasts) == (wanted.tries, wanted.lasts)
    assert failure.needs_person is wanted.alert
    if wanted.waits is None:
        assert failure.retry_after is None
    else:
        least, most = wanted.waits
        assert failure.retry_after
        assert least <= failure.retry_after <= most
    assert failure.code == str(code)
    told = failure.words
    assert all(words and f"({code})" in words for words in (told.english, told.arabic))
    assert CUSTOMER.digits not in f"{told}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.do)
def test_what_a_person_must_see_to_reaches_one(row: Row) -> None:
    stops = row.expect.error == ChannelStopped.__name__

    assert (stops or row.expect.alert) is ("alert" in row.do or "stop channel" in row.do)


def test_no_code_has_two_rows() -> None:
    codes = [code for row in ROWS for code in row.codes]

    assert len(codes) == len(set(codes)) > 50
