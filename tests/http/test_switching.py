"""Switching the provider over HTTP: planned, done, and taken back."""

from collections.abc import AsyncIterator

import pytest

from khalifa.application.ports.messaging import ConnectionStatus
from khalifa.domain.agents import Presence, Role
from khalifa.domain.contacts import ProviderName
from khalifa.infrastructure.memory.messaging import NAME, MemoryProvider
from tests.http.desk import Desk, running_desk

PIGEON = ProviderName("pigeon")


@pytest.fixture
def pigeon() -> MemoryProvider:
    return MemoryProvider(PIGEON)


@pytest.fixture
async def desk(pigeon: MemoryProvider) -> AsyncIterator[Desk]:
    async with running_desk(beside=pigeon) as desk:
        yield desk


async def test_a_switch_is_planned_made_and_taken_back(desk: Desk) -> None:
    boss, boss_id, _ = await desk.agent("Boss", role=Role.ADMIN, presence=Presence.OFFLINE)
    sara, _, _ = await desk.agent("Sara")
    ticket = await desk.customer_writes("hello")

    plan = (await boss.get(f"/api/provider/{PIGEON}/plan")).json()
    made = await boss.post(f"/api/provider/{PIGEON}/switch", json={"active": NAME})
    route = (await sara.get(f"/api/tickets/{ticket}/route")).json()
    back = await boss.post("/api/provider/rollback", json={"active": PIGEON})

    assert (plan["active"], plan["target"], plan["connected"]) == (NAME, PIGEON, True)
    assert (plan["customers"], plan["active_tickets"], plan["windows_closed"]) == (1, 1, 0)
    assert (made.status_code, made.json()) == (200, {"active": PIGEON})
    assert route["provider"] == PIGEON
    assert back.json() == {"active": NAME}
    entries = (await boss.get("/api/audit")).json()["items"]
    switches = [one for one in entries if one["act"] == "provider.switched"]
    assert [one["details"]["provider"][1] for one in switches][:2] == [NAME, PIGEON]
    assert {one["by"]["id"] for one in switches[:2]} == {boss_id}


async def test_whoever_decides_second_is_told(desk: Desk) -> None:
    boss, _, _ = await desk.agent("Boss", role=Role.ADMIN)
    await boss.post(f"/api/provider/{PIGEON}/switch", json={"active": NAME})

    again = await boss.post(f"/api/provider/{PIGEON}/switch", json={"active": NAME})
    unknown = await boss.post("/api/provider/carrier/switch", json={"active": PIGEON})
    planned = await boss.get("/api/provider/carrier/plan")

    assert (again.status_code, unknown.status_code, planned.status_code) == (409, 409, 409)
    assert f"replies go by {PIGEON} now" in again.json()["detail"]
    assert "not configured" in unknown.json()["detail"]
    assert f"الردود تسلك {PIGEON} الآن" in again.json()["detail_ar"]


async def test_nothing_goes_by_a_provider_that_is_not_connected_unless_a_person_insists(
    desk: Desk, pigeon: MemoryProvider
) -> None:
    boss, _, _ = await desk.agent("Boss", role=Role.ADMIN)
    pigeon.connection.current = ConnectionStatus(connected=False, state="unreachable")

    plan = (await boss.get(f"/api/provider/{PIGEON}/plan")).json()
    refused = await boss.post(f"/api/provider/{PIGEON}/switch", json={"active": NAME})
    forced = await boss.post(f"/api/provider/{PIGEON}/switch", json={"active": NAME, "force": True})

    assert plan["connected"] is False
    assert (refused.status_code, forced.status_code) == (409, 200)
    assert "not connected" in refused.json()["detail"]


async def test_without_a_switch_there_is_no_way_back(desk: Desk) -> None:
    boss, _, _ = await desk.agent("Boss", role=Role.ADMIN)

    back = await boss.post("/api/provider/rollback", json={"active": NAME})

    assert back.status_code == 409
    assert "nothing to go back to" in back.json()["detail"]
