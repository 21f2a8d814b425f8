"""Pace and window on real servers: what waits does so in the database, and all of it arrives."""

import re
import time
from collections.abc import AsyncIterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.lines import CloudApiLine
from tests.e2e.system import System, new_key, phone
from tests.servers import MysqlServer, PrivateRedis, eventually

PER_SECOND, CUSTOMERS = 4, 16
IMPATIENT = 1
DAY = 24 * 3600
ORDER = {
    "name": "order_ready",
    "language": "ar",
    "header": {"type": "text", "text": "7"},
    "body": ["منى", "7"],
    "buttons": [{"type": "url", "index": 1, "value": "7"}],
}


class SlowLine(CloudApiLine):
    @property
    def env(self) -> Mapping[str, str]:
        return {
            **super().env,
            "CLOUD_API_MESSAGES_PER_SECOND": str(PER_SECOND),
            "CLOUD_API_SECONDS_PER_RECIPIENT": "6",
        }


@pytest.fixture
async def system(
    mariadb: MysqlServer, redis_server: PrivateRedis, tmp_path: Path
) -> AsyncIterator[System]:
    redis_server.flushall()
    async with System(SlowLine, mariadb, redis_server, tmp_path) as running:
        await running.add_agent("sara", capacity=100, online=True)
        yield running


async def test_replies_leave_at_the_numbers_pace_and_nothing_sleeps_in_a_job(
    system: System,
) -> None:
    now = time.time()
    bodies = [system.line.text_body(phone(n), "hello", at=now) for n in range(CUSTOMERS)]
    await system.post_webhooks(bodies)
    await system.filed(CUSTOMERS)
    assert isinstance(system.line, SlowLine)
    # Meta wants her next message twice later: after one second, then after four.
    await system.line.act("arrange", scenario="pair_rate_limited", to=phone(IMPATIENT), times=2)

    for ticket in await system.everything("/api/tickets", by="sara"):
        await _say(system, f"/api/tickets/{ticket['id']}/messages", {"text": "reply"}, status=202)
    await eventually(
        lambda: system.count("messages", "status = 'delivered'") == CUSTOMERS,
        within=60,
        what="all replies delivered",
    )

    accepted = await system.line.read("accepted")
    times = sorted(float(str(message["at"])) for message in accepted)
    assert len(times) == CUSTOMERS
    for first, begun in enumerate(times):
        for last in range(first, CUSTOMERS):
            # A burst of a second's worth, then as many a second; and some for the way there,
            # which is longer for one than for another.
            most = PER_SECOND + PER_SECOND * (times[last] - begun) + 3
            assert last - first + 1 <= most, times
    tries = [seen for seen in await system.line.read("requests") if seen["to"] == phone(IMPATIENT)]
    assert [seen["status"] for seen in tries] == [400, 400, 200]
    tried_at = [float(str(seen["at"])) for seen in tries]
    waits = [later - earlier for earlier, later in pairwise(tried_at)]
    assert waits[0] >= 1
    assert waits[1] >= 4
    # A job that slept for her would have taken four seconds.
    assert max(_job_seconds(system)) < 4
    [provider] = (await system.ask("GET", "/api/provider"))["items"]
    assert (provider["pace"]["per_second"], provider["pace"]["held_until"]) == (PER_SECOND, None)


async def test_outside_the_window_a_template_opens_the_conversation(system: System) -> None:
    old = system.line.text_body(phone(0), "hello", at=time.time() - DAY - 60)
    await system.post_webhooks([old])
    await system.filed(1)
    [ticket] = await system.everything("/api/tickets", by="sara")
    path = f"/api/tickets/{ticket['id']}/messages"

    refused = await _say(system, path, {"text": "too late"}, status=409)
    await _say(system, path, {"kind": "template", "template": ORDER}, status=202)
    first = {"phone": f"+{phone(1)}"}
    strange = await _say(system, "/api/tickets", {**first, "text": "hi"}, status=409)
    started = await _say(system, "/api/tickets", {**first, "template": ORDER}, status=202)
    await eventually(
        lambda: system.count("messages", "status = 'delivered'") == 2,
        within=30,
        what="both templates delivered",
    )

    names = ["hello", "new_photo", "order_ready"]
    assert [one["name"] for one in refused["templates"]] == names
    assert refused["templates"] == strange["templates"]
    assert refused["window_closed_at"] == ticket["window_closes_at"]
    assert started["ticket"]["agent"]["name"] == "sara"
    assert isinstance(system.line, SlowLine)
    accepted = await system.line.read("accepted")
    assert [(m["to"], m["kind"]) for m in accepted] == [
        (f"+{phone(0)}", "template"),
        (f"+{phone(1)}", "template"),
    ]
    assert system.count("messages", "text = 'too late'") == 0


async def _say(system: System, path: str, body: Mapping[str, object], *, status: int) -> Any:
    headers = {"Idempotency-Key": new_key()}
    return await system.ask("POST", path, body, by="sara", status=status, headers=headers)


def _job_seconds(system: System) -> list[float]:
    lines = [line for line in system.delivery.output().splitlines() if "outgoing_messages" in line]
    found = [re.search(r'duration_ms["=: ]+([0-9.]+)', line) for line in lines]
    return [float(match[1]) / 1000 for match in found if match]
