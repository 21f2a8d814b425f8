"""Logs neither grow nor stay for ever, also while somebody else writes into them."""

import gzip
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from khalifa.entrypoints.cli.log_files import forget, set_aside

TODAY = datetime.now(UTC).date()
YESTERDAY = TODAY - timedelta(days=1)


def look(folder: Path, *, before: date = TODAY, longest: int = 1000) -> None:
    set_aside(folder, before=before, today=TODAY, longest=longest)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_long_log_begins_anew_and_its_writer_writes_on(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"old\n" * 100)
        look(tmp_path, longest=100)
        writer.write(b"new\n")
        look(tmp_path, longest=100)

    assert log.read_bytes() == b"new\n"
    packed = tmp_path / f"server.log.{TODAY.isoformat()}.gz"
    assert gzip.decompress(packed.read_bytes()) == b"old\n" * 100


def test_a_short_log_of_today_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "server.log").write_bytes(b"line\n")

    look(tmp_path)

    assert names(tmp_path) == {"server.log"}


def test_at_midnight_the_day_s_lines_are_set_aside_under_its_date(tmp_path: Path) -> None:
    (tmp_path / "server.log").write_bytes(b"line\n")
    (tmp_path / "intake.log").write_bytes(b"")

    look(tmp_path, before=YESTERDAY)

    packed = f"server.log.{YESTERDAY.isoformat()}.gz"
    assert names(tmp_path) == {"server.log", "intake.log", packed}


def test_what_a_run_of_another_day_left_is_that_day_s(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_bytes(b"line\n")
    week_ago = datetime.now(UTC) - timedelta(days=7)
    os.utime(log, (week_ago.timestamp(),) * 2)

    look(tmp_path)

    assert names(tmp_path) == {"server.log", f"server.log.{week_ago.date().isoformat()}.gz"}


def test_of_one_day_what_comes_later_is_added_until_it_is_too_much(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    packed = tmp_path / f"server.log.{TODAY.isoformat()}.gz"
    kept = []
    for lines in (b"a" * 600, b"b" * 600, os.urandom(600), b"c" * 600):
        log.write_bytes(lines)
        look(tmp_path, longest=500)
        kept.append(len(gzip.decompress(packed.read_bytes())))

    assert kept == [600, 1200, 1800, 600]


def test_what_is_older_than_is_kept_is_deleted(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    for name, age in (("server.log", 90), ("server.log.1", 15), ("new.log.x.gz", 13)):
        path = tmp_path / name
        path.write_bytes(b"line\n")
        written = (now - timedelta(days=age)).timestamp()
        os.utime(path, (written, written))

    forget(tmp_path, before=now - timedelta(days=14))

    assert names(tmp_path) == {"server.log", "new.log.x.gz"}
