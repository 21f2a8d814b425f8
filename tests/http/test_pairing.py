"""Pairing a phone by a code over HTTP: asked for, shown while it is taken, given up."""

import json
from datetime import timedelta

import pytest

from khalifa.application.ports.messaging import ConnectionStatus
from khalifa.application.ports.pairing_codes import PairingCode
from khalifa.domain.agents import Role
from khalifa.domain.contacts import PhoneNumber
from khalifa.infrastructure.memory.messaging import NAME, MemoryProvider
from khalifa.infrastructure.memory.pairing_codes import MemoryPairingCodes
from tests.http.desk import Desk

PATH = "/api/provider/pairing-code"
UNPAIRED = ConnectionStatus(connected=False, state="code")
PHONE = {"phone": "010 1234 5678"}


@pytest.fixture
def codes(desk: Desk) -> MemoryPairingCodes:
    desk.provider.connection.current = UNPAIRED
    codes = desk.container.pairing_codes()
    assert isinstance(codes, MemoryPairingCodes)
    return codes


async def test_a_code_is_asked_for_shown_while_it_is_taken_and_accepted(
    desk: Desk, codes: MemoryPairingCodes
) -> None:
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)
    until = desk.container.clock().now() + timedelta(minutes=1)
    code = PairingCode("ABCD-1234", until)

    before = await admin.get(PATH)
    asked = await admin.post(PATH, json=PHONE)
    await codes.show(NAME, code)
    still_shows_the_picture = await admin.get(PATH)
    desk.provider.pairing.waits_for_code = True
    shown = await admin.get(PATH)
    await codes.show(NAME, PairingCode("ABCD-1234", until - timedelta(minutes=1)))
    expired = await admin.get(PATH)
    desk.provider.pairing.waits_for_code = False
    desk.provider.connection.current = ConnectionStatus(connected=True, state="connected")
    paired = await admin.get(PATH)

    assert (before.status_code, "ten minutes" in before.json()["detail"]) == (404, True)
    awaited = {"phone": "201012345678", "code": None, "expires_at": None}
    assert (asked.status_code, asked.json()) == (202, awaited)
    assert still_shows_the_picture.json() == expired.json() == awaited
    assert (shown.json()["code"], shown.headers["cache-control"]) == ("ABCD-1234", "no-store")
    assert json.loads(shown.text)["expires_at"]
    assert paired.status_code == 404
    assert paired.json()["detail_ar"] == "رآه الهاتف. الرقم مربوط."
    assert await codes.wanted(NAME) is None
    entry, *_ = (await admin.get("/api/audit")).json()["items"]
    assert (entry["act"], entry["by"]["name"]) == ("provider.pairing_code_asked", "admin")
    assert entry["details"] == {"phone": "201012345678"}


async def test_what_is_no_number_is_refused_and_nothing_is_asked_for(
    desk: Desk, codes: MemoryPairingCodes
) -> None:
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)

    refused = [await admin.post(PATH, json={"phone": phone}) for phone in ("12", "mona", "")]

    assert [one.status_code for one in refused] == [422, 422, 422]
    assert "phone number" in refused[0].json()["detail"]
    assert await codes.wanted(NAME) is None


async def test_given_up_the_qr_code_comes_back(desk: Desk, codes: MemoryPairingCodes) -> None:
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)
    await admin.post(PATH, json=PHONE)
    assert await codes.wanted(NAME) == PhoneNumber("201012345678")

    given_up = [await admin.delete(PATH) for _ in range(2)]

    assert [one.status_code for one in given_up] == [204, 204]
    assert await codes.wanted(NAME) is None


async def test_a_number_that_is_connected_and_a_redis_that_is_away_are_told(
    desk: Desk, codes: MemoryPairingCodes
) -> None:
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)
    codes.away = True
    away = await admin.post(PATH, json=PHONE)
    codes.away = False
    desk.provider.connection.current = ConnectionStatus(connected=True, state="connected")
    connected = await admin.post(PATH, json=PHONE)

    assert (away.status_code, "Redis is away" in away.json()["detail"]) == (409, True)
    assert (connected.status_code, "paired already" in connected.json()["detail"]) == (409, True)
    assert await codes.wanted(NAME) is None


async def test_a_provider_that_is_not_paired_by_a_code_says_so(desk: Desk) -> None:
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)
    desk.provider.port = MemoryProvider(NAME, abilities=False).port
    desk.container.configured_providers.reset()
    desk.container.pair_by_code.reset()

    answers = [
        await admin.post(PATH, json=PHONE),
        await admin.get(PATH),
        await admin.delete(PATH),
    ]

    assert [answer.status_code for answer in answers] == [501, 501, 501]
