"""Customers' webhook calls as whole HTTP requests, made before the clock starts."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from tests.far_sides.cloud_api_bodies import Customer, encoded, text_message_body
from tests.far_sides.cloud_api_ids import bsuid_of, new_wamid, signature

APP_SECRET = "app-secret-of-the-benchmarks"  # noqa: S105 - a lookalike's
PHONE_NUMBER_ID = "106540352242922"
CUSTOMERS = 2000

_WORDS = "Hello, my order of last week has not come yet. Could you please look where it is?"


def phone(n: int) -> str:
    """Return the n-th customer's number, a mobile one in Egypt."""
    return f"2010{n:08d}"


@dataclass(frozen=True, slots=True)
class Call:
    """One webhook call with one message in it."""

    wamid: str
    request: bytes


class Traffic:
    """Texts of the first `CUSTOMERS` customers, each in turn; no message is made twice."""

    def __init__(self, port: int) -> None:
        self._head = (
            "POST /api/webhook/cloud_api HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{port}\r\n"
            "User-Agent: facebookexternalua\r\n"
            "Content-Type: application/json\r\n"
        )
        self._calls = self._make()

    def take(self, how_many: int) -> list[Call]:
        """Return the next calls."""
        return [next(self._calls) for _ in range(how_many)]

    def _make(self) -> Iterator[Call]:
        for number in count():
            digits = phone(number % CUSTOMERS)
            customer = Customer(phone=digits, bsuid=bsuid_of(digits), name="Mona Ali")
            wamid = new_wamid(digits)
            body = encoded(
                text_message_body(_WORDS, who=customer, wamid=wamid, at=int(time.time()))
            )
            yield Call(wamid, self._request(body))

    def _request(self, body: bytes) -> bytes:
        lines = (
            f"X-Hub-Signature-256: {signature(APP_SECRET, body)}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return (self._head + lines).encode() + body


def requests_of(calls: Sequence[Call]) -> list[bytes]:
    return [call.request for call in calls]
