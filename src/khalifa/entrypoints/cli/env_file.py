"""Changing one variable of `.env`, and nothing else in it."""

import os
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

from khalifa.entrypoints.cli.output import CommandFailed


def require_writable(path: Path) -> None:
    """
    Make sure that `.env` could be written, before anything is done that it should agree with.

    Raises:
        CommandFailed: it could not.
    """
    if not path.is_file():
        raise CommandFailed(f"{path} is no file: WHATSAPP_DRIVER is set elsewhere. Use --keep-env.")
    if not (os.access(path, os.R_OK | os.W_OK) and os.access(path.parent, os.W_OK)):
        raise CommandFailed(
            f"{path} cannot be written by you. Run this as its owner, or use --keep-env and "
            "change it by hand."
        )


def set_variable(path: Path, name: str, value: str) -> Path:
    """
    Write ``name=value`` into the file; every other line, comment and the mode stay.

    The file as it was is kept beside it; its path is returned. The new one
    appears whole or not at all.

    Raises:
        CommandFailed: it cannot be written.
    """
    try:
        before = path.read_bytes().decode()
        kept = path.with_name(f"{path.name}.{datetime.now(UTC):%Y%m%dT%H%M%S}")
        shutil.copy2(path, kept)
        new = path.with_name(f"{path.name}.new")
        new.touch(mode=0o600)
        shutil.copymode(path, new)
        with new.open("w", encoding="utf-8", newline="") as file:
            file.write(_with(before, name, value))
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        raise CommandFailed(f"{path} cannot be written: {error.strerror}.") from error
    return kept


def _with(text: str, name: str, value: str) -> str:
    # The last assignment is the one that counts.
    assignment = re.compile(rf"^([ \t]*(?:export[ \t]+)?{name}[ \t]*=)[^\r\n]*", re.MULTILINE)
    found = list(assignment.finditer(text))
    if not found:
        return f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{name}={value}\n"
    last = found[-1]
    return f"{text[: last.start()]}{last[1]}{value}{text[last.end() :]}"
