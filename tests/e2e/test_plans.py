"""However large a table grows, no page of the desk reads it whole: MariaDB's own plans say so."""

import pytest

from benchmarks.plans import LARGE
from benchmarks.size import CONVERSATION, Shop

# Of everything more than is read of a small table, and seconds to make.
MESSAGES = 3 * LARGE * CONVERSATION


@pytest.mark.timeout(120)
async def test_no_page_reads_a_large_table_whole() -> None:
    async with Shop(MESSAGES) as shop:
        await shop.look_at_plans()

    assert shop.full_scans() == []
    # Each page was looked up by something.
    assert all(shop.statements.values())
    assert sum(map(len, shop.statements.values())) > 500
