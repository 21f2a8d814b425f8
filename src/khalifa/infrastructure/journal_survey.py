"""A look at all journals in a folder from outside, while their processes go on writing."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from khalifa.application.ports.journal import JournalDepth, JournalUnavailable
from khalifa.infrastructure.journal_file import SUFFIX

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def survey(folder: Path) -> JournalDepth:
    """
    Return how much waits to be forgotten in all journals of *folder*; takes and makes none.

    Raises:
        JournalUnavailable: one cannot be read.
    """
    bodies = size = 0
    oldest: int | None = None
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        its_bodies, its_size, its_oldest = _look_into(path)
        bodies += its_bodies
        size += its_size
        oldest = min((at for at in (oldest, its_oldest) if at is not None), default=None)
    return JournalDepth(
        bodies=bodies,
        size=size,
        oldest=None if oldest is None else _EPOCH + timedelta(microseconds=oldest),
    )


def _look_into(path: Path) -> tuple[int, int, int | None]:
    try:
        address = f"file:{quote(str(path))}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as rows:
            found: tuple[int, int, int | None] = rows.execute(
                "SELECT count(*), coalesce(sum(size), 0), min(received_at) FROM bodies"
            ).fetchone()
    except sqlite3.Error as error:
        raise JournalUnavailable(f"The journal {path} cannot be read: {error}") from error
    return found
