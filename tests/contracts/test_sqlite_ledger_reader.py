"""A SQLite file's ledger is read as auditors are promised."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from khalifa.application.ports.ledger import LedgerReader
from khalifa.application.ports.unit_of_work import Transact
from khalifa.infrastructure.database.ledger_reader import SqlLedgerReader
from khalifa.infrastructure.database.unit_of_work import SqlTransact
from tests.contracts.databases import migrated_file
from tests.contracts.repositories.ledger import LedgerReaderContract


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return migrated_file(tmp_path_factory.mktemp("sqlite"))


class TestSqliteLedgerReader(LedgerReaderContract):
    @pytest.fixture
    def transact(self, engine: AsyncEngine) -> Transact:
        return SqlTransact(engine)

    @pytest.fixture
    def reader(self, engine: AsyncEngine) -> LedgerReader:
        return SqlLedgerReader(engine)
