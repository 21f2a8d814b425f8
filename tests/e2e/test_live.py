"""The agents' screens: each hears its own, resumes where it was, and is told when it cannot."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.e2e.lines import CloudApiLine
from tests.e2e.system import System, phone
from tests.servers import MysqlServer, PrivateRedis


@pytest.fixture
async def system(
    mariadb: MysqlServer, redis_server: PrivateRedis, tmp_path: Path
) -> AsyncIterator[System]:
    redis_server.flushall()
    async with System(CloudApiLine, mariadb, redis_server, tmp_path) as running:
        yield running


async def screen(
    system: System, name: str, *, since: str | None = None
) -> aiohttp.ClientWebSocketResponse:
    query = f"?since={since}" if since else ""
    bearer = {"Authorization": f"Bearer {system.tokens[name]}"}
    return await system.http.ws_connect(f"{system.url}/api/live{query}", headers=bearer)


async def heard(socket: aiohttp.ClientWebSocketResponse, wanted: str) -> dict[str, Any]:
    """Return the next frame of the kind *wanted*."""
    while True:
        frame: dict[str, Any] = await socket.receive_json(timeout=10)
        if frame["type"] == wanted:
            return frame


async def say(system: System, who: int, text: str) -> None:
    body = system.line.text_body(phone(who), text, at=time.time())
    assert await system.post_webhooks([body]) == [200]


async def test_screens_hear_their_own_resume_and_are_told_to_load_anew(system: System) -> None:
    await system.add_agent("sara", online=True)
    await system.add_agent("omar")

    sara = await screen(system, "sara")
    await heard(sara, "hello")
    await say(system, 1, "for sara")
    message = await heard(sara, "message.changed")
    assert message["entity"]["text"] == "for sara"
    assert (await heard(sara, "ticket.changed"))["entity"]["agent"]["name"] == "sara"
    await sara.close()

    # What was said while she was away comes when she is back, after her cursor.
    await say(system, 1, "while away")
    await system.filed(2)
    sara = await screen(system, "sara", since=message["cursor"])
    missed = await heard(sara, "message.changed")
    assert missed["entity"]["text"] == "while away"

    # Omar, who was offline, is online now, and hears nothing of hers.
    omar = await screen(system, "omar")
    await heard(omar, "hello")
    agents = (await system.ask("GET", "/api/agents"))["items"]
    assert {a["name"]: a["presence"] for a in agents}["omar"] == "online"
    await say(system, 1, "again for sara")
    await heard(sara, "message.changed")
    await say(system, 2, "for omar")
    assert (await heard(omar, "message.changed"))["entity"]["text"] == "for omar"

    # A wiped Redis: nobody knows what was missed, so the screens load anew.
    system.redis.flushall()
    await heard(sara, "reload")
    await say(system, 1, "after the wipe")
    assert (await heard(sara, "message.changed"))["entity"]["text"] == "after the wipe"

    lost = await screen(system, "sara", since="nonsense-1-0")
    await heard(lost, "reload")


async def test_strangers_and_foreign_pages_hear_nothing(system: System) -> None:
    stranger = await system.http.ws_connect(
        f"{system.url}/api/live", headers={"Authorization": "Bearer nobody's"}
    )
    assert (await stranger.receive(timeout=10)).data == 4401

    cookie = {"Cookie": f"khalifa_session={system.tokens['admin']}"}
    foreign = {**cookie, "Origin": "http://elsewhere.example"}
    page = await system.http.ws_connect(f"{system.url}/api/live", headers=foreign)
    assert (await page.receive(timeout=10)).data == 4403
