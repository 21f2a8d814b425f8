"""Figures from a SQLite file are what the desk is promised."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from khalifa.application.ports.figures import FiguresReader
from khalifa.application.ports.unit_of_work import Transact
from khalifa.infrastructure.database.figures import SqlFigures
from khalifa.infrastructure.database.unit_of_work import SqlTransact
from tests.contracts.databases import migrated_file
from tests.contracts.figures import FiguresContract


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return migrated_file(tmp_path_factory.mktemp("sqlite"))


class TestSqliteFigures(FiguresContract):
    @pytest.fixture
    def transact(self, engine: AsyncEngine) -> Transact:
        return SqlTransact(engine)

    @pytest.fixture
    def figures(self, engine: AsyncEngine) -> FiguresReader:
        return SqlFigures(engine)
