"""What a session sends to MariaDB, or the MySQL in its place, and reads from it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncEngine

from khalifa.application.ports.unit_of_work import UnitOfWork
from khalifa.infrastructure.database.lookup import Lookup, listed
from khalifa.infrastructure.database.session import Session
from khalifa.infrastructure.database.tables import agents, events
from khalifa.infrastructure.database.unit_of_work import SqlTransact
from tests.builders import NOW, an_agent, an_event
from tests.contracts.databases import migrated
from tests.contracts.repositories.stored import stored_agent
from tests.servers import MysqlServer

NAMES = ("منى 💊", "\"quoted\" \\ 'and' \n\t\x00\x1f.", "%s {} </script>", "é\u0301ß")

BY_NAME = Lookup(
    select(agents).where(agents.c.name.in_(listed("names"))).order_by(agents.c.id),
)


@pytest.fixture(scope="module")
def url(mysql_server: MysqlServer) -> Iterator[str]:
    with migrated(mysql_server) as url:
        yield url


async def test_a_packed_row_is_the_plain_one(engine: AsyncEngine) -> None:
    transact = SqlTransact(engine)
    for name in NAMES:
        await stored_agent(transact, an_agent(name=name, last_seen_at=NOW))
    await stored_agent(transact, an_agent(name="off", disabled=True))

    async with engine.begin() as connection:
        plain = (await connection.execute(BY_NAME.plain, {"names": [*NAMES, "off"]})).all()
        packed = await Session(connection).look(BY_NAME, names=[*NAMES, "off"])

    assert [tuple(row) for row in packed] == [tuple(row) for row in plain]
    assert [row.name for row in packed] == [*NAMES, "off"]
    assert [row.disabled for row in packed] == [False] * len(NAMES) + [True]


async def test_nothing_asked_for_is_nothing_found(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        assert await Session(connection).look(BY_NAME, names=[]) == []


async def test_bytes_are_refused_when_a_lookup_is_made() -> None:
    with pytest.raises(TypeError, match="bytes"):
        Lookup(select(events))


async def test_writes_that_give_nothing_back_go_together_in_their_order(
    engine: AsyncEngine,
) -> None:
    sent: list[str] = []
    joins = engine.dialect.is_mariadb  # type: ignore[attr-defined]

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def note(*call: object) -> None:
        sent.append(str(call[2]))

    async def work(uow: UnitOfWork) -> list[str]:
        await uow.events.add([an_event()])
        await uow.events.add([an_event()])
        before = len(sent)
        found = await uow.events.unpublished(before=NOW + timedelta(days=9999), limit=9)
        assert before == (0 if joins else 2)
        await uow.events.add([an_event()])
        return [one.id for one in found]

    told = await SqlTransact(engine)(work)

    assert len(told) == 2
    if joins:
        first, question, last = sent
        assert first.count("INSERT INTO `events`") == 2
        assert question.startswith("SELECT")
        assert last.startswith("INSERT INTO `events`")
