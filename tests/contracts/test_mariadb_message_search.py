"""Messages in MariaDB, or the MySQL in its place, are found as the desk is promised."""

from collections.abc import Iterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from khalifa.application.ports.search import MessageSearch
from khalifa.application.ports.unit_of_work import Transact
from khalifa.infrastructure.database.message_search import SqlMessageSearch
from khalifa.infrastructure.database.unit_of_work import SqlTransact
from tests.contracts.databases import migrated
from tests.contracts.message_search import SqlMessageSearchContract
from tests.servers import MysqlServer


@pytest.fixture(scope="module")
def url(mysql_server: MysqlServer) -> Iterator[str]:
    with migrated(mysql_server) as url:
        yield url


class TestMariadbMessageSearch(SqlMessageSearchContract):
    @pytest.fixture
    def transact(self, engine: AsyncEngine) -> Transact:
        return SqlTransact(engine)

    @pytest.fixture
    def search(self, engine: AsyncEngine) -> MessageSearch:
        return SqlMessageSearch(engine)
