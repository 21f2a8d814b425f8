"""The work in a SQLite file is counted as whoever watches is promised."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from khalifa.application.ports.unit_of_work import Transact
from khalifa.application.ports.workload import WorkloadReader
from khalifa.infrastructure.database.unit_of_work import SqlTransact
from khalifa.infrastructure.database.workload import SqlWorkload
from tests.contracts.databases import migrated_file
from tests.contracts.workload import WorkloadContract


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return migrated_file(tmp_path_factory.mktemp("sqlite"))


class TestSqliteWorkload(WorkloadContract):
    @pytest.fixture
    def transact(self, engine: AsyncEngine) -> Transact:
        return SqlTransact(engine)

    @pytest.fixture
    def workload(self, engine: AsyncEngine) -> WorkloadReader:
        return SqlWorkload(engine)
