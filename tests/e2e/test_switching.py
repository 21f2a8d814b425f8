"""Switching there and back under traffic, with kills: nothing is lost, doubled or misrouted."""

import asyncio
import random
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e.lines import WppconnectLine
from tests.e2e.shop import Shop, Traffic
from tests.e2e.system import SqliteFiles
from tests.servers import MysqlServer, PrivateRedis, eventually

WPP, CLOUD = "wppconnect", "cloud_api"


class Size(NamedTuple):
    customers: int
    messages: int
    kills: int
    pause: float
    """Of each who writes and each who answers, in seconds: how busy all processes are."""


class Took(NamedTuple):
    """In seconds, the start of the command's process with it where not said otherwise."""

    plan: float
    switch: float
    rollback: float


LARGE = Size(customers=100_000, messages=1_000_000, kills=20, pause=0.03)
SMALL = Size(customers=2_000, messages=4_000, kills=3, pause=0.1)


@pytest.mark.timeout(240)
async def test_under_traffic_on_mariadb(
    mariadb: MysqlServer, redis_server: PrivateRedis, tmp_path: Path
) -> None:
    await switch_there_and_back(mariadb, redis_server, tmp_path, SMALL)


@pytest.mark.long
@pytest.mark.timeout(240)
async def test_under_traffic_on_sqlite(redis_server: PrivateRedis, tmp_path: Path) -> None:
    # Of the file alone: the command dies, and all go on. At size there are as many kills as there.
    files = SqliteFiles(tmp_path / "data")
    await switch_there_and_back(files, redis_server, tmp_path, SMALL._replace(kills=1))


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("database", ["mariadb", "sqlite"])
async def test_under_traffic_at_size(
    database: str, request: pytest.FixtureRequest, redis_server: PrivateRedis, tmp_path: Path
) -> None:
    server = (
        request.getfixturevalue("mariadb")
        if database == "mariadb"
        else SqliteFiles(tmp_path / "data")
    )
    took = await switch_there_and_back(server, redis_server, tmp_path, LARGE)

    assert took is not None
    print(f"{database}: {took}")  # noqa: T201 - the figures of docs/performance.md
    assert took.plan < 30
    assert max(took.switch, took.rollback) < 2


async def switch_there_and_back(
    mysql: MysqlServer, redis: PrivateRedis, folder: Path, size: Size
) -> Took | None:
    redis.flushall()
    async with Shop(WppconnectLine, mysql, redis, folder) as shop:
        await shop.open_doors(customers=size.customers, messages=size.messages)
        traffic = await kill_while_switching(shop, size, seed=1)
        faults = await traffic.faults()

        assert faults == []
        assert len(traffic.taken) > 10 * size.kills
        assert {provider for provider, _ in traffic.taken.values()} == {WPP, CLOUD}
        of_before = f"journal = 'seed' AND provider <> '{WPP}'"
        assert shop.count("messages", of_before) == 0
        return await measured(shop) if size is LARGE else None


async def kill_while_switching(shop: Shop, size: Size, *, seed: int) -> Traffic:
    """Switch there and back until so many processes were killed, under traffic all the while."""
    chance = random.Random(seed)
    traffic = Traffic(shop, talking=200, seed=seed, pause=size.pause)
    running = asyncio.create_task(traffic.run())
    # The command, and whatever else may be at work in the same moment.
    victims = (None, shop.server, shop.delivery, shop.intake[0])
    for n in range(size.kills):
        to = CLOUD if shop.active() == WPP else WPP
        async with shop.command("switch", "--to", to, "--yes", "--no-backup") as command:
            await asyncio.sleep(chance.uniform(0.2, 2.5))
            (victims[n % len(victims)] or command).kill()
            if (victim := victims[n % len(victims)]) is not None:
                victim.start()
                await command.wait(within=120)
        # A server that is down is a red plan.
        await shop.server.wait_for_url(f"{shop.url}/health/ready", within=60)
        # Killed or not: the same command again does what is left to do.
        await shop.switch(to)
    both = {WPP, CLOUD}
    await eventually(
        lambda: set(traffic.carried.values()) == both, within=30, what="replies by both providers"
    )
    traffic.stop()
    await asyncio.wait_for(running, 60)
    return traffic


async def measured(shop: Shop) -> Took:
    """Time a plan, a switch from its answer to the end, and a rollback whole."""
    to = CLOUD if shop.active() == WPP else WPP
    plan = await timed(shop, "plan", "--to", to)
    async with shop.command("switch", "--to", to, "--yes", "--no-backup") as command:
        await command.wait_for_line("No backup was made", within=120)
        began = time.monotonic()
        assert await command.wait(within=60) == 0, command.output()
        switch = time.monotonic() - began
    assert shop.active() == to
    rollback = await timed(shop, "rollback", "--yes")
    assert shop.active() != to
    return Took(plan=plan, switch=switch, rollback=rollback)


async def timed(shop: Shop, *arguments: str) -> float:
    began = time.monotonic()
    async with shop.command(*arguments) as command:
        assert await command.wait(within=120) == 0, command.output()
    return time.monotonic() - began
