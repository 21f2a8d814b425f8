"""MariaDB, or the MySQL in its place, keeps what a unit of work promises."""

from collections.abc import AsyncIterator, Iterator

import pytest

from khalifa.application.ports.unit_of_work import Transact
from khalifa.infrastructure.database.unit_of_work import SqlTransact
from tests.contracts.databases import emptied, migrated
from tests.contracts.unit_of_work import Announced, UnitOfWorkContract
from tests.servers import MysqlServer


@pytest.fixture(scope="module")
def url(mysql_server: MysqlServer) -> Iterator[str]:
    with migrated(mysql_server) as url:
        yield url


class TestMariadbUnitOfWork(UnitOfWorkContract):
    @pytest.fixture
    async def transact(self, url: str, announced: Announced) -> AsyncIterator[Transact]:
        async with emptied(url) as engine:
            yield SqlTransact(engine, announce=announced)
