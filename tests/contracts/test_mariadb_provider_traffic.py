"""Traffic is counted over MariaDB, or the MySQL in its place, as promised."""

from collections.abc import Iterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from khalifa.application.ports.provider_traffic import ProviderTraffic
from khalifa.application.ports.unit_of_work import Transact
from khalifa.infrastructure.database.provider_traffic import SqlProviderTraffic
from khalifa.infrastructure.database.unit_of_work import SqlTransact
from tests.contracts.databases import migrated
from tests.contracts.provider_traffic import ProviderTrafficContract
from tests.servers import MysqlServer


@pytest.fixture(scope="module")
def url(mysql_server: MysqlServer) -> Iterator[str]:
    with migrated(mysql_server) as url:
        yield url


class TestMariadbProviderTraffic(ProviderTrafficContract):
    @pytest.fixture
    def transact(self, engine: AsyncEngine) -> Transact:
        return SqlTransact(engine)

    @pytest.fixture
    def traffic(self, engine: AsyncEngine) -> ProviderTraffic:
        return SqlProviderTraffic(engine)
