"""One journal on the disk: a SQLite file, the lock that says whose it is, and its numbers."""

import fcntl
import json
import os
import secrets
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Self

from khalifa.application.ports.journal import BodyKey, JournaledBody, UnfiledBody
from khalifa.domain.contacts import ProviderName
from khalifa.infrastructure.batches import MOST_BYTES

SUFFIX = ".sqlite"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NEVER = 2**62

# 64 MB of free pages are given back to the disk, 16 MB at a time: after an
# outage the file is as long as the outage was, and no commit may wait for all.
_FREE_PAGES = 16384
_FREE_AT_ONCE = 4096

# A body above this travels alone, and is written in pieces.
_LARGE = MOST_BYTES
_PIECE = 1024 * 1024

# The page size must not change what _FREE_PAGES means. auto_vacuum is only
# heard before the first table.
_SETTINGS = """
PRAGMA page_size = 4096;
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA busy_timeout = 5000;
PRAGMA journal_size_limit = 16777216;
"""
# The last number has a row of its own, for it must outlive the bodies. The
# index holds all that a sweep asks about, so that sweeps read no body.
_SCHEMA = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS bodies (
    number INTEGER PRIMARY KEY,
    received_at INTEGER NOT NULL,
    provider TEXT NOT NULL,
    size INTEGER NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS bodies_by_time ON bodies (received_at, number, size);
CREATE TABLE IF NOT EXISTS numbers (last INTEGER NOT NULL);
INSERT INTO numbers SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM numbers);
COMMIT;
"""


class NewBody(NamedTuple):
    """A body on its way into the file."""

    provider: ProviderName
    received_at: datetime
    body: bytes


class JournalFile:
    """
    A journal this process holds: no other process can take it until `close` or death.

    Nothing here is safe from two threads at once. Methods raise `sqlite3.Error`
    when the disk does not obey; nothing is half done then.
    """

    def __init__(self, path: Path, lock: int) -> None:
        self.name = path.stem
        self._lock = lock
        self._rows = self._open(path)
        try:
            self._rows.executescript(_SETTINGS)
            self._rows.executescript(_SCHEMA)
            self.bodies, self.size = self._rows.execute(
                "SELECT count(*), coalesce(sum(size), 0) FROM bodies"
            ).fetchone()
        except sqlite3.Error:
            self._rows.close()
            raise

    def _open(self, path: Path) -> sqlite3.Connection:
        return sqlite3.connect(path, isolation_level=None, check_same_thread=False)

    @classmethod
    def take(cls, path: Path) -> Self | None:
        """
        Open the journal at *path*, making it if need be; None when another process holds it.

        Raises:
            OSError, sqlite3.Error: it cannot be opened.
        """
        lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # The kernel lets go of it when the process dies, however it dies.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return cls(path, lock)
        except BlockingIOError:
            os.close(lock)
            return None
        except BaseException:
            os.close(lock)
            raise

    @classmethod
    def new(cls, folder: Path) -> Self:
        """Make a journal with a name nobody has."""
        while (journal := cls.take(folder / f"{secrets.token_hex(8)}{SUFFIX}")) is None:
            continue
        _sync_folder(folder)
        return journal

    def append(self, bodies: Sequence[NewBody]) -> int:
        """Make *bodies* durable, all or none; return the number of the first."""
        with self._transaction():
            # The file says, not our memory: a commit that failed may have come to pass.
            [(last,)] = self._rows.execute(
                "UPDATE numbers SET last = last + ? RETURNING last", (len(bodies),)
            ).fetchall()
            first = int(last) - len(bodies) + 1
            if len(bodies) == 1 and len(bodies[0].body) > _LARGE:
                self._append_large(first, bodies[0])
            else:
                # One statement, not one for each: between two of them the thread would have to
                # wait for the interpreter, which is busy taking in the next bodies.
                self._rows.execute(
                    f"INSERT INTO bodies VALUES {', '.join(['(?, ?, ?, ?, ?)'] * len(bodies))}",  # noqa: S608
                    [v for number, new in enumerate(bodies, first) for v in _row(number, new)],
                )
        self.bodies += len(bodies)
        self.size += sum(len(new.body) for new in bodies)
        return first

    def _append_large(self, number: int, new: NewBody) -> None:
        """Write a body piece by piece: as a value SQLite would make two copies of it."""
        *row, _ = _row(number, new)
        self._rows.execute(
            "INSERT INTO bodies VALUES (?, ?, ?, ?, zeroblob(?))", (*row, len(new.body))
        )
        whole = memoryview(new.body)
        with self._rows.blobopen("bodies", "body", number) as place:
            for start in range(0, len(whole), _PIECE):
                place.write(whole[start : start + _PIECE])

    def unfiled(self, *, before: datetime, after: datetime | None, limit: int) -> list[UnfiledBody]:
        # Two ranges of the index; an OR of them would be read from its beginning to its end.
        rows = self._rows.execute(
            "SELECT * FROM (SELECT number, received_at, size FROM bodies WHERE received_at < ?"
            " ORDER BY received_at, number LIMIT ?)"
            " UNION ALL "
            "SELECT * FROM (SELECT number, received_at, size FROM bodies WHERE received_at > ?"
            " ORDER BY received_at, number LIMIT ?)",
            (
                _microseconds(before),
                limit,
                _NEVER if after is None else _microseconds(after),
                limit,
            ),
        )
        return [
            UnfiledBody(key=BodyKey(self.name, number), received_at=_moment(at), size=size)
            for number, at, size in rows
        ]

    def read(self, numbers: Collection[int]) -> list[JournaledBody]:
        rows = self._rows.execute(
            "SELECT number, provider, received_at, body FROM bodies"
            " WHERE number IN (SELECT value FROM json_each(?)) ORDER BY number",
            (json.dumps(list(numbers)),),
        )
        return [
            JournaledBody(
                key=BodyKey(self.name, number),
                provider=ProviderName(provider),
                received_at=_moment(at),
                body=body,
            )
            for number, provider, at, body in rows
        ]

    def forget(self, numbers: Collection[int]) -> None:
        with self._transaction():
            gone = self._rows.execute(
                "DELETE FROM bodies WHERE number IN (SELECT value FROM json_each(?))"
                " RETURNING size",
                (json.dumps(list(numbers)),),
            ).fetchall()
        self.bodies -= len(gone)
        self.size -= sum(size for (size,) in gone)
        (free,) = self._rows.execute("PRAGMA freelist_count").fetchone()
        if free > _FREE_PAGES:
            # A page a step; `execute` takes one step only of what returns no columns.
            self._rows.executescript(f"PRAGMA incremental_vacuum({_FREE_AT_ONCE})")

    def oldest(self) -> datetime | None:
        (oldest,) = self._rows.execute("SELECT min(received_at) FROM bodies").fetchone()
        return None if oldest is None else _moment(oldest)

    def close(self) -> None:
        """Let the next process have it."""
        with suppress(sqlite3.Error):
            self._rows.close()
        os.close(self._lock)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._rows.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._rows.execute("COMMIT")
        except BaseException:
            # SQLite has rolled back by itself after some errors, and then says so.
            if self._rows.in_transaction:
                self._rows.execute("ROLLBACK")
            raise


def _row(number: int, new: NewBody) -> tuple[object, ...]:
    return (number, _microseconds(new.received_at), new.provider, len(new.body), new.body)


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _sync_folder(folder: Path) -> None:
    """Make the names in *folder* durable: a synced file without a name is lost."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
