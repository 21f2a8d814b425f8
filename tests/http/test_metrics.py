"""What Prometheus is shown, and to whom nothing is."""

from collections.abc import AsyncIterator

import pytest

from khalifa.application.ports.metrics import ALL, GaugeMetric
from khalifa.infrastructure.memory.messaging import SECRET, SECRET_HEADER
from tests.contracts.test_prometheus_metrics import Numbers, numbers_of
from tests.http.desk import Desk, running_desk

TOKEN = "a token of the tests"


@pytest.fixture
async def watched() -> AsyncIterator[Desk]:
    async with running_desk(metrics_token=TOKEN) as desk:
        yield desk


async def shown(desk: Desk) -> Numbers:
    answer = await desk.caller(TOKEN).get("/metrics")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return numbers_of(answer.content)


def of(numbers: Numbers, name: str, **labels: str) -> float | None:
    return numbers.get((name, frozenset(labels.items())))


async def test_without_a_token_of_its_own_there_are_no_metrics(desk: Desk) -> None:
    _, _, admin = await desk.agent("Sara")

    for token in (None, "", "None", admin):
        answer = await desk.caller(token).get("/metrics")
        assert answer.status_code == 404
        assert "khalifa_" not in answer.text


async def test_only_who_shows_the_token_is_told(watched: Desk) -> None:
    _, _, admin = await watched.agent("Sara")

    for token in (None, TOKEN[:-1], f"{TOKEN}x", admin):
        assert (await watched.caller(token).get("/metrics")).status_code == 401
    assert (await watched.caller(TOKEN).get("/metrics")).status_code == 200


async def test_webhooks_are_counted_by_provider_and_answer(watched: Desk) -> None:
    caller, signed = watched.caller(), {SECRET_HEADER: SECRET}
    too_large = watched.provider.port.max_body + 1

    await caller.post("/api/webhook/memory", content=b"{}", headers=signed)
    await caller.post("/api/webhook/memory", content=b"{}")
    await caller.post("/api/webhook/memory", content=b"x" * too_large, headers=signed)
    await caller.post("/api/webhook/201012345678", content=b"{}")

    numbers, name = await shown(watched), "khalifa_webhook_seconds_count"
    for status in ("200", "401", "413"):
        assert of(numbers, name, provider="memory", status=status) == 1
    route = {"route": "/api/webhook/{provider}", "method": "POST", "status": "404"}
    assert of(numbers, "khalifa_http_request_seconds_count", **route) == 1
    assert "201012345678" not in str(numbers)


async def test_how_things_stand_is_shown(watched: Desk) -> None:
    await watched.agent("Sara")
    await watched.customer_writes("مرحبا")
    await watched.caller().post(
        "/api/webhook/memory", content=b"{}", headers={SECRET_HEADER: SECRET}
    )

    numbers = await shown(watched)

    assert of(numbers, "khalifa_tickets", state="open") == 1
    assert of(numbers, "khalifa_tickets", state="unassigned") == 0
    assert of(numbers, "khalifa_agents", presence="online") == 1
    assert of(numbers, "khalifa_queue_waiting", queue="incoming_messages") == 1
    assert of(numbers, "khalifa_journal_bodies") in {1, 2}
    assert of(numbers, "khalifa_filed_total", provider="memory", outcome="stored") == 1
    assert of(numbers, "khalifa_filing_seconds_count", provider="memory") == 1
    assert of(numbers, "khalifa_provider_active", provider="memory") == 1
    assert {part for name, part in numbers if name == "khalifa_readable"} == {
        frozenset({("part", part)})
        for part in ("journal", "queue", "workload", "providers", "pace")
    }


async def test_what_cannot_be_read_is_left_out_and_said(watched: Desk) -> None:
    watched.container.memory_store().away = True

    numbers = await shown(watched)

    assert of(numbers, "khalifa_readable", part="workload") == 0
    assert of(numbers, "khalifa_readable", part="journal") == 1
    assert of(numbers, "khalifa_tickets", state="open") is None


async def test_no_label_holds_what_a_caller_made_up(watched: Desk) -> None:
    caller, private = watched.caller(), "201012345678"

    for path in (f"/api/tickets/{private}", f"/{private}", f"/api/customers?q={private}"):
        await caller.get(path)
    await caller.request(private, "/health/live")

    names = {metric.name for metric in ALL if isinstance(metric, GaugeMetric)}
    assert names & {name for name, _ in await shown(watched)}
    assert private not in (await watched.caller(TOKEN).get("/metrics")).text
