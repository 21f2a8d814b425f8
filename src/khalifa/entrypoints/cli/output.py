"""What the command line prints: answers on standard output, everything else beside it."""

from contextlib import suppress
from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING

from khalifa.domain.errors import KhalifaError

if TYPE_CHECKING:
    from rich.console import Console


class Exit(IntEnum):
    """How a command ended, for whoever called it."""

    FINE = 0
    FAILED = 1
    MISUSED = 2
    INTERRUPTED = 130


class CommandFailed(KhalifaError):
    """A command cannot do its work. The text is a sentence or two that say what to do next."""


@cache
def answers() -> "Console":
    """Return where a command's answer goes: standard output."""
    from rich.console import Console  # noqa: PLC0415 - not before something is printed

    return Console(highlight=False)


@cache
def asides() -> "Console":
    """Return where everything but the answer goes: standard error."""
    from rich.console import Console  # noqa: PLC0415 - as above

    return Console(stderr=True, highlight=False)


def note(text: str) -> None:
    """Say in passing what may surprise somebody; if nobody can hear it any more, be it so."""
    with suppress(OSError):
        asides().print(text, style="dim", markup=False, soft_wrap=True)


def complain(text: str) -> None:
    """Say what went wrong."""
    asides().print("[bold red]khalifa:[/] ", end="")
    asides().print(text, markup=False, soft_wrap=True)
