"""Prompts to type commands at."""

import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from khalifa.entrypoints.cli.output import answers
from tests.e2e.shell import Shell


@pytest.fixture
def shell(
    tmp_path: Path,
    sqlite_url: str,
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Shell]:
    env = {
        "WHATSAPP_DRIVER": "sandbox",
        "SANDBOX_SECRET": "secret-of-the-tests",
        "DATABASE_URL": sqlite_url,
        "REDIS_URL": redis_url,
        "KHALIFA_DATA_DIR": str(tmp_path / "data"),
    }
    hooks = sys.excepthook, threading.excepthook
    handlers = logging.root.handlers[:]
    answers.cache_clear()
    yield Shell(tmp_path, env, monkeypatch, capsys)
    # Each command sets up logging, for the process it usually has to itself.
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    sys.excepthook, threading.excepthook = hooks
    answers.cache_clear()


@pytest.fixture
def ready(shell: Shell) -> Shell:
    """A shell whose database has the schema."""
    shell.fine("db", "upgrade")
    return shell
