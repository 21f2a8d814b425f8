"""A customer who was forgotten stays so: nothing that comes again brings back what was said."""

import time
from pathlib import Path

from tests.e2e.lines import CloudApiLine
from tests.e2e.system import System
from tests.servers import KHALIFA, ForkedProcess, MysqlServer, PrivateRedis, eventually

NADIA, OMAR = "201012345678", "201112345678"


async def khalifa(system: System, *arguments: str) -> str:
    """Run the command on the system's own servers; return what it said."""
    log = system.folder / f"{'-'.join(arguments[:2])}.log"
    process = ForkedProcess(KHALIFA, *arguments, env=system.process_env, cwd=system.folder, log=log)
    process.start()
    assert await process.wait() == 0, process.output()
    return process.output()


async def test_what_a_provider_sends_again_stays_forgotten_and_the_ledger_balances(
    mariadb: MysqlServer, redis_server: PrivateRedis, tmp_path: Path
) -> None:
    redis_server.flushall()
    async with System(CloudApiLine, mariadb, redis_server, tmp_path) as system:
        now = time.time()
        hers = [system.line.text_body(NADIA, f"secret {n}", at=now - n) for n in range(5)]
        his = [system.line.text_body(OMAR, f"other {n}", at=now - n) for n in range(3)]
        await system.post_webhooks([*hers, *his])
        await system.filed(8)

        told = await khalifa(system, "customers", "erase", f"+{NADIA}", "--yes")
        await system.post_webhooks([*hers, *his])
        await eventually(
            lambda: system.count("intake_ledger") == 16, within=30, what="every body accounted for"
        )

        assert "5 messages" in told
        assert "0 left" in told
        # Their rows stay for the figures, with nothing in them.
        assert (system.count("messages"), system.count("messages", "text IS NULL")) == (8, 5)
        assert system.count("messages", "text LIKE 'secret%'") == 0
        forgotten = "outcome = 'ignored' AND reason = 'the customer was erased'"
        assert system.count("intake_items", forgotten) == 5
        assert system.count("intake_items", "outcome = 'duplicate'") == 3
        assert "accounted for" in await khalifa(system, "ledger", "audit")
        # She may come back, as somebody who never wrote before.
        await system.post_webhooks([system.line.text_body(NADIA, "hello again", at=now + 60)])
        await system.filed(9)
        assert system.count("messages", "text = 'hello again'") == 1
