"""Customers listed from dictionaries are found as the desk is promised."""

import pytest

from khalifa.application.ports.customer_list import CustomerList
from khalifa.application.ports.readers import Inbox
from khalifa.application.ports.unit_of_work import Transact
from khalifa.infrastructure.memory.clock import ManualClock
from khalifa.infrastructure.memory.customer_list import MemoryCustomerList
from khalifa.infrastructure.memory.inbox import MemoryInbox
from khalifa.infrastructure.memory.store import MemoryStore
from khalifa.infrastructure.memory.unit_of_work import MemoryTransact
from tests.contracts.customer_list import CustomerListContract


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


class TestMemoryCustomerList(CustomerListContract):
    @pytest.fixture
    def transact(self, store: MemoryStore) -> Transact:
        return MemoryTransact(store, ManualClock())

    @pytest.fixture
    def inbox(self, store: MemoryStore) -> Inbox:
        return MemoryInbox(store)

    @pytest.fixture
    def customers(self, store: MemoryStore) -> CustomerList:
        return MemoryCustomerList(store)
