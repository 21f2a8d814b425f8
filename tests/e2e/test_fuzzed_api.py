"""The API holds against a fuzzer: whatever is asked, it answers as its document says."""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path

import pytest

from khalifa.domain.agents import Role
from tests.e2e.fuzzer import Fuzzer, somebody
from tests.e2e.lines import WppconnectLine
from tests.e2e.shop import Shop
from tests.e2e.system import phone
from tests.servers import MysqlServer, PrivateRedis

SECONDS = int(os.environ.get("FUZZ_SECONDS", "900"))
SEED = int(os.environ.get("FUZZ_SEED") or random.randrange(2**32))
# Who asks for which part of the time; nobody is refused at nearly every door.
SHARES = ((None, 0.1), (Role.AGENT, 0.3), (Role.ADMIN, 0.6))
# To start, and to end what is under way.
GRACE = 120
CUSTOMERS = 400


@pytest.mark.long
@pytest.mark.timeout(SECONDS + 5 * GRACE)
async def test_whatever_is_asked_is_answered_as_the_document_says(
    mariadb: MysqlServer, redis_server: PrivateRedis, tmp_path: Path
) -> None:
    redis_server.flushall()
    async with Shop(WppconnectLine, mariadb, redis_server, tmp_path) as shop, _busy(shop):
        for role, share in SHARES:
            seconds = int(SECONDS * share)
            known = await somebody(shop, role) if role else {}
            fuzzer = Fuzzer(shop.url, tmp_path / "logs", SEED, {**known, **_proof(shop)})

            found = await fuzzer.run(f"as-{role}", f"--max-time={seconds}", seconds=seconds + GRACE)

            print(f"as {role or 'nobody'}, seed {SEED}, {seconds} s: {found}")  # noqa: T201
            assert found.failures == 0, found.report
        assert "request failed" not in shop.server.output()
        assert all(process.is_running for process in shop.processes)


def _proof(shop: Shop) -> dict[str, str]:
    """Return what makes our webhook read what the provider says, whatever it is."""
    return {"FUZZER_WEBHOOK_AUTHORIZATION": shop.line.headers(b"")["Authorization"]}


@asynccontextmanager
async def _busy(shop: Shop) -> AsyncIterator[None]:
    """Have conversations of years, some messages of unknown fate, and customers who write on."""
    await shop.open_doors(customers=CUSTOMERS, messages=4 * CUSTOMERS)
    shop.rows("UPDATE messages SET status = 'unknown' WHERE direction = 'out' AND id % 3 = 0")
    writing = asyncio.create_task(_write(shop))
    try:
        yield
    finally:
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing


async def _write(shop: Shop) -> None:
    """Let customers write: what the fuzzer closes opens again."""
    for n in count():
        body = shop.line.text_body(phone(n % CUSTOMERS), f"still there? {n}", at=time.time())
        await shop.post_webhooks([body], connections=1)
        await asyncio.sleep(0.2)
