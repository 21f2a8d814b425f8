"""MariaDB's and MySQL's own programs, which copy a database: found, trusted, run."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from gzip import GzipFile
from pathlib import Path
from typing import IO, TypeAlias

from sqlalchemy import create_engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from khalifa.domain.errors import KhalifaError

# MariaDB's names first: it keeps MySQL's as links, for a while.
_DUMP = ("mariadb-dump", "mysqldump")
_CLIENT = ("mariadb", "mysql")
_MYSQL_DUMP = ("mysqldump",)
_MYSQL_CLIENT = ("mysql",)
_AT_ONCE = 1024 * 1024

Bytes: TypeAlias = IO[bytes] | GzipFile
# Is told how many bytes have just gone by.
Moved = Callable[[int], None]


class BackupFailed(KhalifaError):
    """There is no backup that could be trusted. The text says why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """What dumps and what restores the database of one server; ``own`` are the dump's options."""

    dump: str
    client: str
    own: tuple[str, ...] = ()


def programs_for(address: URL) -> Programs:
    """
    Return the programs of the server at *address*.

    MariaDB's dump writes generated columns, which MySQL then refuses to take:
    a MySQL is copied by MySQL's own programs alone.

    Raises:
        BackupFailed: they are not installed, or the server does not answer.
    """
    if _is_mariadb(address):
        package = "mariadb-client or default-mysql-client"
        return Programs(dump=_program(_DUMP, package), client=_program(_CLIENT, package))
    dump = _program(_MYSQL_DUMP, "MySQL's own mysql-client")
    told = subprocess.run([dump, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - our own command, no shell
    if "MariaDB" in told.stdout:
        raise BackupFailed(
            f"{dump} is MariaDB's, and the database is a MySQL, which does not take back what it "
            "writes. Install MySQL's own mysql-client, or go on without a backup by --no-backup, "
            "when you have one of today."
        )
    # Ids of transactions are the server's own; to restore them takes its administrator.
    client = _program(_MYSQL_CLIENT, "MySQL's own mysql-client")
    return Programs(dump=dump, client=client, own=("--set-gtid-purged=OFF",))


def _is_mariadb(address: URL) -> bool:
    engine = create_engine(address)
    try:
        with engine.connect():
            return bool(getattr(engine.dialect, "is_mariadb", False))
    except SQLAlchemyError as error:
        raise BackupFailed(f"The database does not answer: {type(error).__name__}.") from None
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
def credentials(address: URL) -> Iterator[str]:
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
        yield f"--defaults-extra-file={path}"


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def run(
    command: list[str],
    *,
    out: Bytes | None = None,
    put: Bytes | None = None,
    moved: Moved,
) -> None:
    """
    Run *command*, with what it writes and reads passed on piece by piece.

    Raises:
        BackupFailed: it failed; the text is its own last word.
    """
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(  # noqa: S603 - our own command, no shell
            command,
            stdin=subprocess.PIPE if put else subprocess.DEVNULL,
            stdout=subprocess.PIPE if out else subprocess.DEVNULL,
            stderr=errors,
        ) as process,
    ):
        broken = False
        if put is not None and process.stdin is not None:
            try:
                with process.stdin as pipe:
                    pass_on(put, pipe, moved)
            except BrokenPipeError:
                # It says why itself.
                broken = True
        if out is not None and process.stdout is not None:
            pass_on(process.stdout, out, moved)
        if process.wait() != 0 or broken:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip().splitlines()
            raise BackupFailed(f"{Path(command[0]).name} failed: {said[-1] if said else 'no word'}")


def pass_on(source: Bytes, target: Bytes, moved: Moved) -> None:
    """Copy all of *source* to *target*, never much of it at once."""
    while chunk := source.read(_AT_ONCE):
        target.write(chunk)
        moved(len(chunk))
