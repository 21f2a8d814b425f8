"""The main job on real servers and processes, for each provider."""

import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.lines import CloudApiLine, Line, SandboxLine, WppconnectLine
from tests.e2e.system import System, new_key, phone, shuffled_twice
from tests.e2e.traces import nothing_private_is_left
from tests.servers import KHALIFA, ForkedProcess, MysqlServer, PrivateRedis, eventually

BODIES, CUSTOMERS, REPLIES = 500, 200, 200


@pytest.fixture(params=[CloudApiLine, WppconnectLine, SandboxLine], ids=lambda line: line.driver)
async def system(
    request: pytest.FixtureRequest,
    mariadb: MysqlServer,
    redis_server: PrivateRedis,
    tmp_path: Path,
) -> AsyncIterator[System]:
    redis_server.flushall()
    line: type[Line] = request.param
    async with System(line, mariadb, redis_server, tmp_path) as running:
        yield running


async def test_500_bodies_of_200_customers_and_200_replies(system: System) -> None:
    for n in range(10):
        await system.add_agent(f"agent {n}", online=True)
    now = time.time()
    bodies = [
        system.line.text_body(phone(n % CUSTOMERS), f"message {n}", at=now - BODIES + n)
        for n in range(BODIES)
    ]

    statuses = await system.post_webhooks(shuffled_twice(bodies, seed=7))

    assert Counter(statuses) == {200: 2 * BODIES}
    await system.filed(BODIES)
    await eventually(
        # A provider may have said more, of itself.
        lambda: system.count("intake_ledger") >= 2 * BODIES,
        within=30,
        what="all bodies filed",
    )
    assert system.count("messages") == BODIES
    assert system.count("customers") == CUSTOMERS
    assert system.count("tickets", "status = 'open'") == CUSTOMERS
    # Ten agents have room for 150; the others wait.
    assert system.count("tickets", "agent_id IS NULL") == CUSTOMERS - 150
    unbalanced = "found <> stored + duplicate + ignored + rejected"
    assert system.count("intake_ledger", unbalanced) == 0

    await system.add_agent("late", capacity=100, online=True)
    await eventually(
        lambda: system.count("tickets", "agent_id IS NULL") == 0, within=10, what="all assigned"
    )

    tickets = await system.everything("/api/tickets?status=active")
    assert len(tickets) == CUSTOMERS
    for round_ in range(REPLIES // CUSTOMERS):
        for ticket in tickets:
            text = f"reply {round_} to {ticket['customer']['phone']}"
            await system.ask(
                "POST",
                f"/api/tickets/{ticket['id']}/messages",
                {"text": text},
                headers={"Idempotency-Key": new_key()},
                status=202,
            )

    def delivered() -> bool:
        replies = "direction = 'out' AND status IN ('delivered', 'read')"
        return system.count("messages", replies) == REPLIES

    await eventually(delivered, within=60, what="all replies delivered")
    sent = await system.line.went_out()
    assert Counter((message.to, message.text) for message in sent) == Counter(
        (ticket["customer"]["phone"], f"reply {round_} to {ticket['customer']['phone']}")
        for round_ in range(REPLIES // CUSTOMERS)
        for ticket in tickets
    )
    customers = (phone(n) for n in range(CUSTOMERS))
    await nothing_private_is_left(system, [*customers, "message 1", "reply 0", "Mona Ali"])
    if isinstance(system.line, CloudApiLine):
        await _everything_is_accounted_for_and_a_replay_changes_nothing(system)


async def _everything_is_accounted_for_and_a_replay_changes_nothing(system: System) -> None:
    async def ledger(*arguments: str) -> str:
        log = system.folder / "logs" / "ledger.log"
        with ForkedProcess(KHALIFA, "ledger", *arguments, env=system.env, log=log) as command:
            assert await command.wait(within=60) == 0, command.output()
            return command.output()

    # What we sent may still be read by somebody meanwhile.
    counted = (
        "SELECT COUNT(*) FROM messages",
        "SELECT SUM(version) FROM messages WHERE direction = 'in'",
        "SELECT SUM(version) FROM tickets",
    )
    before = [system.number(query) for query in counted]
    assert "Every webhook is accounted for" in await ledger("audit")
    assert "New in the database: 0." in await ledger("replay", "--all")
    assert [system.number(query) for query in counted] == before
    assert "Every webhook is accounted for" in await ledger("audit", "--since", "1h")


async def test_both_sides_are_heard_in_order(system: System) -> None:
    await system.add_agent("sara", online=True)
    now = time.time()
    said = [
        system.line.text_body(phone(who), f"{n}", at=now - 60 + n)
        for n in range(20)
        for who in range(5)
    ]

    await system.post_webhooks(shuffled_twice(said, seed=3))
    await system.filed(100)

    tickets = await system.everything("/api/tickets?agent=me", by="sara")
    assert [ticket["last_message"] for ticket in tickets] == ["19"] * 5
    for ticket in tickets:
        shown = await system.ask("GET", f"/api/tickets/{ticket['id']}/messages?limit=50")
        assert [message["text"] for message in shown["items"]] == [f"{n}" for n in range(20)]

    for n in range(20):
        for ticket in tickets:
            path = f"/api/tickets/{ticket['id']}/messages"
            await system.ask("POST", path, {"text": f"{n}"}, by="sara", status=202)
    await eventually(
        lambda: system.count("messages", "status IN ('delivered', 'read')") == 100,
        within=60,
        what="all replies delivered",
    )
    heard = defaultdict(list)
    for message in await system.line.went_out():
        heard[message.to].append(int(message.text))
    assert dict(heard) == {phone(n): list(range(20)) for n in range(5)}
