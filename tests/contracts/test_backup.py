"""A backup holds everything, restores, and is not trusted before it has."""

import gzip
import shutil
import sqlite3
import stat
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from khalifa.infrastructure.database import backup as backup_module
from khalifa.infrastructure.database import schema
from khalifa.infrastructure.database.backup import BackupFailed, backup
from khalifa.infrastructure.database.engine import open_engine
from khalifa.infrastructure.database.unit_of_work import SqlTransact
from tests.contracts.repositories.stored import stored_ticket
from tests.servers import MysqlServer


async def fill(url: str) -> None:
    schema.upgrade(url)
    engine = open_engine(url)
    try:
        await stored_ticket(SqlTransact(engine))
    finally:
        await engine.dispose()


def can_be_dumped(server: MysqlServer) -> bool:
    """Say whether this machine has the program that copies this server: each has its own."""
    [[version]] = server.execute("SELECT VERSION()")
    if "MariaDB" in str(version):
        return True
    dump = shutil.which("mysqldump")
    return dump is not None and "MariaDB" not in subprocess.check_output([dump, "-V"], text=True)


async def test_a_sqlite_file_is_copied_whole(sqlite_url: str, tmp_path: Path) -> None:
    await fill(sqlite_url)

    made = backup(sqlite_url, tmp_path / "backups", name="one")

    assert made.tried
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    with closing(sqlite3.connect(made.path)) as copy:
        assert copy.execute("SELECT COUNT(*) FROM tickets").fetchone() == (1,)
    beside = made.path.with_name(f"{made.path.name}.sha256")
    assert beside.read_text() == f"{made.sha256}  {made.path.name}\n"


async def test_a_mariadb_is_dumped_and_restored_on_trial(
    mysql_url: str, mysql_server: MysqlServer, tmp_path: Path
) -> None:
    await fill(mysql_url)
    before = mysql_server.execute("SHOW DATABASES")
    if not can_be_dumped(mysql_server):
        with pytest.raises(BackupFailed, match="MySQL's own mysql-client"):
            backup(mysql_url, tmp_path, name="one")
        return

    made = backup(mysql_url, tmp_path, name="one")

    assert made.tried
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    with gzip.open(made.path, "rt") as dump:
        assert "CREATE TABLE `tickets`" in dump.read()
    # The scratch database is gone again.
    assert mysql_server.execute("SHOW DATABASES") == before


async def test_a_dump_that_breaks_off_is_no_backup(
    mysql_url: str, mysql_server: MysqlServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(mysql_url)
    if not can_be_dumped(mysql_server):
        pytest.skip("a MySQL is dumped by its own program alone")
    broken = tmp_path / "dump"
    broken.write_text("#!/bin/sh\necho 'INSERT INTO nowhere VALUES (1);'\n")
    broken.chmod(0o700)
    for programs in ("_DUMP", "_MYSQL_DUMP"):
        monkeypatch.setattr(backup_module, programs, (str(broken),))

    with pytest.raises(BackupFailed):
        backup(mysql_url, tmp_path, name="one")
    for programs in ("_DUMP", "_MYSQL_DUMP"):
        monkeypatch.setattr(backup_module, programs, ("no-such-program",))
    with pytest.raises(BackupFailed, match="not installed"):
        backup(mysql_url, tmp_path, name="two")


async def test_without_room_or_a_folder_there_is_none(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(sqlite_url)
    (tmp_path / "file").write_text("")

    with pytest.raises(BackupFailed, match="cannot be written"):
        backup(sqlite_url, tmp_path / "file", name="one")
    monkeypatch.setattr(backup_module, "size_of", lambda url: 2**60)
    with pytest.raises(BackupFailed, match="free"):
        backup(sqlite_url, tmp_path, name="one")
