"""Counting what waits in all journals, while their processes go on writing."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from khalifa.application.ports.journal import JournalCount, JournalDepth, JournalUnavailable
from khalifa.domain.contacts import ProviderName
from khalifa.infrastructure.journal import SqliteJournal
from khalifa.infrastructure.journal_survey import JournalFolder, survey

PROVIDER = ProviderName("sandbox")
AT = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


def _journals(folder: Path) -> list[str]:
    return [path.stem for path in folder.glob("*.sqlite")]


def test_no_folder_is_nothing_waiting(tmp_path: Path) -> None:
    assert survey(tmp_path / "none") == JournalDepth(bodies=0, size=0, oldest=None)


async def test_bodies_of_all_journals_are_counted_while_they_are_open(tmp_path: Path) -> None:
    first, second = SqliteJournal(tmp_path), SqliteJournal(tmp_path)
    try:
        await first.append(PROVIDER, b"four", received_at=AT)
        await second.append(PROVIDER, b"seven..", received_at=AT - timedelta(hours=1))
        forgotten = await second.append(PROVIDER, b"gone", received_at=AT - timedelta(hours=2))
        await second.forget([forgotten.key])

        found = survey(tmp_path)
    finally:
        await first.close()
        await second.close()

    assert found == JournalDepth(bodies=2, size=11, oldest=AT - timedelta(hours=1))


async def test_the_survey_makes_no_journal_and_takes_none(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path)
    await journal.close()

    survey(tmp_path)

    assert _journals(tmp_path) == [journal.name]


async def test_a_journal_whose_process_died_before_it_was_begun_holds_nothing(
    tmp_path: Path,
) -> None:
    (tmp_path / "empty.sqlite").touch()
    with closing(sqlite3.connect(tmp_path / "settled.sqlite")) as rows:
        rows.execute("PRAGMA journal_mode = WAL")

    assert survey(tmp_path) == JournalDepth(bodies=0, size=0, oldest=None)
    assert await JournalFolder(tmp_path).read() == [
        JournalCount(journal=name, last=0, waiting=frozenset()) for name in ("empty", "settled")
    ]
    journal = SqliteJournal(tmp_path)
    try:
        await journal.append(PROVIDER, b"four", received_at=AT)
        assert journal.name in {"empty", "settled"}
        assert survey(tmp_path).bodies == 1
    finally:
        await journal.close()


def test_a_damaged_journal_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "broken.sqlite").write_bytes(b"not a database, and longer than a header" * 10)
    with pytest.raises(JournalUnavailable, match=r"broken\.sqlite"):
        survey(tmp_path)
