"""Traffic is counted over dictionaries as promised."""

import pytest

from khalifa.application.ports.provider_traffic import ProviderTraffic
from khalifa.application.ports.unit_of_work import Transact
from khalifa.infrastructure.memory.clock import ManualClock
from khalifa.infrastructure.memory.provider_traffic import MemoryProviderTraffic
from khalifa.infrastructure.memory.store import MemoryStore
from khalifa.infrastructure.memory.unit_of_work import MemoryTransact
from tests.contracts.provider_traffic import ProviderTrafficContract


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


class TestMemoryProviderTraffic(ProviderTrafficContract):
    @pytest.fixture
    def transact(self, store: MemoryStore) -> Transact:
        return MemoryTransact(store, ManualClock())

    @pytest.fixture
    def traffic(self, store: MemoryStore) -> ProviderTraffic:
        return MemoryProviderTraffic(store)
