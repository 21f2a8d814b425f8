"""The ledger in dictionaries is read as auditors are promised."""

import pytest

from khalifa.application.ports.ledger import LedgerReader
from khalifa.application.ports.unit_of_work import Transact
from khalifa.infrastructure.memory.ledger_reader import MemoryLedgerReader
from khalifa.infrastructure.memory.store import MemoryStore
from khalifa.infrastructure.memory.unit_of_work import MemoryTransact
from khalifa.infrastructure.system_clock import SystemClock
from tests.contracts.repositories.ledger import LedgerReaderContract


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


class TestMemoryLedgerReader(LedgerReaderContract):
    @pytest.fixture
    def transact(self, store: MemoryStore) -> Transact:
        return MemoryTransact(store, SystemClock())

    @pytest.fixture
    def reader(self, store: MemoryStore) -> LedgerReader:
        return MemoryLedgerReader(store, SystemClock())
