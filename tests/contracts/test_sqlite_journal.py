"""The SQLite journal: durable, without a gap, through kills and full disks."""

import asyncio
import contextlib
import json
import os
import sqlite3
import stat
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from khalifa.application.ports.journal import BodyKey, Journal, JournaledBody, JournalUnavailable
from khalifa.domain.contacts import ProviderName
from khalifa.infrastructure import journal as journal_module
from khalifa.infrastructure.batches import MOST_BYTES
from khalifa.infrastructure.journal import SqliteJournal, require_writable
from tests.contracts.journal import JournalContract
from tests.servers import Process, eventually

CLOUD = ProviderName("cloud_api")
NOW = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
EVERYTHING = 10_000_000

# Appends for ever from 32 sides, and says each number once it is durable.
_APPENDER = """
import asyncio, os, sys
from datetime import UTC, datetime
from pathlib import Path
from khalifa.infrastructure.journal import SqliteJournal, require_writable

async def append(journal, size):
    while True:
        kept = await journal.append("cloud_api", b"x" * size, received_at=datetime.now(UTC))
        os.write(1, f"{kept.key.journal} {kept.key.number} {size}\\n".encode())

async def main():
    journal = SqliteJournal(Path(sys.argv[1]))
    await asyncio.gather(*(append(journal, size) for size in range(100, 3300, 100)))

asyncio.run(main())
"""

# A disk that is full for a while: no file may grow beyond the limit.
_FULL_DISK = """
import asyncio, json, resource, sys
from datetime import UTC, datetime
from pathlib import Path
from khalifa.application.ports.journal import JournalUnavailable
from khalifa.infrastructure.journal import SqliteJournal, require_writable

def limit_files(size):
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))

async def main():
    journal = SqliteJournal(Path(sys.argv[1]))

    async def append(size):
        try:
            kept = await journal.append("cloud_api", b"x" * size, received_at=datetime.now(UTC))
        except JournalUnavailable:
            return None
        return kept.key.number

    numbers = [await append(10)]
    limit_files(256 * 1024)
    numbers.append(await append(1024 * 1024))
    numbers.append(await append(1024 * 1024))
    limit_files(resource.RLIM_INFINITY)
    numbers.append(await append(1024 * 1024))
    numbers.append(await append(20))
    await journal.close()
    print(json.dumps(numbers))

asyncio.run(main())
"""

Open = Callable[[], SqliteJournal]


@pytest.fixture
async def open_journal(tmp_path: Path) -> AsyncIterator[Open]:
    """Open journals in one folder, as processes of one machine do; all are closed after."""
    async with contextlib.AsyncExitStack() as opened:

        def open_one() -> SqliteJournal:
            journal = SqliteJournal(tmp_path / "journal")
            opened.push_async_callback(journal.close)
            return journal

        yield open_one


async def append(journal: SqliteJournal, body: bytes = b"{}") -> JournaledBody:
    return await journal.append(CLOUD, body, received_at=NOW)


async def numbers_in(journal: SqliteJournal, *, of: str | None = None) -> list[int]:
    unfiled = await journal.unfiled(before=LATER + timedelta(days=9999), limit=EVERYTHING)
    return [body.key.number for body in unfiled if body.key.journal == (of or journal.name)]


async def append_until_killed(folder: Path, log: Path) -> dict[BodyKey, int]:
    """Return what a process said it made durable before ``kill -9``: sizes by key."""
    process = Process.python("-c", _APPENDER, str(folder), log=log).start()
    try:
        await eventually(lambda: process.output().count("\n") > 300, within=30)
    finally:
        process.kill()
    # The last line may be cut.
    said = [line.split() for line in process.output().split("\n")[:-1]]
    return {BodyKey(name, int(number)): int(size) for name, number, size in said}


class TestSqliteJournal(JournalContract):
    @pytest.fixture
    async def journal(self, tmp_path: Path) -> AsyncIterator[Journal]:
        journal = SqliteJournal(tmp_path / "journal")
        yield journal
        await journal.close()


async def test_numbers_go_on_after_a_restart_although_all_was_forgotten(open_journal: Open) -> None:
    first = open_journal()
    kept = [await append(first) for _ in range(3)]
    await first.forget([body.key for body in kept])
    await first.close()

    second = open_journal()

    assert (await append(second)).key == BodyKey(first.name, 4)


async def test_two_processes_never_share_a_journal(open_journal: Open) -> None:
    first, second = open_journal(), open_journal()

    assert first.name != second.name
    assert (await append(first)).key == BodyKey(first.name, 1)
    assert (await append(second)).key == BodyKey(second.name, 1)


async def test_a_living_journal_is_not_taken_over(open_journal: Open) -> None:
    first, second = open_journal(), open_journal()
    await append(second)

    assert await numbers_in(first, of=second.name) == []


async def test_what_a_closed_journal_left_is_found_forgotten_and_let_go(
    open_journal: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "LOOK_EVERY", 0.0)
    living, dying = open_journal(), open_journal()
    left = await append(dying, b"left behind")
    await dying.close()

    [found] = await living.unfiled(before=LATER, limit=10)
    assert (found.key, found.received_at, found.size) == (left.key, NOW, 11)
    assert await living.read([found.key]) == [left]
    assert (await living.depth()).bodies == 1

    await living.forget([found.key])
    assert (await living.depth()).bodies == 0
    assert open_journal().name == dying.name


async def test_an_empty_journal_is_left_for_the_next_process(open_journal: Open) -> None:
    living, closed = open_journal(), open_journal()
    await closed.close()

    await living.unfiled(before=LATER, limit=10)

    assert open_journal().name == closed.name


async def test_a_killed_process_loses_no_body_it_answered_for(
    tmp_path: Path, open_journal: Open
) -> None:
    folder = tmp_path / "journal"
    said: dict[BodyKey, int] = {}
    for _ in range(3):
        said |= await append_until_killed(folder, tmp_path / "appender.log")

    journal = open_journal()
    unfiled = await journal.unfiled(before=datetime.now(UTC) + LATER.resolution, limit=EVERYTHING)
    kept = {body.key: body.size for body in unfiled}

    assert kept.keys() >= said.keys()
    assert {key: kept[key] for key in said} == said
    assert sorted(key.number for key in kept) == list(range(1, len(kept) + 1))
    assert (await append(journal)).key == BodyKey(journal.name, len(kept) + 1)


async def test_a_full_disk_refuses_what_came_then_and_nothing_else(
    tmp_path: Path, open_journal: Open
) -> None:
    script = Process.python("-c", _FULL_DISK, str(tmp_path / "journal"), log=tmp_path / "log")

    assert await script.start().wait() == 0

    assert json.loads(script.output().splitlines()[-1]) == [1, None, None, 2, 3]
    assert await numbers_in(open_journal()) == [1, 2, 3]


async def test_a_body_of_any_size_travels_among_others(open_journal: Open) -> None:
    journal = open_journal()
    sizes = [10, MOST_BYTES * 8, 0, MOST_BYTES, MOST_BYTES + 1, 3, MOST_BYTES - 1, 7]

    kept = await asyncio.gather(*(append(journal, b"x" * size) for size in sizes))

    assert [len(b.body) for b in await journal.read([b.key for b in kept])] == sizes
    depth = await journal.depth()
    assert (depth.bodies, depth.size, depth.oldest) == (len(sizes), sum(sizes), NOW)


async def test_whoever_gives_up_waiting_takes_nobody_along(open_journal: Open) -> None:
    journal = open_journal()
    impatient = asyncio.create_task(append(journal))
    patient = asyncio.create_task(append(journal))
    await asyncio.sleep(0)
    impatient.cancel()

    assert (await patient).key.number == 2
    assert impatient.cancelled()


async def test_a_closed_journal_refuses(open_journal: Open) -> None:
    journal = open_journal()
    written = asyncio.create_task(append(journal))
    await asyncio.sleep(0)
    await journal.close()
    await journal.close()

    assert (await written).key.number == 1
    with pytest.raises(JournalUnavailable):
        await append(journal)
    with pytest.raises(JournalUnavailable):
        await journal.depth()


async def test_a_damaged_file_of_the_past_stops_nobody(tmp_path: Path, open_journal: Open) -> None:
    folder = tmp_path / "journal"
    folder.mkdir()
    (folder / "damaged.sqlite").write_bytes(b"this was never a database" * 1000)

    journal = open_journal()

    assert (await append(journal)).key == BodyKey(journal.name, 1)
    assert await numbers_in(journal) == [1]
    assert journal.name != "damaged"


async def test_a_folder_that_cannot_be_made_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(JournalUnavailable):
        SqliteJournal(tmp_path / "file" / "journal")


async def test_others_on_the_machine_cannot_read_the_bodies(
    tmp_path: Path, open_journal: Open
) -> None:
    await append(open_journal())

    assert stat.S_IMODE((tmp_path / "journal").stat().st_mode) & 0o077 == 0


async def test_a_file_grown_in_an_outage_shrinks_again(tmp_path: Path, open_journal: Open) -> None:
    journal = open_journal()
    kept = [await append(journal, os.urandom(16 * 1024 * 1024)) for _ in range(8)]
    await journal.forget([body.key for body in kept])
    await journal.forget([BodyKey(journal.name, 1)])
    await journal.close()

    [path] = (tmp_path / "journal").glob("*.sqlite")
    with contextlib.closing(sqlite3.connect(path)) as rows:
        (pages,) = rows.execute("PRAGMA page_count").fetchone()
    assert pages * 4096 < 112 * 1024 * 1024


async def test_beyond_its_limit_a_journal_refuses_and_takes_again_what_has_room(
    tmp_path: Path,
) -> None:
    journal = SqliteJournal(tmp_path, most_bytes=3 * 2**20)
    try:
        kept = [await journal.append(CLOUD, b"x" * 2**20, received_at=NOW) for _ in range(3)]
        with pytest.raises(JournalUnavailable, match="more than 3 MB"):
            await journal.append(CLOUD, b"x", received_at=NOW)

        await journal.forget([kept[0].key])

        assert (await journal.append(CLOUD, b"x", received_at=NOW)).key.number == 4
    finally:
        await journal.close()


def test_a_folder_that_cannot_be_written_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    require_writable(tmp_path / "new" / "journal")
    with pytest.raises(JournalUnavailable, match="KHALIFA_DATA_DIR"):
        require_writable(tmp_path / "file" / "journal")
