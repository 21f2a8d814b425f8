"""The dictionaries keep what a database promises."""

import pytest

from khalifa.application.ports.unit_of_work import (
    BadData,
    DatabaseUnavailable,
    Transact,
    UnitOfWork,
)
from khalifa.infrastructure.memory.clock import ManualClock
from khalifa.infrastructure.memory.store import MemoryStore
from khalifa.infrastructure.memory.unit_of_work import MemoryTransact
from tests.builders import a_message, an_agent
from tests.contracts.repositories.stored import stored_agent, stored_ticket
from tests.contracts.unit_of_work import Announced, UnitOfWorkContract


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


class TestMemoryUnitOfWork(UnitOfWorkContract):
    @pytest.fixture
    def transact(self, store: MemoryStore, announced: Announced) -> Transact:
        return MemoryTransact(store, ManualClock(), announced)

    async def test_a_store_that_is_away_stores_nothing_and_comes_back(
        self, store: MemoryStore, transact: Transact
    ) -> None:
        store.away = True
        with pytest.raises(DatabaseUnavailable):
            await stored_agent(transact)

        store.away = False
        agent = await stored_agent(transact, an_agent("Mona"))

        assert [row.id for row in await transact(lambda uow: uow.agents.all())] == [agent.id]

    async def test_an_id_longer_than_a_column_is_bad_data(self, transact: Transact) -> None:
        message = a_message(await stored_ticket(transact), whatsapp_message_id="x" * 513)

        with pytest.raises(BadData):
            await transact(lambda uow: uow.messages.add_new([message]))

    async def test_a_unit_inside_another_is_told_instead_of_waiting_for_ever(
        self, transact: Transact
    ) -> None:
        async def work(_: UnitOfWork) -> None:
            await stored_agent(transact)

        with pytest.raises(RuntimeError):
            await transact(work)
