"""A disk that, when the power is cut, has only what was synced."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

NAME = "khalifa-power"


class Disk(apsw.VFS):
    """
    SQLite's own file system, watched: what of each file is on the disk, and what only in memory.

    A cut loses every write, and every file's very name, that no sync has reached:
    the worst that a disk may do.
    """

    def __init__(self) -> None:
        super().__init__(NAME, base="")
        self.synced: dict[str, bytes] = {}
        self.syncs = 0

    def xOpen(  # noqa: N802 - SQLite's name
        self, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> apsw.VFSFile:
        return _File(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        super().xDelete(filename, syncdir)
        self.synced.pop(filename, None)

    def after_a_cut(self, folder: Path) -> None:
        """Write into *folder* what the disk would hold if the power went now."""
        folder.mkdir()
        for path, content in self.synced.items():
            (folder / Path(path).name).write_bytes(content)


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._disk = disk
        self._path = name.filename() if isinstance(name, apsw.URIFilename) else name

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        super().xSync(flags)
        self._disk.syncs += 1
        if self._path is not None:
            self._disk.synced[self._path] = Path(self._path).read_bytes()


class Connection(apsw.Connection):
    """Looks enough like one of `sqlite3` for a journal."""

    def executescript(self, script: str) -> None:
        self.execute(script)

    def blobopen(self, table: str, column: str, row: int) -> apsw.Blob:  # type: ignore[override]
        """As `sqlite3.Connection.blobopen`; apsw has another call under this old name."""
        return self.blob_open("main", table, column, row, True)


@contextmanager
def disk() -> Iterator[Disk]:
    """Make a disk that `connect` opens files on, until the end."""
    made = Disk()
    try:
        yield made
    finally:
        made.unregister()


def connect(path: Path) -> Connection:
    """
    Open the SQLite file at *path* on the disk.

    The journal's index of its write-ahead log is kept in memory instead of a
    shared file, which a watched file system cannot have; it is never synced,
    and made anew after a crash in any case.
    """
    connection = Connection(str(path), vfs=NAME)
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    return connection
