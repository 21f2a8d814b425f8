"""The pace of a provider over HTTP: what an administrator sees of it, and ends."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from khalifa.domain.agents import Role
from khalifa.domain.pace import PacePolicy, WarningSign
from khalifa.infrastructure.memory.messaging import NAME
from tests.http.desk import Desk, running_desk

CAREFUL = PacePolicy(
    per_second=80, apart=(1.0, 3.0), first_contacts=16, warm_up=timedelta(days=7), warnings=3
)


@pytest.fixture
async def careful() -> AsyncIterator[Desk]:
    async with running_desk(pace=CAREFUL) as desk:
        yield desk


async def test_an_administrator_sees_the_rate_what_is_left_and_the_warm_up(careful: Desk) -> None:
    admin, _, _ = await careful.agent("admin", role=Role.ADMIN)
    await careful.container.refresh_provider_status()()

    [provider] = (await admin.get("/api/provider")).json()["items"]

    pace = provider["pace"]
    assert (pace["per_second"], pace["seconds_apart"]) == (80.0, [1.0, 3.0])
    assert (pace["tokens_left"], pace["next_free_at"], pace["held_until"]) == (1, None, None)
    assert (pace["first_contacts_per_hour"], pace["first_contacts_left"]) == (2, 2)
    assert (pace["warm_up_day"], pace["warm_up_days"]) == (1, 7)
    assert pace["paired_at"]


async def test_a_hold_is_shown_with_its_reason_and_ended_by_an_administrator(
    careful: Desk,
) -> None:
    admin, _, _ = await careful.agent("admin", role=Role.ADMIN)
    await careful.container.keep_pace().warn(NAME, WarningSign.UNLINKED)
    [held] = (await admin.get("/api/provider")).json()["items"]

    answer = await admin.post(f"/api/provider/{NAME}/release")

    [released] = (await admin.get("/api/provider")).json()["items"]
    assert held["pace"]["held_until"]
    assert "unlinked" in held["pace"]["held_because"]
    assert held["pace"]["held_because_ar"]
    assert answer.status_code == 204
    assert released["pace"]["held_until"] is None


async def test_only_an_administrator_may_and_only_of_a_provider_there_is(careful: Desk) -> None:
    admin, _, _ = await careful.agent("admin", role=Role.ADMIN)
    sara, _, _ = await careful.agent("Sara")

    assert (await sara.post(f"/api/provider/{NAME}/release")).status_code == 403
    assert (await admin.post("/api/provider/pigeon/release")).status_code == 404


async def test_a_provider_without_limits_shows_none(desk: Desk) -> None:
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)

    [provider] = (await admin.get("/api/provider")).json()["items"]

    assert provider["pace"] is None
