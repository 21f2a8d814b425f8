"""What the API answers is what its document says: one walk over all of it, always the same."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn

from khalifa.domain.agents import Role
from tests.e2e.fuzzer import Fuzzer
from tests.http.desk import Desk
from tests.http.test_media import arrives
from tests.servers import eventually, free_port

WITHIN = 90
# The same few calls of each route, every time; `make long` asks at random, and for minutes.
WALK = ("--phases=examples,fuzzing", "--max-examples=2", "--generation-deterministic")


async def test_each_route_answers_as_the_document_says(desk: Desk, tmp_path: Path) -> None:
    await desk.customer_writes("hello")
    await arrives(desk, b"%PDF-1.4")
    _, me, token = await desk.agent("who fuzzes", role=Role.ADMIN)
    _, colleague, _ = await desk.agent("colleague")
    known = {
        "FUZZER_TOKEN": token,
        "FUZZER_ID": str(me),
        "FUZZER_COLLEAGUE": str(colleague),
        "FUZZER_SESSION": await _session(desk, token),
    }
    async with _served(desk) as url:
        found = await Fuzzer(url, tmp_path, 1, known).run("walk", *WALK, seconds=WITHIN)

    assert found.failures == 0, found.report
    assert found.operations > 70


async def _session(desk: Desk, token: str) -> str:
    listed = (await desk.caller(token).get("/api/me/sessions")).json()["items"]
    return next(str(one["id"]) for one in listed if one["current"])


@asynccontextmanager
async def _served(desk: Desk) -> AsyncIterator[str]:
    """Serve *desk*, which has been started, at an address; yield it."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(desk.app, port=port, lifespan="off", log_config=None, access_log=False)
    )
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started, what="the desk is served")
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving
