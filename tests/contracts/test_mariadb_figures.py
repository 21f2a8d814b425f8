"""Figures from MariaDB, or the MySQL in its place, are what the desk is promised."""

from collections.abc import Iterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from khalifa.application.ports.figures import FiguresReader
from khalifa.application.ports.unit_of_work import Transact
from khalifa.infrastructure.database.figures import SqlFigures
from khalifa.infrastructure.database.unit_of_work import SqlTransact
from tests.contracts.databases import migrated
from tests.contracts.figures import FiguresContract
from tests.servers import MysqlServer


@pytest.fixture(scope="module")
def url(mysql_server: MysqlServer) -> Iterator[str]:
    with migrated(mysql_server) as url:
        yield url


class TestMariadbFigures(FiguresContract):
    @pytest.fixture
    def transact(self, engine: AsyncEngine) -> Transact:
        return SqlTransact(engine)

    @pytest.fixture
    def figures(self, engine: AsyncEngine) -> FiguresReader:
        return SqlFigures(engine)
