"""Logs do not grow for ever, also while somebody else writes into them."""

from pathlib import Path

from khalifa.entrypoints.cli.log_files import shorten


def test_a_long_log_begins_anew_and_its_writer_writes_on(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"old\n" * 100)

        shorten(tmp_path, longest=100)
        writer.write(b"new\n")

    assert log.read_bytes() == b"new\n"
    assert (tmp_path / "server.log.1").read_bytes() == b"old\n" * 100


def test_a_short_log_is_left_alone(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_bytes(b"line\n")

    shorten(tmp_path, longest=100)

    assert [path.name for path in tmp_path.iterdir()] == ["server.log"]
