"""Processes that end, in order or killed: what was answered 2xx is filed, once."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.e2e.lines import CloudApiLine
from tests.e2e.system import System, phone
from tests.servers import PrivateMariaDB, PrivateRedis, eventually

BODIES, CUSTOMERS = 1500, 100


@pytest.fixture
async def system(redis_server: PrivateRedis, tmp_path: Path) -> AsyncIterator[System]:
    redis_server.flushall()
    with PrivateMariaDB(durable=True) as mariadb:
        async with System(
            CloudApiLine, mariadb, redis_server, tmp_path, intake_workers=2
        ) as running:
            yield running


def kill_and_restart(system: System, who: str) -> None:
    process = {
        "server": system.server,
        "intake": system.intake[0],
        "delivery": system.delivery,
    }[who]
    process.kill()
    process.start()


def wipe_redis(system: System) -> None:
    system.redis.flushall()


def kill_database(system: System) -> None:
    system.mysql.kill()  # type: ignore[attr-defined]
    system.mysql.restart()  # type: ignore[attr-defined]


# The crash suite does each of these in `make test`, at random; here each comes by itself.
@pytest.mark.long
@pytest.mark.parametrize("harm", ["server", "intake", "delivery", "redis", "database"])
async def test_everything_answered_2xx_is_filed_once(system: System, harm: str) -> None:
    await system.add_agent("sara", capacity=1000, online=True)
    now = time.time()
    bodies = [
        system.line.text_body(phone(n % CUSTOMERS), f"{n}", at=now - BODIES + n)
        for n in range(BODIES)
    ]
    do_harm: Callable[[], None] = {
        "redis": lambda: wipe_redis(system),
        "database": lambda: kill_database(system),
    }.get(harm, lambda: kill_and_restart(system, harm))

    posting = asyncio.create_task(system.post_webhooks(bodies, insist=True))
    await eventually(lambda: system.count("messages") > 100, within=30, what="load")
    await asyncio.to_thread(do_harm)
    statuses = await posting

    assert len(statuses) == BODIES
    # A lost job is asked for again fifteen seconds after its body came.
    await eventually(lambda: system.count("messages") == BODIES, within=60, what="every body filed")
    assert system.count("customers") == CUSTOMERS
    assert system.count("tickets") == CUSTOMERS
    assert system.number("SELECT COUNT(DISTINCT text) FROM messages") == BODIES


async def test_a_rolling_restart_loses_nothing_and_leaves_nothing_in_doubt(system: System) -> None:
    await system.add_agent("sara", capacity=1000, online=True)
    now = time.time()
    await system.post_webhooks([system.line.text_body(phone(n), "hi", at=now) for n in range(60)])
    await system.filed(60)
    tickets = await system.everything("/api/tickets?status=active")
    bodies = [system.line.text_body(phone(n % 60), f"{n}", at=now + n) for n in range(500)]

    posting = asyncio.create_task(system.post_webhooks(bodies, insist=True))
    for ticket in tickets:
        path = f"/api/tickets/{ticket['id']}/messages"
        await system.ask("POST", path, {"text": f"reply to {ticket['id']}"}, status=202)
    for process in (system.delivery, *system.intake, system.server):
        # The server ends by the signal itself, once it has shut down.
        assert await process.terminate() in {0, -signal.SIGTERM}
        process.start()
    assert len(await posting) == len(bodies)

    await eventually(lambda: system.count("messages") == 620, within=60, what="every body filed")
    settled = "direction = 'out' AND status IN ('delivered', 'read')"
    await eventually(
        lambda: system.count("messages", settled) == 60, within=60, what="every reply delivered"
    )
    sent = Counter(message.text for message in await system.line.went_out())
    assert sent == Counter(f"reply to {ticket['id']}" for ticket in tickets)


async def test_a_killed_delivery_worker_sends_nothing_twice(system: System) -> None:
    await system.add_agent("sara", capacity=1000, online=True)
    now = time.time()
    await system.post_webhooks([system.line.text_body(phone(n), "hi", at=now) for n in range(100)])
    await system.filed(100)
    tickets = await system.everything("/api/tickets?status=active")
    for ticket in tickets:
        await system.ask(
            "POST",
            f"/api/tickets/{ticket['id']}/messages",
            {"text": f"reply to {ticket['id']}"},
            status=202,
        )
        if ticket is tickets[50]:
            await asyncio.to_thread(kill_and_restart, system, "delivery")

    # What was being sent at the kill is in doubt until its claim runs out, or the customer has it.
    def standing() -> Counter[str]:
        replies = "SELECT status FROM messages WHERE direction = 'out'"
        return Counter(str(status) for [status] in system.rows(replies))

    def settled_or_in_doubt() -> Counter[str] | None:
        found = standing()
        return None if found["queued"] or found["sent"] else found

    found = await eventually(settled_or_in_doubt, within=60, what="every reply sent or in doubt")
    sent = Counter(message.text for message in await system.line.went_out())
    assert set(sent.values()) == {1}
    in_doubt, delivered = found["sending"] + found["unknown"], found["delivered"] + found["read"]
    assert in_doubt <= 32
    assert delivered + in_doubt == 100
    assert len(sent) >= delivered
