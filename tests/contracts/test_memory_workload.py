"""The work in dictionaries is counted as whoever watches is promised."""

import pytest

from khalifa.application.ports.unit_of_work import Transact
from khalifa.application.ports.workload import WorkloadReader
from khalifa.infrastructure.memory.clock import ManualClock
from khalifa.infrastructure.memory.store import MemoryStore
from khalifa.infrastructure.memory.unit_of_work import MemoryTransact
from khalifa.infrastructure.memory.workload import MemoryWorkload
from tests.contracts.workload import WorkloadContract


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


class TestMemoryWorkload(WorkloadContract):
    @pytest.fixture
    def transact(self, store: MemoryStore) -> Transact:
        return MemoryTransact(store, ManualClock())

    @pytest.fixture
    def workload(self, store: MemoryStore) -> WorkloadReader:
        return MemoryWorkload(store)
