"""Twenty messages of a new customer at once, two intake workers: one ticket, always."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.lines import CloudApiLine
from tests.e2e.system import System, phone
from tests.servers import MysqlServer, PrivateRedis

MESSAGES = 20


@pytest.fixture
async def system(
    mariadb: MysqlServer, redis_server: PrivateRedis, tmp_path: Path
) -> AsyncIterator[System]:
    redis_server.flushall()
    async with System(CloudApiLine, mariadb, redis_server, tmp_path, intake_workers=2) as running:
        yield running


async def race(system: System, rounds: int) -> None:
    await system.add_agent("sara", capacity=1000, online=True)
    for round_ in range(rounds):
        start = time.time() - MESSAGES
        bodies = [
            system.line.text_body(phone(round_), f"{n}", at=start + n) for n in range(MESSAGES)
        ]

        statuses = await system.post_webhooks(bodies, connections=MESSAGES)

        assert statuses == [200] * MESSAGES
        await system.filed((round_ + 1) * MESSAGES, within=30)
        assert system.count("messages") == (round_ + 1) * MESSAGES
        assert system.count("customers") == round_ + 1
        assert system.count("tickets") == round_ + 1
    for ticket in await system.everything("/api/tickets?status=active"):
        page = await system.ask("GET", f"/api/tickets/{ticket['id']}/messages?limit=100")
        assert [message["text"] for message in page["items"]] == [f"{n}" for n in range(MESSAGES)]


async def test_a_new_customers_twenty_messages_at_once_make_one_ticket(system: System) -> None:
    await race(system, 10)


@pytest.mark.long
async def test_fifty_rounds_of_the_race(system: System) -> None:
    await race(system, 50)
