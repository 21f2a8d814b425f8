"""The command line as a whole: help, and how commands end."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from khalifa.entrypoints.cli.main import run
from khalifa.entrypoints.cli.output import Exit

SETTINGS = ("WHATSAPP_DRIVER", "DATABASE_URL", "REDIS_URL", "KHALIFA_DATA_DIR", "KHALIFA_PORT")


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)


def _ended(tokens: Sequence[str]) -> int:
    """Return how the command ended; a command line that makes no sense exits by itself."""
    try:
        return run(tokens)
    except SystemExit as left:
        return int(left.code or 0)


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert _ended(["--help"]) == Exit.FINE
    said = capsys.readouterr().out
    for command in ("up", "serve", "worker", "db", "agents", "provider", "doctor", "backup"):
        assert f"│ {command} " in said
    assert "prepare" not in said


@pytest.mark.parametrize(
    "command",
    ["up", "serve", "worker", "db", "agents", "provider", "doctor", "agents add", "restore"],
)
def test_each_command_has_a_page_of_its_own(
    capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert _ended([*command.split(), "--help"]) == Exit.FINE
    said = capsys.readouterr().out
    assert said.startswith(f"Usage: khalifa {command}")
    assert "--leash" not in said


@pytest.mark.parametrize(
    "tokens", [["fly"], ["agents", "add"], ["agents", "list", "--loud"], ["up", "--port", "0"]]
)
def test_a_command_line_that_makes_no_sense_ends_with_2(
    capsys: pytest.CaptureFixture[str], tokens: Sequence[str]
) -> None:
    assert _ended(tokens) == Exit.MISUSED
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("command", [["serve"], ["worker"], ["worker", "intake"]])
@pytest.mark.parametrize("missing", ["WHATSAPP_DRIVER", "DATABASE_URL", "REDIS_URL"])
def test_a_process_refuses_to_start_without_what_it_needs(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    command: Sequence[str],
    missing: str,
) -> None:
    monkeypatch.setenv("WHATSAPP_DRIVER", "sandbox")
    monkeypatch.setenv("DATABASE_URL", "sqlite:///khalifa.db")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    monkeypatch.delenv(missing)

    assert _ended(command) == Exit.MISUSED

    said = capsys.readouterr().err
    assert said.startswith(f"khalifa: {missing} is not set.")
    assert said.count("\n") == 1


def test_a_command_that_finds_no_database_says_what_to_set(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _ended(["agents", "list"]) == Exit.MISUSED
    assert "DATABASE_URL is not set" in capsys.readouterr().err
