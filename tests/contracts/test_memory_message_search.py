"""Messages in dictionaries are found as the desk is promised."""

import pytest

from khalifa.application.ports.search import MessageSearch
from khalifa.application.ports.unit_of_work import Transact
from khalifa.infrastructure.memory.clock import ManualClock
from khalifa.infrastructure.memory.search import MemoryMessageSearch
from khalifa.infrastructure.memory.store import MemoryStore
from khalifa.infrastructure.memory.unit_of_work import MemoryTransact
from tests.contracts.message_search import MessageSearchContract


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


class TestMemoryMessageSearch(MessageSearchContract):
    @pytest.fixture
    def transact(self, store: MemoryStore) -> Transact:
        return MemoryTransact(store, ManualClock())

    @pytest.fixture
    def search(self, store: MemoryStore) -> MessageSearch:
        return MemoryMessageSearch(store)
