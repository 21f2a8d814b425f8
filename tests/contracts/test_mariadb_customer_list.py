"""Customers in MariaDB, or the MySQL in its place, are found as the desk is promised."""

from collections.abc import Iterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from khalifa.application.ports.customer_list import CustomerList
from khalifa.application.ports.readers import Inbox
from khalifa.application.ports.unit_of_work import Transact
from khalifa.infrastructure.database.customer_list import SqlCustomerList
from khalifa.infrastructure.database.inbox import SqlInbox
from khalifa.infrastructure.database.unit_of_work import SqlTransact
from tests.contracts.customer_list import CustomerListContract
from tests.contracts.databases import migrated
from tests.servers import MysqlServer


@pytest.fixture(scope="module")
def url(mysql_server: MysqlServer) -> Iterator[str]:
    with migrated(mysql_server) as url:
        yield url


class TestMariadbCustomerList(CustomerListContract):
    @pytest.fixture
    def transact(self, engine: AsyncEngine) -> Transact:
        return SqlTransact(engine)

    @pytest.fixture
    def inbox(self, engine: AsyncEngine) -> Inbox:
        return SqlInbox(engine)

    @pytest.fixture
    def customers(self, engine: AsyncEngine) -> CustomerList:
        return SqlCustomerList(engine)
