"""Log files that neither grow nor stay for ever, also while somebody else writes into them."""

import asyncio
import gzip
import shutil
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

# In seconds and bytes.
LOOK_EVERY = 60.0
LONGEST = 20 * 1024 * 1024


async def look_after(folder: Path, *, keep: timedelta) -> None:
    """Look now and then, for ever, after the logs in *folder*."""
    last = datetime.now(UTC)
    while True:
        await asyncio.sleep(LOOK_EVERY)
        now = datetime.now(UTC)
        await asyncio.to_thread(look, folder, last=last, now=now, keep=keep)
        last = now


def look(folder: Path, *, last: datetime, now: datetime, keep: timedelta) -> None:
    """Set aside what is of a day before *now*, and forget what is older than *keep*."""
    with suppress(OSError):
        # A full disk, most likely: the next look may find room.
        set_aside(folder, before=last.date(), today=now.date())
        forget(folder, before=now - keep)


def set_aside(folder: Path, *, before: date, today: date, longest: int = LONGEST) -> None:
    """
    Pack each log of a day before *today*, or of more than *longest* bytes, and empty it.

    *before* is the day of the last look: what was written until then is that
    day's, or an earlier one's where nothing was written since. A day whose
    packed log is itself longer than *longest* loses its beginning.

    Whoever writes keeps the file open: a new one would not be seen. What is
    written between the copy and the end is lost, a few lines at most.
    """
    for log in folder.glob("*.log"):
        known = log.stat()
        day = min(before, datetime.fromtimestamp(known.st_mtime, UTC).date())
        if known.st_size and (day < today or known.st_size > longest):
            packed = log.with_name(f"{log.name}.{day.isoformat()}.gz")
            whole = not packed.exists() or packed.stat().st_size <= longest
            with log.open("rb") as lines, gzip.open(packed, "ab" if whole else "wb") as file:
                shutil.copyfileobj(lines, file)
            with log.open("r+b") as file:
                file.truncate()


def forget(folder: Path, *, before: datetime) -> None:
    """Delete what was set aside before *before*."""
    for packed in folder.glob("*.log.*"):
        if packed.stat().st_mtime < before.timestamp():
            packed.unlink()
