"""A SQLite file keeps what a unit of work promises."""

from collections.abc import AsyncIterator

import pytest

from khalifa.application.ports.unit_of_work import Transact
from khalifa.infrastructure.database.unit_of_work import SqlTransact
from tests.contracts.databases import emptied, migrated_file
from tests.contracts.unit_of_work import Announced, UnitOfWorkContract


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return migrated_file(tmp_path_factory.mktemp("sqlite"))


class TestSqliteUnitOfWork(UnitOfWorkContract):
    @pytest.fixture
    async def transact(self, url: str, announced: Announced) -> AsyncIterator[Transact]:
        async with emptied(url) as engine:
            yield SqlTransact(engine, announce=announced)
