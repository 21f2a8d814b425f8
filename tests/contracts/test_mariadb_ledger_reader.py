"""MariaDB, or the MySQL in its place, has its ledger read as auditors are promised."""

from collections.abc import Iterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from khalifa.application.ports.ledger import LedgerReader
from khalifa.application.ports.unit_of_work import Transact
from khalifa.infrastructure.database.ledger_reader import SqlLedgerReader
from khalifa.infrastructure.database.unit_of_work import SqlTransact
from tests.contracts.databases import migrated
from tests.contracts.repositories.ledger import LedgerReaderContract
from tests.servers import MysqlServer


@pytest.fixture(scope="module")
def url(mysql_server: MysqlServer) -> Iterator[str]:
    with migrated(mysql_server) as url:
        yield url


class TestMariadbLedgerReader(LedgerReaderContract):
    @pytest.fixture
    def transact(self, engine: AsyncEngine) -> Transact:
        return SqlTransact(engine)

    @pytest.fixture
    def reader(self, engine: AsyncEngine) -> LedgerReader:
        return SqlLedgerReader(engine)
