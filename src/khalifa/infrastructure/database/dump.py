"""The whole database in one file, at one moment; and a database made of such a file again."""

import gzip
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from secrets import token_hex

from sqlalchemy import MetaData, create_engine, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from khalifa.infrastructure.database.engine import with_driver
from khalifa.infrastructure.database.mysql_programs import (
    BackupFailed,
    Moved,
    credentials,
    programs_for,
    run,
)

SQLITE, MYSQL = "database.db", "database.sql.gz"
_COUNTED = ("customers", "tickets", "messages")


def file_of(url: str) -> str:
    """Return what the file of a database like the one at *url* is called."""
    is_sqlite = with_driver(url, asynchronous=False).get_backend_name() == "sqlite"
    return SQLITE if is_sqlite else MYSQL


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


def dump(url: str, folder: Path, *, trial: bool, moved: Moved) -> Path:
    """
    Write the database at *url* into *folder*; with *trial*, restore it on trial and count.

    Reads one moment of the database and holds nobody up.

    Raises:
        BackupFailed: it could not be written, or does not restore.
    """
    address = with_driver(url, asynchronous=False)
    path = folder / file_of(url)
    path.touch(mode=0o600, exist_ok=False)
    if path.name == SQLITE:
        _dump_sqlite(address, path, trial=trial)
    else:
        _dump_mysql(address, path, trial=trial, moved=moved)
    return path


def _dump_sqlite(address: URL, path: Path, *, trial: bool) -> None:
    try:
        with closing(sqlite3.connect(str(address.database))) as source:
            source.execute("VACUUM INTO ?", (str(path),))
        if trial:
            with closing(sqlite3.connect(path)) as copy:
                _require_whole(copy)
                counts = {table: _rows(copy, table) for table in _COUNTED}
            with closing(sqlite3.connect(str(address.database))) as source:
                # More may have come since; fewer cannot be.
                if any(rows > _rows(source, table) for table, rows in counts.items()):
                    raise BackupFailed(f"The backup {path} is not whole.")
    except sqlite3.Error as error:
        raise BackupFailed(f"The backup failed: {error}.") from error


def _require_whole(copy: sqlite3.Connection) -> None:
    [verdict] = copy.execute("PRAGMA integrity_check").fetchone()
    if verdict != "ok":
        raise BackupFailed("The database in the backup is not whole.")


def _rows(database: sqlite3.Connection, table: str) -> int:
    # A name of ours, never a value.
    [count] = database.execute(f"SELECT COUNT(*) FROM {table}").fetchone()  # noqa: S608
    return int(count)


def _dump_mysql(address: URL, path: Path, *, trial: bool, moved: Moved) -> None:
    programs = programs_for(address)
    with credentials(address) as options:
        command = [
            programs.dump,
            options,
            *programs.own,
            "--single-transaction",
            "--quick",
            "--hex-blob",
            "--no-tablespaces",
            "--default-character-set=utf8mb4",
            str(address.database),
        ]
        with path.open("wb") as raw, gzip.open(raw, "wb", compresslevel=3) as packed:
            run(command, out=packed, moved=moved)
        if trial:
            _restore_on_trial(address, options, path, programs.client)


def _restore_on_trial(address: URL, options: str, path: Path, client: str) -> None:
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
                with gzip.open(path, "rb") as packed:
                    run([client, options, scratch], put=packed, moved=_nobody_counts)
                for table in _COUNTED:
                    [kept] = connection.execute(
                        text(f"SELECT COUNT(*) FROM `{scratch}`.{table}")  # noqa: S608
                    ).one()
                    [there] = connection.execute(
                        text(f"SELECT COUNT(*) FROM {table}")  # noqa: S608
                    ).one()
                    if kept > there:
                        raise BackupFailed(f"The backup {path} is not whole.")
            finally:
                connection.execute(text(f"DROP DATABASE IF EXISTS `{scratch}`"))
    except SQLAlchemyError as error:
        raise BackupFailed(f"The backup could not be tried out: {type(error).__name__}.") from None
    finally:
        engine.dispose()


def _nobody_counts(size: int) -> None:
    pass


def require_target(url: str, *, overwrite: bool) -> None:
    """
    Make sure that the database at *url* may be replaced.

    Raises:
        BackupFailed: there is something in it, and *overwrite* was not said; or
            somebody works on it.
    """
    address = with_driver(url, asynchronous=False)
    if address.get_backend_name() == "sqlite" and not Path(address.database or "").exists():
        return
    engine = create_engine(address)
    try:
        with engine.connect() as connection:
            if inspect(connection).get_table_names() and not overwrite:
                raise BackupFailed(
                    "There is something in the database already. Name an empty one in "
                    "DATABASE_URL, or let this one be replaced with --overwrite."
                )
            if engine.dialect.name == "sqlite":
                return
            query = (
                "SELECT COUNT(*) FROM information_schema.processlist "
                "WHERE db = DATABASE() AND id <> CONNECTION_ID()"
            )
            if others := connection.execute(text(query)).scalar():
                raise BackupFailed(
                    f"{others} others are connected to this database. Stop every khalifa serve "
                    "and khalifa worker first."
                )
    except SQLAlchemyError as error:
        raise BackupFailed(f"The database does not answer: {type(error).__name__}.") from None
    finally:
        engine.dispose()


def load(url: str, path: Path, *, moved: Moved) -> None:
    """
    Make the database at *url* what it was when *path* was written; what was in it is gone.

    *moved* is told as many bytes as *path* has.

    Raises:
        BackupFailed: it could not be restored. A SQLite file is then as it was.
    """
    address = with_driver(url, asynchronous=False)
    if address.get_backend_name() == "sqlite":
        _load_sqlite(Path(address.database or ""), path)
        moved(path.stat().st_size)
        return
    programs = programs_for(address)
    _empty(address)
    read = 0
    with credentials(address) as options, path.open("rb") as raw, gzip.open(raw, "rb") as packed:

        def unpacked(_: int) -> None:
            nonlocal read
            before, read = read, raw.tell()
            moved(read - before)

        command = [programs.client, options, "--default-character-set=utf8mb4"]
        run([*command, str(address.database)], put=packed, moved=unpacked)


def _load_sqlite(target: Path, path: Path) -> None:
    draft = target.with_name(f"{target.name}.restored")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(path, draft)
        draft.chmod(0o600)
        with closing(sqlite3.connect(draft)) as copy:
            _require_whole(copy)
        for left in ("-wal", "-shm"):
            target.with_name(target.name + left).unlink(missing_ok=True)
        draft.replace(target)
    except sqlite3.Error as error:
        raise BackupFailed(f"The database cannot be restored: {error}.") from error
    finally:
        draft.unlink(missing_ok=True)


def _empty(address: URL) -> None:
    """Drop every table: one that the backup has not would stay among the others."""
    engine = create_engine(address)
    try:
        with engine.begin() as connection:
            known = MetaData()
            known.reflect(connection)
            connection.execute(text("SET FOREIGN_KEY_CHECKS = 0"))
            known.drop_all(connection)
    except SQLAlchemyError as error:
        raise BackupFailed(f"The database cannot be emptied: {type(error).__name__}.") from None
    finally:
        engine.dispose()
