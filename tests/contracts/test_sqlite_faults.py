"""A SQLite file that several processes use at once, and processes that end without a word."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from khalifa.application.ports.readers import Holder, TicketFilter
from khalifa.application.ports.unit_of_work import DatabaseUnavailable, Transact, UnitOfWork
from khalifa.infrastructure.database import engine as engines
from khalifa.infrastructure.database import schema
from khalifa.infrastructure.database.engine import UnsupportedDatabase, open_engine
from khalifa.infrastructure.database.inbox import SqlInbox
from khalifa.infrastructure.database.unit_of_work import SqlTransact
from tests.contracts.databases import migrated_file
from tests.contracts.repositories.stored import stored_ticket

ENDS_WITHOUT_A_WORD = """
import asyncio, sys
from khalifa.infrastructure.database.engine import open_engine
from khalifa.infrastructure.database.unit_of_work import SqlTransact

async def main():
    engine = open_engine(sys.argv[1])
    await SqlTransact(engine)(lambda uow: uow.switches.newest())
    return engine

engine = asyncio.run(main())
print("done", flush=True)
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return migrated_file(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture
def transact(engine: AsyncEngine) -> Transact:
    return SqlTransact(engine)


async def test_processes_that_read_and_then_write_wait_for_each_other(
    url: str, transact: Transact
) -> None:
    ticket = await stored_ticket(transact)
    others = [open_engine(url) for _ in range(3)]

    async def work(uow: UnitOfWork) -> None:
        found = await uow.tickets.get(ticket.id)
        found.unread += 1
        await uow.tickets.save([found])

    await asyncio.gather(*(SqlTransact(engine)(work) for engine in others for _ in range(5)))

    assert (await transact(lambda uow: uow.tickets.get(ticket.id))).unread == 15
    for engine in others:
        await engine.dispose()


async def test_the_desk_reads_while_another_writes(engine: AsyncEngine, transact: Transact) -> None:
    ticket = await stored_ticket(transact)
    inbox = SqlInbox(engine)

    async def work(uow: UnitOfWork) -> int:
        found = await uow.tickets.get(ticket.id)
        found.unread = 7
        await uow.tickets.save([found])
        page = await inbox.tickets(
            status=TicketFilter.ALL, holder=Holder.ANYONE, cursor="", limit=10
        )
        return page.items[0].unread

    assert await transact(work) == 0


async def test_nobody_waits_for_who_only_looks_nor_does_who_looks(
    url: str, transact: Transact
) -> None:
    ticket = await stored_ticket(transact)
    others = open_engine(url)

    async def write(uow: UnitOfWork) -> int:
        found = await uow.tickets.get(ticket.id)
        found.unread = 7
        await uow.tickets.save([found])
        async with asyncio.timeout(2):
            return (await transact.read(lambda uow: uow.tickets.get(ticket.id))).unread

    async def look(uow: UnitOfWork) -> int:
        await uow.tickets.get(ticket.id)
        async with asyncio.timeout(2):
            assert await SqlTransact(others)(write) == 0
        return (await uow.tickets.get(ticket.id)).unread

    # What is seen stays the same meanwhile.
    assert await transact.read(look) == 0
    assert (await transact.read(lambda uow: uow.tickets.get(ticket.id))).unread == 7
    await others.dispose()


async def test_a_commit_is_on_the_disk_and_foreign_keys_hold(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        values = {
            name: await connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }

    full = 2
    assert values == {
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "busy_timeout": 5000,
    }


def test_a_process_that_ends_with_its_database_open_does_end(url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ENDS_WITHOUT_A_WORD, url],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (done.stdout, done.returncode) == ("done\n", 0)


async def test_a_file_locked_for_long_is_said_to_be_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "_SQLITE_SESSION", ("PRAGMA busy_timeout = 50",))
    url = migrated_file(tmp_path)
    holder = sqlite3.connect(make_url(url).database or "", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    engine = open_engine(url)

    with pytest.raises(DatabaseUnavailable, match="locked"):
        await SqlTransact(engine)(lambda uow: uow.switches.newest())

    holder.execute("ROLLBACK")
    assert await SqlTransact(engine)(lambda uow: uow.switches.newest()) is None
    holder.close()
    await engine.dispose()


async def test_who_gives_up_waiting_for_a_turn_holds_nothing(url: str, transact: Transact) -> None:
    holder = sqlite3.connect(make_url(url).database or "", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(transact(lambda uow: uow.switches.newest()))
    await asyncio.sleep(0.2)
    waiting.cancel()
    holder.execute("ROLLBACK")
    with pytest.raises(asyncio.CancelledError):
        await waiting

    # The driver's thread still waits, and looks again every tenth of a second.
    await asyncio.sleep(0.5)
    holder.execute("BEGIN IMMEDIATE")
    holder.close()


async def test_a_folder_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    engine = open_engine(f"sqlite:///{tmp_path / 'nowhere' / 'khalifa.db'}")

    with pytest.raises(DatabaseUnavailable):
        await SqlTransact(engine)(lambda uow: uow.switches.newest())
    assert await schema.ping(engine) is not None

    await engine.dispose()
    # The driver's threads still tell this loop that they could not open the file.
    for thread in set(threading.enumerate()) - before:
        await asyncio.to_thread(thread.join)


def test_a_database_khalifa_does_not_know_is_refused_without_telling_its_password() -> None:
    with pytest.raises(UnsupportedDatabase) as refusal:
        open_engine("oracle://khalifa:a-password@example.org/khalifa")

    assert "oracle" in str(refusal.value)
    assert "a-password" not in str(refusal.value)
