"""What several commands share: options, and how their help looks."""

from pathlib import Path
from typing import Annotated, TypeAlias

from cyclopts import App, Group, Parameter

Data: TypeAlias = Annotated[
    Path | None,
    Parameter(
        name="--data",
        help=(
            "Work on the folder of a [bold]khalifa up[/bold], instead of the database at "
            "DATABASE_URL. Not needed for ./.khalifa where there is no DATABASE_URL."
        ),
    ),
]

LeashFd: TypeAlias = Annotated[int | None, Parameter(name="--leash", show=False)]


def command(name: str, text: str | None = None, *, more: str = "") -> App:
    """
    Return an app for one word of the command line.

    Its first sentence is *text*, else its function's own; *more* ends its page.
    """
    return App(
        name=name,
        help=text,
        help_epilogue=more,
        help_format="rich",
        group_commands=Group.create_ordered("Commands"),
        group_parameters=Group.create_ordered("Options"),
    )


def flag(text: str, *, name: str | None = None) -> Parameter:
    """Return the description of an option that is there or not."""
    return Parameter(name=name, help=text, negative=(), show_default=False)
