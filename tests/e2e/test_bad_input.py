"""Whatever is sent to it, khalifa answers in words, loses nothing, and goes on."""

import io
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.lines import CloudApiLine
from tests.e2e.system import System, phone
from tests.servers import MysqlServer, PrivateRedis, eventually

PAYLOADS = Path(__file__).parents[1] / "contracts" / "payloads" / "cloud_api"
MEGABYTE = 1024 * 1024


@pytest.fixture
async def system(
    mariadb: MysqlServer, redis_server: PrivateRedis, tmp_path: Path
) -> AsyncIterator[System]:
    redis_server.flushall()
    async with System(CloudApiLine, mariadb, redis_server, tmp_path) as running:
        yield running


async def test_bad_input_is_answered_in_words_and_harms_nothing(system: System) -> None:
    await _webhooks_nobody_signed(system)
    bodies = await _bodies_of_every_shape(system)
    await _requests_that_make_no_sense(system)

    # After all that, the main job still works.
    await system.post_webhooks([system.line.text_body(phone(1), "still there?", at=time.time())])
    await eventually(
        lambda: system.count("messages", "text = 'still there?'") == 1, what="the next message"
    )
    assert system.count("intake_ledger") == bodies + 1
    assert system.count("intake_ledger", "found <> stored + duplicate + ignored + rejected") == 0
    logs = "".join(process.output() for process in system.processes)
    assert "status=5" not in logs
    assert '"status":5' not in logs.replace(" ", "")


async def _webhooks_nobody_signed(system: System) -> None:
    url, body = system.line.webhook_url, system.line.text_body(phone(9), "hi", at=time.time())
    async with system.http.post(url, data=body) as answer:
        assert answer.status == 401
    wrong = {"X-Hub-Signature-256": "sha256=" + "0" * 64}
    async with system.http.post(url, data=body, headers=wrong) as answer:
        assert answer.status == 403
    large = b"x" * (4 * MEGABYTE)
    async with system.http.post(
        url, data=io.BytesIO(large), headers=system.line.headers(large)
    ) as answer:
        assert answer.status == 413
        assert answer.content_type == "application/problem+json"
    async with system.http.post(f"{system.url}/api/webhook/pigeon", data=body) as answer:
        assert answer.status == 404
    assert system.count("intake_ledger") == system.count("messages") == 0


async def _bodies_of_every_shape(system: System) -> int:
    """Post everything the corpus has; return how many bodies that were."""
    files = sorted(PAYLOADS.rglob("*.json")) + sorted(PAYLOADS.rglob("*.body"))
    bodies = [file.read_bytes() for file in files if file.name != "expected.json"]

    assert set(await system.post_webhooks(bodies)) == {200}
    await eventually(
        lambda: system.count("intake_ledger") == len(bodies), within=30, what="all bodies filed"
    )
    assert system.count("intake_ledger", "rejected > 0") > 0
    return len(bodies)


async def _requests_that_make_no_sense(system: System) -> None:
    await system.add_agent("sara")
    await system.add_agent("omar")
    [ticket, *_] = await system.everything("/api/tickets?status=all")
    path = f"/api/tickets/{ticket['id']}/messages"

    for text, limit in (("", "some text"), (" \n", "some text"), ("x" * 4097, "4,096")):
        problem = await system.ask("POST", path, {"text": text}, status=422)
        assert limit in problem["detail"]
    await system.ask("POST", path, {"text": "not mine"}, by="omar", status=403)
    await system.ask("GET", path, by="omar", status=403)
    await system.ask("POST", "/api/tickets/999999/messages", {"text": "whose?"}, status=404)
    await system.ask("GET", "/api/tickets/99999999999999999999", status=404)
    senseless: list[object] = [{}, [], "text", {"text": 7}, {"text": None}, None]
    for nonsense in senseless:
        problem = await system.ask("POST", path, nonsense, status=422)
        assert problem["title"]
    for query in ("limit=0", "limit=501", "limit=x", "cursor=nonsense", "status=lost", "agent=x"):
        await system.ask("GET", f"/api/tickets?{query}", status=422)
    async with system.http.post(f"{system.url}{path}", json={"text": "hi"}) as answer:
        assert answer.status == 401
    async with system.http.post(
        f"{system.url}{path}",
        data=b'{"text": "\\ud83d"}',
        headers={"Authorization": f"Bearer {system.tokens['admin']}"},
    ) as answer:
        assert answer.status == 422
