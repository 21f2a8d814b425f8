"""Doing much in little pieces: no transaction is long, and others have their turn between two."""

import asyncio
from collections.abc import Awaitable, Callable


async def in_batches(some: Callable[[], Awaitable[int]], *, at_once: int) -> int:
    """
    Do *some* again while it does a whole batch of *at_once*; return how many were done.

    After each batch as much time is left to others as it took. In a SQLite file one
    writes at a time, and who waits only looks now and then whether it is free.
    """
    clock = asyncio.get_running_loop().time
    total = 0
    while True:
        begun = clock()
        done = await some()
        total += done
        if done < at_once:
            return total
        await asyncio.sleep(clock() - begun)
