"""A SQLite file shows the lists as the desk is promised."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from khalifa.application.ports.readers import Inbox
from khalifa.application.ports.unit_of_work import Transact
from khalifa.infrastructure.database.inbox import SqlInbox
from khalifa.infrastructure.database.unit_of_work import SqlTransact
from tests.contracts.databases import migrated_file
from tests.contracts.inbox import InboxContract


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return migrated_file(tmp_path_factory.mktemp("sqlite"))


class TestSqliteInbox(InboxContract):
    @pytest.fixture
    def transact(self, engine: AsyncEngine) -> Transact:
        return SqlTransact(engine)

    @pytest.fixture
    def inbox(self, engine: AsyncEngine) -> Inbox:
        return SqlInbox(engine)
