"""Traffic is counted over a SQLite file as promised."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from khalifa.application.ports.provider_traffic import ProviderTraffic
from khalifa.application.ports.unit_of_work import Transact
from khalifa.infrastructure.database.provider_traffic import SqlProviderTraffic
from khalifa.infrastructure.database.unit_of_work import SqlTransact
from tests.contracts.databases import migrated_file
from tests.contracts.provider_traffic import ProviderTrafficContract


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return migrated_file(tmp_path_factory.mktemp("sqlite"))


class TestSqliteProviderTraffic(ProviderTrafficContract):
    @pytest.fixture
    def transact(self, engine: AsyncEngine) -> Transact:
        return SqlTransact(engine)

    @pytest.fixture
    def traffic(self, engine: AsyncEngine) -> ProviderTraffic:
        return SqlProviderTraffic(engine)
