"""Log files that do not grow for ever, also while somebody else writes into them."""

import asyncio
import shutil
from contextlib import suppress
from pathlib import Path

# In seconds and bytes.
LOOK_EVERY = 60.0
LONGEST = 20 * 1024 * 1024


async def keep_short(folder: Path) -> None:
    """Look after the logs in *folder* until cancelled."""
    while True:
        with suppress(OSError):
            # A full disk, most likely: the next look may find room.
            await asyncio.to_thread(shorten, folder, longest=LONGEST)
        await asyncio.sleep(LOOK_EVERY)


def shorten(folder: Path, *, longest: int) -> None:
    """
    Copy each log of more than *longest* bytes beside itself, over its last copy, and empty it.

    Whoever writes keeps the file open: a new one would not be seen. What is
    written between the copy and the end is lost, a few lines at most.
    """
    for log in folder.glob("*.log"):
        if log.stat().st_size > longest:
            shutil.copyfile(log, log.with_suffix(".log.1"))
            with log.open("r+b") as file:
                file.truncate()
