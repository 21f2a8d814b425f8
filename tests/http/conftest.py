from collections.abc import AsyncIterator

import pytest

from tests.http.desk import Desk, running_desk


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with running_desk() as desk:
        yield desk
