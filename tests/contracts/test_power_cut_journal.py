"""The journal keeps its promises on a disk that forgets, at a power cut, what was not synced."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from khalifa.application.ports.journal import Journal, JournaledBody
from khalifa.domain.contacts import ProviderName
from khalifa.infrastructure import journal as journal_module
from khalifa.infrastructure.journal import SqliteJournal
from khalifa.infrastructure.journal_file import JournalFile
from tests.contracts import power
from tests.contracts.journal import JournalContract

CLOUD = ProviderName("cloud_api")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


class _OnTheDisk(JournalFile):
    def _open(self, path: Path) -> sqlite3.Connection:
        return power.connect(path)  # type: ignore[return-value]


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[power.Disk]:
    monkeypatch.setattr(journal_module, "JournalFile", _OnTheDisk)
    with power.disk() as disk:
        yield disk


@pytest.fixture
async def journal(disk: power.Disk, tmp_path: Path) -> AsyncIterator[SqliteJournal]:
    made = SqliteJournal(tmp_path / "journal")
    yield made
    await made.close()


class TestJournalOnAForgetfulDisk(JournalContract):
    @pytest.fixture(autouse=True)
    def journal(self, journal: Journal) -> Journal:
        return journal


async def found_after_a_cut(
    disk: power.Disk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> list[JournaledBody]:
    """Return what a journal on an honest file system finds where the power went just now."""
    disk.after_a_cut(folder)
    monkeypatch.setattr(journal_module, "JournalFile", JournalFile)
    survivor = SqliteJournal(folder)
    try:
        unfiled = await survivor.unfiled(before=LATER, limit=100_000)
        return sorted(await survivor.read([body.key for body in unfiled]), key=lambda b: b.key)
    finally:
        await survivor.close()


async def test_what_was_appended_survives_a_power_cut(
    disk: power.Disk, journal: SqliteJournal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = await asyncio.gather(
        *(journal.append(CLOUD, b"%d" % n * 50, received_at=NOW) for n in range(300))
    )
    synced_before = disk.syncs
    last = await journal.append(CLOUD, b"the last", received_at=NOW)

    assert disk.syncs > synced_before
    found = await found_after_a_cut(disk, tmp_path / "after", monkeypatch)
    assert found == sorted([*kept, last], key=lambda body: body.key)


async def test_a_power_cut_between_two_commits_leaves_numbers_without_a_gap(
    disk: power.Disk, journal: SqliteJournal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    appending = [
        asyncio.create_task(journal.append(CLOUD, b"x" * 3000, received_at=NOW))
        for _ in range(2000)
    ]
    # As soon as some are answered, and while others are being written.
    await asyncio.wait(appending, return_when=asyncio.FIRST_COMPLETED)
    answered = {task.result().key.number for task in appending if task.done()}
    found = await found_after_a_cut(disk, tmp_path / "after", monkeypatch)
    await asyncio.gather(*appending)

    numbers = [body.key.number for body in found]
    assert numbers == list(range(1, len(numbers) + 1))
    assert answered <= set(numbers)


async def test_the_disk_does_forget_what_was_not_synced(
    disk: power.Disk, journal: SqliteJournal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await journal.append(CLOUD, b"synced", received_at=NOW)
    monkeypatch.setattr(power._File, "xSync", lambda file, flags: None)
    await journal.append(CLOUD, b"not synced", received_at=NOW)

    found = await found_after_a_cut(disk, tmp_path / "after", monkeypatch)
    assert [body.body for body in found] == [b"synced"]
