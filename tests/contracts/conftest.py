"""What the contracts' tests on real databases share."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.contracts.databases import emptied


@pytest.fixture
async def engine(url: str) -> AsyncIterator[AsyncEngine]:
    """An emptied database; which one, says the file's own ``url``: migrated, for all its tests."""
    async with emptied(url) as engine:
        yield engine
