"""A look at all journals in a folder from outside, while their processes go on writing."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from khalifa.application.ports.journal import (
    JournalCount,
    JournalCounts,
    JournalDepth,
    JournalUnavailable,
)
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


class JournalFolder(JournalCounts):
    """The journals in *folder*, those of living processes too."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def read(self) -> list[JournalCount]:
        return await asyncio.to_thread(self._read)

    def _read(self) -> list[JournalCount]:
        return [_count(path) for path in sorted(self._folder.glob(f"*{SUFFIX}"))]


def _count(path: Path) -> JournalCount:
    with _opened(path) as rows:
        # One transaction, so that a number given meanwhile is in both or in neither.
        rows.execute("BEGIN")
        if not _is_begun(rows):
            return JournalCount(journal=path.stem, last=0, waiting=frozenset())
        (last,) = rows.execute("SELECT last FROM numbers").fetchone()
        waiting = frozenset(number for (number,) in rows.execute("SELECT number FROM bodies"))
    return JournalCount(journal=path.stem, last=last, waiting=waiting)


def _look_into(path: Path) -> tuple[int, int, int | None]:
    with _opened(path) as rows:
        if not _is_begun(rows):
            return 0, 0, None
        found: tuple[int, int, int | None] = rows.execute(
            "SELECT count(*), coalesce(sum(size), 0), min(received_at) FROM bodies"
        ).fetchone()
    return found


def _is_begun(rows: sqlite3.Connection) -> bool:
    """
    Say whether a journal has its tables, which come all at once.

    A process that dies before, or finds the disk full, leaves a file that never held anything;
    the next process that wants a journal goes on with it.
    """
    (tables,) = rows.execute(
        "SELECT count(*) FROM sqlite_schema WHERE name IN ('bodies', 'numbers')"
    ).fetchone()
    return bool(tables)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        address = f"file:{quote(str(path))}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as rows:
            yield rows
    except sqlite3.Error as error:
        raise JournalUnavailable(f"The journal {path} cannot be read: {error}") from error
