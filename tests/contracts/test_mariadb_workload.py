"""The work in MariaDB, or the MySQL in its place, is counted as promised."""

from collections.abc import Iterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from khalifa.application.ports.unit_of_work import Transact
from khalifa.application.ports.workload import WorkloadReader
from khalifa.infrastructure.database.unit_of_work import SqlTransact
from khalifa.infrastructure.database.workload import SqlWorkload
from tests.contracts.databases import migrated
from tests.contracts.workload import WorkloadContract
from tests.servers import MysqlServer


@pytest.fixture(scope="module")
def url(mysql_server: MysqlServer) -> Iterator[str]:
    with migrated(mysql_server) as url:
        yield url


class TestMariadbWorkload(WorkloadContract):
    @pytest.fixture
    def transact(self, engine: AsyncEngine) -> Transact:
        return SqlTransact(engine)

    @pytest.fixture
    def workload(self, engine: AsyncEngine) -> WorkloadReader:
        return SqlWorkload(engine)
