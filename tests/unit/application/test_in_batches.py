"""Much is done in little pieces, and others have their turn between two."""

import asyncio
import time
from itertools import pairwise

from khalifa.application.in_batches import in_batches


async def test_what_is_left_is_done_and_no_more_is_asked_for_than_needed() -> None:
    left = [10, 10, 3, 10]

    async def some() -> int:
        return left.pop(0)

    assert await in_batches(some, at_once=10) == 23
    assert left == [10]


async def test_between_two_batches_others_have_as_long_a_turn() -> None:
    spans: list[tuple[float, float]] = []

    async def some() -> int:
        begun = time.monotonic()
        await asyncio.sleep(0.05)
        spans.append((begun, time.monotonic()))
        return 1 if len(spans) < 3 else 0

    await in_batches(some, at_once=1)

    turns = [after[0] - before[1] for before, after in pairwise(spans)]
    assert min(turns) >= 0.04
