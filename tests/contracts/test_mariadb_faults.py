"""MariaDB, or the MySQL in its place, while connections break, lock each other out, and go."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from khalifa.application.ports.unit_of_work import DatabaseUnavailable, Transact, UnitOfWork
from khalifa.domain.customers import CustomerId
from khalifa.domain.routing import ProviderSwitch
from khalifa.domain.tickets import TicketId
from khalifa.infrastructure.database import inbox, schema, unit_of_work
from khalifa.infrastructure.database.engine import ASK_AFTER_SECONDS, open_engine
from khalifa.infrastructure.database.inbox import SqlInbox
from khalifa.infrastructure.database.unit_of_work import PATIENCE_SECONDS, SqlTransact
from tests.builders import NOW, PROVIDER, a_message
from tests.contracts.databases import migrated
from tests.contracts.repositories.stored import (
    claimed,
    queued_reply,
    stored_customer,
    stored_ticket,
)
from tests.servers import MysqlServer, PrivateMariaDB, free_port

A_SWITCH = ProviderSwitch(provider=PROVIDER, configured=PROVIDER, source="test", at=NOW)


@pytest.fixture(scope="module")
def url(mysql_server: MysqlServer) -> Iterator[str]:
    with migrated(mysql_server) as url:
        yield url


@pytest.fixture
def transact(engine: AsyncEngine) -> Transact:
    return SqlTransact(engine)


class CommitCutter:
    """Stands between a client and its server; cuts the next commit off before or after it."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self.cut: str | None = None
        self.cuts = 0

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection(*self._server)
        back = asyncio.create_task(_pump(from_server, writer))
        while data := await reader.read(65536):
            if self.cut is not None and b"COMMIT" in data:
                if self.cut == "after":
                    back.cancel()
                    await asyncio.wait([back])
                    to_server.write(data)
                    await from_server.read(65536)
                self.cut, self.cuts = None, self.cuts + 1
                break
            to_server.write(data)
        back.cancel()
        for stream in (writer, to_server):
            stream.close()
            with suppress(ConnectionError):
                await stream.wait_closed()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)


@asynccontextmanager
async def cutting(url: str) -> AsyncIterator[tuple[CommitCutter, Transact]]:
    address = make_url(url)
    cutter = CommitCutter(address.host or "", address.port or 0)
    server = await asyncio.start_server(cutter.meet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    engine = open_engine(address.set(port=port).render_as_string(hide_password=False))
    try:
        yield cutter, SqlTransact(engine)
    finally:
        await engine.dispose()
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_commit_whose_answer_is_lost_is_repeated_and_done_once(
    url: str, transact: Transact, moment: str
) -> None:
    ticket = await stored_ticket(transact)
    runs = 0

    async def work(uow: UnitOfWork) -> None:
        nonlocal runs
        runs += 1
        message = a_message(ticket, whatsapp_message_id="wamid.once")
        if not await uow.messages.by_whatsapp_ids([(PROVIDER, "wamid.once")]):
            await uow.messages.add_new([message])

    async with cutting(url) as (cutter, cut_transact):
        await cut_transact(lambda uow: uow.switches.newest())
        cutter.cut = moment
        await cut_transact(work)

        assert (cutter.cuts, runs) == (1, 2)
    found = await transact(lambda uow: uow.messages.by_whatsapp_ids([(PROVIDER, "wamid.once")]))
    assert len(found) == 1


async def test_units_that_deadlock_all_get_through(transact: Transact) -> None:
    ids = [(await stored_customer(transact)).id for _ in range(2)]
    both_hold_one = asyncio.Barrier(2)
    runs = 0

    async def work(order: list[CustomerId], uow: UnitOfWork) -> None:
        nonlocal runs
        runs += 1
        is_first_run = runs <= len(ids)
        await uow.customers.lock(order[:1])
        if is_first_run:
            await both_hold_one.wait()
        locked = await uow.customers.lock(order[1:])
        for customer in locked.values():
            customer.name = "met"
        await uow.customers.save(list(locked.values()))

    await asyncio.gather(
        transact(lambda uow: work(ids, uow)), transact(lambda uow: work(ids[::-1], uow))
    )

    found = await transact(lambda uow: uow.customers.get_many(ids))
    assert [customer.name for customer in found.values()] == ["met", "met"]
    assert runs == 3


async def test_a_unit_whose_connection_is_killed_is_repeated(
    engine: AsyncEngine, transact: Transact
) -> None:
    runs = 0

    async def work(uow: UnitOfWork) -> None:
        nonlocal runs
        runs += 1
        await uow.switches.add(A_SWITCH)
        if runs == 1:
            await _kill_others(engine)
        await uow.switches.newest()

    await transact(work)

    async with engine.connect() as connection:
        stored = await connection.scalar(text("SELECT COUNT(*) FROM provider_switches"))
    assert (runs, stored) == (2, 1)


async def test_connections_that_died_while_idle_disturb_nobody(
    engine: AsyncEngine, transact: Transact
) -> None:
    async def work(uow: UnitOfWork) -> None:
        await uow.switches.newest()
        await all_are_open.wait()

    all_are_open = asyncio.Barrier(5)
    await asyncio.gather(*(transact(work) for _ in range(5)))
    await _kill_others(engine)
    await asyncio.sleep(ASK_AFTER_SECONDS)
    runs = 0

    async def count(uow: UnitOfWork) -> None:
        nonlocal runs
        runs += 1
        await uow.switches.newest()

    await asyncio.gather(*(transact(count) for _ in range(5)))

    assert runs == 5


async def test_a_database_that_is_away_is_said_to_be_so_in_time() -> None:
    engine = open_engine(f"mysql://khalifa:a-password@127.0.0.1:{free_port()}/khalifa")
    began = time.monotonic()

    with pytest.raises(DatabaseUnavailable) as refusal:
        await SqlTransact(engine)(lambda uow: uow.switches.newest())

    assert time.monotonic() - began < PATIENCE_SECONDS + 1
    assert "a-password" not in str(refusal.value)
    assert "a-password" not in (await schema.ping(engine) or "")
    await engine.dispose()


@pytest.mark.parametrize(
    ("password", "database", "words"),
    [("a-wrong-password", None, "refuses this user"), (None, "not_there", "no database")],
)
async def test_what_waiting_does_not_mend_is_said_at_once(
    url: str, password: str | None, database: str | None, words: str
) -> None:
    address = make_url(url)
    address = address.set(
        password=password or address.password, database=database or address.database
    )
    engine = open_engine(address.render_as_string(hide_password=False))
    began = time.monotonic()

    with pytest.raises(DatabaseUnavailable, match=words) as refusal:
        await SqlTransact(engine)(lambda uow: uow.switches.newest())

    assert time.monotonic() - began < 1
    assert "a-wrong-password" not in str(refusal.value)
    assert words in (await schema.ping(engine) or "")
    await engine.dispose()


async def test_work_goes_on_when_the_server_comes_back_meanwhile() -> None:
    with PrivateMariaDB(durable=True) as server:
        url = server.create_database()
        await asyncio.to_thread(schema.upgrade, url)
        engine = open_engine(url)
        transact = SqlTransact(engine)
        await transact(lambda uow: uow.switches.add(A_SWITCH))
        server.kill()

        waiting = asyncio.create_task(transact(lambda uow: uow.switches.newest()))
        await asyncio.to_thread(server.start)

        assert await waiting == A_SWITCH
        await engine.dispose()


async def test_a_server_that_says_nothing_is_given_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit_of_work, "ATTEMPT_SECONDS", 0.3)
    monkeypatch.setattr(unit_of_work, "ATTEMPTS", 2)
    monkeypatch.setattr(inbox, "READ_SECONDS", 0.3)
    monkeypatch.setattr(schema, "PING_SECONDS", 0.3)
    with PrivateMariaDB() as server:
        url = server.create_database()
        await asyncio.to_thread(schema.upgrade, url)
        engine = open_engine(url)
        transact = SqlTransact(engine)
        await transact(lambda uow: uow.switches.add(A_SWITCH))
        server.freeze()

        with pytest.raises(DatabaseUnavailable):
            await transact(lambda uow: uow.switches.newest())
        with pytest.raises(DatabaseUnavailable):
            await SqlInbox(engine).ticket(TicketId(1))
        assert "in time" in (await schema.ping(engine) or "")

        server.thaw()
        monkeypatch.undo()
        assert await transact(lambda uow: uow.switches.newest()) == A_SWITCH
        await engine.dispose()


async def test_every_connection_is_strict_in_utc_and_reads_what_is_committed(
    engine: AsyncEngine,
) -> None:
    names = {
        "time_zone": "+00:00",
        "wait_timeout": 30,
        "innodb_lock_wait_timeout": 5,
        "collation_connection": "utf8mb4_bin",
    }
    async with engine.connect() as connection:
        asked = await connection.execute(text(f"SELECT {', '.join(f'@@{n}' for n in names)}"))
        values = asked.one()
        modes = await connection.scalar(text("SELECT @@sql_mode"))
        clock = await connection.scalar(
            text("SELECT TIMESTAMPDIFF(SECOND, NOW(), UTC_TIMESTAMP())")
        )
        isolation = await connection.get_isolation_level()

    assert tuple(values) == tuple(names.values())
    assert "STRICT_ALL_TABLES" in modes
    assert clock == 0
    assert isolation == "READ COMMITTED"


async def test_the_claims_clock_is_the_databases(transact: Transact, engine: AsyncEngine) -> None:
    await queued_reply(transact, await stored_ticket(transact))
    [claim] = await claimed(transact, lease=timedelta(seconds=40))

    async with engine.connect() as connection:
        now = await connection.scalar(text("SELECT UTC_TIMESTAMP(6)"))
    left = claim.expires_at.replace(tzinfo=None) - now
    assert timedelta(seconds=30) < left <= timedelta(seconds=40)


async def _kill_others(engine: AsyncEngine) -> None:
    """Kill every connection to the engine's database, but the one that does it."""
    killer = open_engine(engine.url.render_as_string(hide_password=False))
    async with killer.connect() as connection:
        others = await connection.scalars(
            text(
                "SELECT id FROM information_schema.processlist"
                " WHERE db = DATABASE() AND id <> CONNECTION_ID()"
            )
        )
        for other in others.all():
            await connection.execute(text(f"KILL CONNECTION {int(other)}"))
    await killer.dispose()
