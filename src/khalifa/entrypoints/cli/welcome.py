"""What `khalifa up` says when everything runs."""

import socket
from pathlib import Path
from urllib.parse import urlsplit

from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from khalifa.entrypoints.cli.embedded import DataFolder
from khalifa.entrypoints.cli.output import answers

ADMIN = "admin"


def welcome(
    folder: DataFolder, *, url: str, on_every_address: bool, provider: str, is_first_start: bool
) -> None:
    """Say where khalifa is, how to sign in, what to try, and how to stop it."""
    is_sandbox = provider == "sandbox"
    facts = Table.grid(padding=(0, 3))
    facts.add_row("Desk", Text(f"{url}/", style="bold cyan"))
    if on_every_address:
        facts.add_row("", Text(f"http://{socket.gethostname()}:{urlsplit(url).port}/", "cyan"))
    facts.add_row("Name", Text(ADMIN, style="bold"))
    facts.add_row("Password", _password(folder, is_first_start=is_first_start))
    if is_sandbox:
        facts.add_row("Customer's phone", Text(f"{url}/sandbox", style="bold cyan"))
    else:
        facts.add_row("Provider", provider)

    page = Table.grid()
    page.add_row(facts)
    if is_sandbox:
        page.add_row(Padding(_what_to_try(), (1, 0, 0, 0)))
    page.add_row(
        Padding(
            Text(f"Logs are in {_short(folder.logs)}. Ctrl-C stops khalifa.", "dim"), (1, 0, 0, 0)
        )
    )
    answers().print(Panel(page, title="khalifa is running", padding=(1, 2), expand=False))


def _password(folder: DataFolder, *, is_first_start: bool) -> Text:
    try:
        password = folder.admin_password.read_text().strip()
    except FileNotFoundError:
        return Text("the one that you chose")
    if not is_first_start:
        return Text(f"in {_short(folder.admin_password)}")
    return Text.assemble((password, "bold"), f"  (also in {_short(folder.admin_password)})")


def _short(path: Path) -> str:
    """Return *path* as one would type it here."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _what_to_try() -> Table:
    steps = Table.grid(padding=(0, 1))
    for number, step in enumerate(
        (
            "Open the desk and sign in. You are online then, and get conversations.",
            "Open the customer's phone in a second window, and write a message.",
            "It appears at the desk. Answer it, and see the ticks change.",
        ),
        1,
    ):
        steps.add_row(f"{number}.", step)
    return steps
