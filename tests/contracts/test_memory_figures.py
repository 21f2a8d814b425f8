"""Figures from dictionaries are what the desk is promised."""

import pytest

from khalifa.application.ports.figures import FiguresReader
from khalifa.application.ports.unit_of_work import Transact
from khalifa.infrastructure.memory.clock import ManualClock
from khalifa.infrastructure.memory.figures import MemoryFigures
from khalifa.infrastructure.memory.store import MemoryStore
from khalifa.infrastructure.memory.unit_of_work import MemoryTransact
from tests.contracts.figures import FiguresContract


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


class TestMemoryFigures(FiguresContract):
    @pytest.fixture
    def transact(self, store: MemoryStore) -> Transact:
        return MemoryTransact(store, ManualClock())

    @pytest.fixture
    def figures(self, store: MemoryStore) -> FiguresReader:
        return MemoryFigures(store)
