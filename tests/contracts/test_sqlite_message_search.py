"""Messages in a SQLite file are found as the desk is promised."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from khalifa.application.ports.search import MessageSearch
from khalifa.application.ports.unit_of_work import Transact
from khalifa.infrastructure.database.message_search import SqlMessageSearch
from khalifa.infrastructure.database.unit_of_work import SqlTransact
from tests.contracts.databases import migrated_file
from tests.contracts.message_search import SqlMessageSearchContract


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return migrated_file(tmp_path_factory.mktemp("sqlite"))


class TestSqliteMessageSearch(SqlMessageSearchContract):
    @pytest.fixture
    def transact(self, engine: AsyncEngine) -> Transact:
        return SqlTransact(engine)

    @pytest.fixture
    def search(self, engine: AsyncEngine) -> MessageSearch:
        return SqlMessageSearch(engine)
