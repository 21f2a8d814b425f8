"""A backup holds everything, restores, and is not trusted before it has."""

import asyncio
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import MetaData, create_engine, select

from khalifa.infrastructure import backup as backup_module
from khalifa.infrastructure.backup import (
    SETTINGS,
    SUMS,
    Backup,
    back_up,
    remove_old,
    restore,
    settings_in,
)
from khalifa.infrastructure.database import mysql_programs, schema
from khalifa.infrastructure.database.engine import open_engine, with_driver
from khalifa.infrastructure.database.mysql_programs import BackupFailed
from khalifa.infrastructure.database.unit_of_work import SqlTransact
from tests.builders import a_ledger_entry, a_message
from tests.contracts.repositories.stored import queued_reply, stored_message, stored_ticket
from tests.servers import MysqlServer

SECRETS = {"DATABASE_URL": "mysql://u:p'w\\d$x@h/d", "KHALIFA_PORT": "8000", "REDIS_URL": ""}
# The second is being written while one looks.
PHOTO, UNFINISHED = "1a2/photo-of-a-prescription", "1a2/.partial-x"

Somewhere = Callable[[], str]


async def fill(url: str) -> None:
    """Leave one of most things in a new database: words, bytes, generated columns."""
    schema.upgrade(url)
    engine = open_engine(url)
    try:
        transact = SqlTransact(engine)
        ticket = await stored_ticket(transact)
        await stored_message(transact, a_message(ticket, text="دواء 😀 'quoted' \\ \x00"))
        await queued_reply(transact, ticket)
        entry = a_ledger_entry(body=bytes(range(256)))
        await transact(lambda uow: uow.ledger.add([entry]))
    finally:
        await engine.dispose()


def everything(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""
    engine = create_engine(with_driver(url, asynchronous=False))
    known = MetaData()
    try:
        with engine.connect() as connection:
            known.reflect(connection)
            return {
                table.name: [tuple(row) for row in connection.execute(select(table))]
                for table in known.sorted_tables
            }
    finally:
        engine.dispose()


@pytest.fixture
def media(tmp_path: Path) -> Path:
    for name in (PHOTO, UNFINISHED):
        file = tmp_path / "media" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name.encode())
    return tmp_path / "media"


@pytest.fixture(scope="module", params=["sqlite", "mysql"])
def somewhere(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Somewhere]:
    """Give the URLs of databases that are empty, as many as are asked for."""
    if request.param == "sqlite":
        yield lambda: f"sqlite:///{tmp_path_factory.mktemp('new') / 'khalifa.db'}"
        return
    server: MysqlServer = request.getfixturevalue("mysql_server")
    if not can_be_dumped(server):
        pytest.skip("a MySQL is dumped by its own program alone")
    made: list[str] = []

    def make() -> str:
        made.append(server.create_database())
        return made[-1]

    yield make
    for url in made:
        server.drop_database(url)


@pytest.fixture(scope="module")
def filled(somewhere: Somewhere) -> str:
    """A database with something in it. Whoever changes it puts it back."""
    url = somewhere()
    asyncio.run(fill(url))
    return url


@pytest.fixture
def made(filled: str, media: Path, tmp_path: Path) -> Backup:
    return back_up(filled, tmp_path / "backups", name="1", media=media, settings=SECRETS)


def can_be_dumped(server: MysqlServer) -> bool:
    """Say whether this machine has the program that copies this server: each has its own."""
    [[version]] = server.execute("SELECT VERSION()")
    if "MariaDB" in str(version):
        return True
    dump = shutil.which("mysqldump")
    return dump is not None and "MariaDB" not in subprocess.check_output([dump, "-V"], text=True)


def test_what_is_restored_is_what_there_was(
    somewhere: Somewhere, filled: str, made: Backup, tmp_path: Path
) -> None:
    seen: list[tuple[int, int]] = []
    fresh, files = somewhere(), tmp_path / "restored"

    count = restore(
        made.path, fresh, media=files, progress=lambda done, total: seen.append((done, total))
    )

    assert everything(fresh) == everything(filled)
    assert len(everything(fresh)["messages"]) == 2
    assert count == 1
    assert [file for file in files.rglob("*") if file.is_file()] == [files / PHOTO]
    assert (files / PHOTO).read_bytes() == PHOTO.encode()
    assert settings_in(made.path) == SECRETS
    assert seen[-1][0] == seen[-1][1] > 0
    # What is restored works on.
    schema.upgrade(fresh)
    assert schema.current(fresh) == schema.head()


async def test_what_is_there_is_replaced_only_if_that_was_said(
    somewhere: Somewhere, filled: str, made: Backup, media: Path
) -> None:
    before = everything(filled)
    engine = open_engine(filled)
    await stored_ticket(SqlTransact(engine))
    await engine.dispose()
    later = media / "3c4" / "came-after-the-backup"
    later.parent.mkdir()
    later.touch()

    with pytest.raises(BackupFailed, match="--overwrite"):
        restore(made.path, filled, media=media)
    assert everything(filled) != before
    empty = somewhere()
    with pytest.raises(BackupFailed, match="--overwrite"):
        restore(made.path, empty, media=media)
    restore(made.path, filled, media=media, overwrite=True)

    assert everything(filled) == before
    assert not later.exists()
    assert (media / PHOTO).exists()


def test_a_backup_that_was_changed_or_is_of_another_kind_changes_nothing(
    filled: str, made: Backup, media: Path
) -> None:
    before = everything(filled)

    def refused(match: str, url: str = filled) -> None:
        with pytest.raises(BackupFailed, match=match):
            restore(made.path, url, media=media, overwrite=True)

    other = "sqlite:////nowhere/x.db" if filled.startswith("mysql") else "mysql://u:p@127.0.0.1:1/x"
    refused("is another", other)
    (made.path / "media" / PHOTO).write_bytes(b"another photo")
    refused("not whole: media/1a2")
    (made.path / "media" / PHOTO).unlink()
    refused("not whole: media/1a2")
    (made.path / SUMS).write_text(f"{'0' * 64}  ../../etc/passwd\n")
    refused("cannot be read")
    (made.path / SUMS).unlink()
    refused("is no backup")
    assert everything(filled) == before


async def test_a_database_somebody_works_on_is_not_replaced(
    filled: str, made: Backup, media: Path
) -> None:
    if filled.startswith("sqlite"):
        pytest.skip("who works on a file holds the lock of its folder")
    engine = open_engine(filled)

    async with engine.connect():
        with pytest.raises(BackupFailed, match="Stop every khalifa serve"):
            restore(made.path, filled, media=media, overwrite=True)
    await engine.dispose()


def test_a_file_the_backup_before_has_is_not_copied_again(
    filled: str, somewhere: Somewhere, media: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    first = back_up(filled, folder, name="1", media=media)
    (media / "1a2" / "another-photo").touch()

    second = back_up(filled, folder, name="2", media=media)
    third = back_up(filled, folder, name="3", media=media)

    def copy_in(made: Backup) -> Path:
        return made.path / "media" / PHOTO

    assert copy_in(first).samefile(copy_in(third))
    assert not copy_in(first).samefile(media / PHOTO)
    assert (second.files, third.files) == (3, 3)
    assert remove_old(folder, keep=1) == [first.path, second.path]
    assert copy_in(third).read_bytes() == PHOTO.encode()
    assert restore(third.path, somewhere(), media=tmp_path / "m") == 2


def test_a_backup_is_for_its_owner_alone(made: Backup) -> None:
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o700
    assert stat.S_IMODE((made.path / SETTINGS).stat().st_mode) == 0o600
    [database] = made.path.glob("database.*")
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    verified = subprocess.run(["sha256sum", "--check", "--quiet", SUMS], cwd=made.path, check=False)
    assert verified.returncode == 0


@contextmanager
def programs(patch: pytest.MonkeyPatch, name: str) -> Iterator[None]:
    with patch.context() as patched:
        for names in ("_DUMP", "_MYSQL_DUMP"):
            patched.setattr(mysql_programs, names, (name,))
        yield


def test_nothing_is_left_of_a_trial(
    filled: str, made: Backup, request: pytest.FixtureRequest
) -> None:
    if filled.startswith("mysql"):
        server: MysqlServer = request.getfixturevalue("mysql_server")
        assert not [name for [name] in server.execute("SHOW DATABASES") if "trial" in str(name)]
    assert [file.name for file in made.path.parent.iterdir()] == ["khalifa-1"]


def test_a_mysql_that_no_program_here_copies_is_told(
    mysql_server: MysqlServer, mysql_url: str, tmp_path: Path
) -> None:
    if can_be_dumped(mysql_server):
        pytest.skip("this one can be copied")
    with pytest.raises(BackupFailed, match="MySQL's own mysql-client"):
        back_up(mysql_url, tmp_path, name="one")


def test_a_dump_that_breaks_off_is_no_backup(
    filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if filled.startswith("sqlite"):
        pytest.skip("no other program copies a file")
    broken = tmp_path / "dump"
    broken.write_text("#!/bin/sh\necho 'INSERT INTO nowhere VALUES (1);'\n")
    broken.chmod(0o700)
    folder = tmp_path / "backups"

    with programs(monkeypatch, str(broken)), pytest.raises(BackupFailed):
        back_up(filled, folder, name="one")
    with (
        programs(monkeypatch, "no-such-program"),
        pytest.raises(BackupFailed, match="not installed"),
    ):
        back_up(filled, folder, name="two")
    assert list(folder.iterdir()) == []


async def test_without_room_or_a_folder_there_is_none(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(sqlite_url)
    (tmp_path / "file").write_text("")

    with pytest.raises(BackupFailed, match="cannot be written"):
        back_up(sqlite_url, tmp_path / "file", name="one")
    monkeypatch.setattr(backup_module, "size_of", lambda url: 2**60)
    with pytest.raises(BackupFailed, match="free"):
        back_up(sqlite_url, tmp_path, name="one")
