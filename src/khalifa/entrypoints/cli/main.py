"""The command `khalifa`. Commands are imported when they are called, so that help comes at once."""

import sys
from collections.abc import Sequence

from cyclopts import App, Group

from khalifa import __version__
from khalifa.domain.errors import KhalifaError, SettingError
from khalifa.entrypoints.cli.output import Exit, complain

_HERE = "khalifa.entrypoints.cli"

_BEGIN = Group.create_ordered("Begin here")
_SERVERS = Group.create_ordered("Run it on servers")
_PEOPLE = Group.create_ordered("People and provider")
_CARE = Group.create_ordered("Look after it")
_HELP = Group.create_ordered("Help")

app = App(
    name="khalifa",
    help=(
        "One WhatsApp number, many agents, and a provider you can change in one variable.\n\n"
        "To try it, with no server to install and no WhatsApp account: [bold]khalifa up[/bold]"
    ),
    help_epilogue=(
        "[bold]Examples[/bold]\n"
        "  khalifa up                 everything on this machine, and a phone to try it with\n"
        "  khalifa agents add mona    somebody who answers customers\n"
        "  khalifa agents --help      what else can be done with agents\n"
        "  khalifa doctor             what is wrong, and what to do about it\n\n"
        "Settings come from the environment and from .env; .env.example explains each of them."
    ),
    help_format="rich",
    version=__version__,
    group_commands=_HELP,
)
app["--help"].group = _HELP
app["--help"].help = "Show this page. Each command has one, too."
app["--version"].group = _HELP
app["--version"].help = "Say which khalifa this is."

app.command(
    f"{_HERE}.up:app",
    name="up",
    group=_BEGIN,
    help="Start everything on this machine: database, queue, server and workers.",
)
app.command(
    f"{_HERE}.serve:app",
    name="serve",
    group=_SERVERS,
    help="Take in webhooks, and serve the desk and the API.",
)
app.command(
    f"{_HERE}.worker:app",
    name="worker",
    group=_SERVERS,
    help="File what came in, and deliver what goes out.",
)
app.command(
    f"{_HERE}.db:app",
    name="db",
    group=_SERVERS,
    help="Bring the database's schema up or down, or say where it stands.",
)
app.command(
    f"{_HERE}.agents:app",
    name="agents",
    group=_PEOPLE,
    help="Add, list and disable agents; give them passwords and API tokens.",
)
app.command(
    f"{_HERE}.audit:app",
    name="audit",
    group=_CARE,
    help="Show who did what: every administrative act.",
)
app.command(
    f"{_HERE}.customers:app",
    name="customers",
    group=_PEOPLE,
    help="Find and show customers, merge two that are one; give out or forget one.",
)
app.command(
    f"{_HERE}.provider:app",
    name="provider",
    group=_PEOPLE,
    help="See whether the provider is connected; pair a number by QR code.",
)
app.command(
    f"{_HERE}.ledger:app",
    name="ledger",
    group=_CARE,
    help="Whether every webhook is accounted for; file some again.",
)
app.command(
    f"{_HERE}.doctor:app",
    name="doctor",
    group=_CARE,
    help="Check every setting, the database, Redis, the journal and the providers.",
)
app.command(
    f"{_HERE}.backup:app",
    name="backup",
    group=_CARE,
    help="Back up database, files and settings, with a checksum of each.",
)
app.command(
    f"{_HERE}.backup:restore_app",
    name="restore",
    group=_CARE,
    help="Put a backup back.",
)
app.command(
    f"{_HERE}.dev:app",
    name="dev",
    group=_CARE,
    help="For who works on khalifa: fill an empty database with made-up conversations.",
)
app.command(f"{_HERE}.prepare:prepare", name="prepare", show=False)


def run(tokens: Sequence[str]) -> int:
    """Run the command that *tokens* are, and return how it ended. Errors are sentences."""
    try:
        result = app(tokens, result_action="return_value")
    except SettingError as error:
        complain(str(error))
        return Exit.MISUSED
    except KhalifaError as error:
        complain(str(error))
        return Exit.FAILED
    except OSError as error:
        named = f": {error.filename}" if error.filename else ""
        complain(f"{error.strerror or type(error).__name__}{named}")
        return Exit.FAILED
    return result if isinstance(result, int) else Exit.FINE


def main() -> None:
    """Be the command `khalifa`."""
    sys.exit(run(sys.argv[1:]))
