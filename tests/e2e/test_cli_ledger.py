"""The ledger at the prompt: what is sealed stays so, and the audit says when it did not."""

import asyncio
import sqlite3

from structlog.testing import capture_logs

from khalifa.application.ports.journal import BodyKey
from khalifa.application.ports.ledger import Seal
from khalifa.container import build_container
from khalifa.settings import Settings
from tests.builders import a_ledger_entry
from tests.e2e.shell import Shell


def change(url: str, statement: str) -> None:
    with sqlite3.connect(url.split("///", 1)[1]) as database:
        database.execute(statement)


async def sealed(settings: Settings) -> Seal | None:
    """Account for two bodies of two hours ago, and let their seal be set."""
    container = build_container(settings)
    entries = [a_ledger_entry(BodyKey("earlier", number)) for number in (1, 2)]
    try:
        await container.transact()(lambda uow: uow.ledger.add(entries))
        change(
            settings.database_url,
            "UPDATE intake_ledger SET filed_at = datetime('now', '-2 hours') || '.000000'",
        )
        return await container.seal_ledger()()
    finally:
        await container.cleanup().aclose()


def test_a_seal_is_logged_and_the_audit_prints_it_and_misses_what_is_gone(
    ready: Shell, sqlite_url: str
) -> None:
    with capture_logs() as logged:
        seal = asyncio.run(sealed(Settings.from_env(ready.env)))

    assert seal is not None
    [line] = [line for line in logged if line["event"] == "ledger sealed"]
    assert (line["seal"], line["bodies"], line["digest"]) == (1, 2, seal.digest)
    assert seal.digest in ready.run("ledger", "audit").output

    change(sqlite_url, "DELETE FROM intake_ledger WHERE number = 2")
    answer = ready.run("ledger", "audit")

    assert answer.code == 1
    assert "Seal 1" in answer.errors
