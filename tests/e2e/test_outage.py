"""WPPConnect dies and customers write on: all of it is there once it is back, and once only."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.lines import WppconnectLine
from tests.e2e.system import System, phone
from tests.servers import MysqlServer, PrivateRedis, eventually

CUSTOMERS = 10


@pytest.fixture
async def system(
    mariadb: MysqlServer, redis_server: PrivateRedis, tmp_path: Path
) -> AsyncIterator[System]:
    redis_server.flushall()
    async with System(WppconnectLine, mariadb, redis_server, tmp_path) as running:
        yield running


async def write(system: System, what: str) -> None:
    for n in range(CUSTOMERS):
        await line_of(system).act(
            "customer_writes", who=phone(n), text=f"{what} {n}", session=WppconnectLine.session
        )


def line_of(system: System) -> WppconnectLine:
    assert isinstance(system.line, WppconnectLine)
    return system.line


async def provider(system: System) -> dict[str, Any]:
    listed = (await system.ask("GET", "/api/provider"))["items"]
    return next(one for one in listed if one["provider"] == "wppconnect")


async def state(system: System, *wanted: str) -> None:
    async def is_it() -> bool:
        return (await provider(system))["state"] in wanted

    await eventually(is_it, within=30, what=f"the provider to be {wanted}")


async def test_messages_of_an_outage_are_all_there_once_afterwards(system: System) -> None:
    line = line_of(system)
    await state(system, "connected")
    await write(system, "before")
    await system.filed(CUSTOMERS)

    # The server dies; its page is away long enough for somebody to see it.
    await line.act("adjust", start_seconds=12.0)
    await line.act("restart")
    await state(system, "starting", "disconnected", "closed", "unreachable")
    await write(system, "during")
    # Ours is away, too: what WPPConnect tells then is lost.
    system.server.kill()
    await back_at_whatsapp(line)
    await write(system, "to nobody")
    system.server.start()
    await system.server.wait_for_url(f"{system.url}/health/ready", within=30)
    await write(system, "after")

    await system.filed(4 * CUSTOMERS)
    assert Counter(message["text"] for message in await system.messages()) == Counter(
        f"{what} {n}"
        for what in ("before", "during", "to nobody", "after")
        for n in range(CUSTOMERS)
    )

    async def told() -> bool:
        recovery = (await provider(system))["recovery"]
        return recovery is not None and recovery["complete"] and recovery["messages"] > 0

    await eventually(told, within=30, what="a clean pass")
    assert (await provider(system))["recovery"]["messages"] >= 2 * CUSTOMERS
    assert "missed messages fetched" in system.server.output()
    for n in range(CUSTOMERS):
        assert phone(n) not in system.server.output()
    assert system.count("messages") == 4 * CUSTOMERS


async def back_at_whatsapp(line: WppconnectLine) -> None:
    """Wait until WPPConnect itself is up again, though nobody of ours listens."""

    async def told() -> bool:
        found = [sent["body"] for sent in await line.read("deliveries") if sent["status"] is None]
        return any(isinstance(body, dict) and body.get("status") == "inChat" for body in found)

    await eventually(told, within=30, what="WPPConnect to be back")
