"""The lists read from dictionaries keep what the desk is promised."""

import pytest

from khalifa.application.ports.readers import Inbox
from khalifa.application.ports.unit_of_work import DatabaseUnavailable, Transact
from khalifa.infrastructure.memory.clock import ManualClock
from khalifa.infrastructure.memory.inbox import MemoryInbox
from khalifa.infrastructure.memory.store import MemoryStore
from khalifa.infrastructure.memory.unit_of_work import MemoryTransact
from tests.contracts.inbox import InboxContract
from tests.contracts.repositories.stored import stored_ticket


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


class TestMemoryInbox(InboxContract):
    @pytest.fixture
    def transact(self, store: MemoryStore) -> Transact:
        return MemoryTransact(store, ManualClock())

    @pytest.fixture
    def inbox(self, store: MemoryStore) -> Inbox:
        return MemoryInbox(store)

    async def test_a_store_that_is_away_shows_nothing(
        self, store: MemoryStore, transact: Transact, inbox: Inbox
    ) -> None:
        ticket = await stored_ticket(transact)
        store.away = True

        with pytest.raises(DatabaseUnavailable):
            await inbox.ticket(ticket.id)
