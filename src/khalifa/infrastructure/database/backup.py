"""A copy of the whole database in one file, at one moment, tried out before it is trusted."""

import gzip
import hashlib
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from khalifa.domain.errors import KhalifaError
from khalifa.infrastructure.database.engine import with_driver

# MariaDB's names first: it keeps MySQL's as links, for a while.
_DUMP = ("mariadb-dump", "mysqldump")
_CLIENT = ("mariadb", "mysql")
_MYSQL_DUMP = ("mysqldump",)
_MYSQL_CLIENT = ("mysql",)
_AT_ONCE = 1024 * 1024


class BackupFailed(KhalifaError):
    """There is no backup that could be trusted. The text says why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """
    A file that holds everything. ``sha256`` stands beside it, in a file of its own.

    ``tried``: it was restored into a scratch database and counted.
    """

    path: Path
    size: int
    sha256: str
    tried: bool


def backup(url: str, folder: Path, *, name: str, trial: bool = True) -> Backup:
    """
    Write a backup of the database at *url* into *folder*; with *trial*, restore it on trial.

    Reads one moment of the database and holds nobody up. From synchronous
    code; blocks for as long as it takes.

    Raises:
        BackupFailed: it could not be made, has not room, or does not restore.
    """
    address = with_driver(url, asynchronous=False)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _require_room(address, folder)
        make = _sqlite if address.get_backend_name() == "sqlite" else _mysql
        path, tried = make(address, folder / name, trial=trial)
        sha256 = _digest(path)
        Path(f"{path}.sha256").write_text(f"{sha256}  {path.name}\n")
    except OSError as error:
        raise BackupFailed(f"The backup cannot be written: {error.strerror}.") from error
    return Backup(path=path, size=path.stat().st_size, sha256=sha256, tried=tried)


def size_of(url: str) -> int | None:
    """Return about how many bytes the database takes, None when it does not say."""
    address = with_driver(url, asynchronous=False)
    if address.get_backend_name() == "sqlite":
        path = Path(address.database or "")
        return path.stat().st_size if path.exists() else None
    query = "SELECT SUM(data_length) FROM information_schema.tables WHERE table_schema = DATABASE()"
    engine = create_engine(address)
    try:
        with engine.connect() as connection:
            size = connection.execute(text(query)).scalar()
    except SQLAlchemyError:
        return None
    finally:
        engine.dispose()
    return int(size) if size is not None else None


def _require_room(address: URL, folder: Path) -> None:
    size = size_of(address.render_as_string(hide_password=False))
    free = shutil.disk_usage(folder).free
    if size is not None and size > free:
        raise BackupFailed(
            f"A backup takes up to {size // 2**20:,} MB, and {folder} has {free // 2**20:,} MB "
            "free. Make room, or name another folder with --backup-dir."
        )


def _sqlite(address: URL, path: Path, *, trial: bool) -> tuple[Path, bool]:
    target = path.with_suffix(".db")
    try:
        with closing(sqlite3.connect(str(address.database))) as source:
            source.execute("VACUUM INTO ?", (str(target),))
        target.chmod(0o600)
        if trial:
            with closing(sqlite3.connect(target)) as copy:
                [verdict] = copy.execute("PRAGMA integrity_check").fetchone()
                counts = _counts(copy)
            with closing(sqlite3.connect(str(address.database))) as source:
                missing = [table for table, rows in counts.items() if rows > _rows(source, table)]
            if verdict != "ok" or missing:
                raise BackupFailed(f"The backup {target} is not whole. Nothing was switched.")
    except sqlite3.Error as error:
        raise BackupFailed(f"The backup failed: {error}. Nothing was switched.") from error
    return target, trial


def _counts(copy: sqlite3.Connection) -> dict[str, int]:
    return {table: _rows(copy, table) for table in ("customers", "tickets", "messages")}


def _rows(database: sqlite3.Connection, table: str) -> int:
    # A name of ours, never a value.
    [count] = database.execute(f"SELECT COUNT(*) FROM {table}").fetchone()  # noqa: S608
    return int(count)


def _mysql(address: URL, path: Path, *, trial: bool) -> tuple[Path, bool]:
    target = path.with_suffix(".sql.gz")
    dump, client, own = _programs(address)
    with _credentials(address) as options:
        command = [
            dump,
            f"--defaults-extra-file={options}",
            *own,
            "--single-transaction",
            "--quick",
            "--hex-blob",
            "--no-tablespaces",
            "--default-character-set=utf8mb4",
            str(address.database),
        ]
        target.touch(mode=0o600, exist_ok=False)
        with target.open("wb") as raw, gzip.open(raw, "wb", compresslevel=3) as packed:
            _run(command, out=packed)
        if trial:
            _restore_on_trial(address, options, target, client)
    return target, trial


def _programs(address: URL) -> tuple[str, str, tuple[str, ...]]:
    """
    Return what dumps, what restores, and the dump's own options, for this server.

    MariaDB's dump writes generated columns, which MySQL then refuses to take:
    a MySQL is copied by MySQL's own programs alone.
    """
    if _is_mariadb(address):
        package = "mariadb-client or default-mysql-client"
        return _program(_DUMP, package), _program(_CLIENT, package), ()
    dump = _program(_MYSQL_DUMP, "MySQL's own mysql-client")
    told = subprocess.run([dump, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - our own command, no shell
    if "MariaDB" in told.stdout:
        raise BackupFailed(
            f"{dump} is MariaDB's, and the database is a MySQL, which does not take back what it "
            "writes. Install MySQL's own mysql-client, or go on without a backup by --no-backup, "
            "when you have one of today."
        )
    # Ids of transactions are the server's own; to restore them takes its administrator.
    return dump, _program(_MYSQL_CLIENT, "MySQL's own mysql-client"), ("--set-gtid-purged=OFF",)


def _is_mariadb(address: URL) -> bool:
    engine = create_engine(address)
    try:
        with engine.connect():
            return bool(getattr(engine.dialect, "is_mariadb", False))
    except SQLAlchemyError as error:
        raise BackupFailed(f"The database does not answer: {type(error).__name__}.") from None
    finally:
        engine.dispose()


def _restore_on_trial(address: URL, options: Path, dump: Path, client: str) -> None:
    scratch = f"{address.database}_trial_{token_hex(4)}"
    engine = create_engine(address)
    try:
        with engine.connect() as connection:
            try:
                connection.execute(text(f"CREATE DATABASE `{scratch}` CHARACTER SET utf8mb4"))
            except SQLAlchemyError as error:
                raise BackupFailed(
                    "The backup cannot be tried out: the database's user may not create "
                    f"{scratch}. Let it, or skip the trial with --no-trial."
                ) from error
            try:
                with gzip.open(dump, "rb") as packed:
                    _run([client, f"--defaults-extra-file={options}", scratch], put=packed)
                for table in ("customers", "tickets", "messages"):
                    [kept] = connection.execute(
                        text(f"SELECT COUNT(*) FROM `{scratch}`.{table}")  # noqa: S608
                    ).one()
                    [there] = connection.execute(
                        text(f"SELECT COUNT(*) FROM {table}")  # noqa: S608
                    ).one()
                    # More may have come since; fewer cannot be.
                    if kept > there:
                        raise BackupFailed(f"The backup {dump} is not whole.")
            finally:
                connection.execute(text(f"DROP DATABASE IF EXISTS `{scratch}`"))
    except SQLAlchemyError as error:
        raise BackupFailed(f"The backup could not be tried out: {type(error).__name__}.") from None
    finally:
        engine.dispose()


def _program(names: tuple[str, ...], package: str) -> str:
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        raise BackupFailed(
            f"{names[0]} is not installed on this machine ({package}). Install it, or go on "
            "without a backup by --no-backup, when you have one of today."
        )
    return found


@contextmanager
def _credentials(address: URL) -> Iterator[Path]:
    """Hand host, user and password over in a file of our own: a command line is for all to see."""
    given = {
        "host": address.host or "127.0.0.1",
        "port": str(address.port or 3306),
        "user": address.username or "",
        "password": str(address.password or ""),
    }
    lines = ["[client]", *(f'{name}="{_quoted(value)}"' for name, value in given.items())]
    with tempfile.TemporaryDirectory(prefix="khalifa-backup-") as folder:
        path = Path(folder) / "options.cnf"
        path.touch(mode=0o600)
        path.write_text("\n".join(lines) + "\n")
        yield path


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def _run(
    command: list[str],
    *,
    out: gzip.GzipFile | None = None,
    put: gzip.GzipFile | None = None,
) -> None:
    """Run *command*, with what it reads and writes passed on piece by piece."""
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(  # noqa: S603 - our own command, no shell
            command,
            stdin=subprocess.PIPE if put else subprocess.DEVNULL,
            stdout=subprocess.PIPE if out else subprocess.DEVNULL,
            stderr=errors,
        ) as process,
    ):
        if put is not None and process.stdin is not None:
            with process.stdin as pipe:
                shutil.copyfileobj(put, pipe, _AT_ONCE)
        if out is not None and process.stdout is not None:
            shutil.copyfileobj(process.stdout, out, _AT_ONCE)
        if process.wait() != 0:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip().splitlines()
            raise BackupFailed(f"{Path(command[0]).name} failed: {said[-1] if said else 'no word'}")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
