"""`khalifa customers export|erase`: give out what is on file of one customer, and forget it."""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.progress import Progress, TextColumn

from khalifa.application.export_customer import ExportedTicket
from khalifa.application.ports.media import NotInStore
from khalifa.container import Container
from khalifa.domain.customers import CustomerId
from khalifa.entrypoints.cli.customer_meant import Who, customer_meant, settings_of
from khalifa.entrypoints.cli.opening import opened
from khalifa.entrypoints.cli.options import Data
from khalifa.entrypoints.cli.output import CommandFailed, Exit, answers, asides, note
from khalifa.entrypoints.cli.switching import Yes, ask


async def export(
    who: Who,
    folder: Annotated[Path, Parameter(help="A new folder for it.")],
    /,
    *,
    data: Data = None,
) -> None:
    """Write all that is on file of a customer into a folder: customer.json, and files."""
    settings = settings_of(data)
    async with opened(settings) as container:
        customer_id = await customer_meant(container, settings, who)
        # Before it is on record that something was given out.
        _require_new(folder)
        customer, tickets = await container.export_customer()(None, customer_id)
        media = _made(folder)
        said: list[dict[str, Any]] = []
        files = 0
        async for ticket in tickets:
            said.append(asdict(ticket))
            files += await _copy_files(container, ticket, media)
    whole = {"customer": asdict(customer), "tickets": said}
    text = json.dumps(whole, default=_plain, ensure_ascii=False, indent=2)
    (folder / "customer.json").write_text(text + "\n", encoding="utf-8")
    messages = sum(len(ticket["messages"]) for ticket in said)
    note(f"{len(said):,} tickets, {messages:,} messages, {files:,} files.")
    answers().print(str(folder), soft_wrap=True)


async def erase(who: Who, /, *, yes: Yes = False, data: Data = None) -> int:
    """
    Forget a customer: names, messages, files, notes, webhook bodies. It cannot be undone.

    That something was said, when and by which agent stays for the figures, and
    the ledger still balances. What is erased never comes back by a webhook that
    comes again.
    """
    settings = settings_of(data)
    async with opened(settings) as container:
        customer_id = await customer_meant(container, settings, who)
        customer = await container.read_customers().get(None, customer_id)
        customer_id = CustomerId(customer.id)
        ask(f"Forget customer {customer.id} ({customer.name or 'no name'}) for ever?", yes=yes)
        columns = (TextColumn("Messages forgotten: {task.completed:,}"),)
        with Progress(*columns, console=asides(), transient=True) as progress:
            task = progress.add_task("", total=None)
            done = await container.erase_customer()(
                None, customer_id, progress=lambda count: progress.update(task, completed=count)
            )
    answers().print(
        f"Customer {done.customer_id} is forgotten: {done.messages:,} messages, {done.files:,} "
        f"files, {done.bodies:,} webhook bodies. Looked for once more: {done.left:,} left."
    )
    note("Backups made before still hold it: see docs/privacy.md.")
    return Exit.FAILED if done.left else Exit.FINE


def _require_new(folder: Path) -> None:
    if folder.exists():
        raise CommandFailed(f"{folder} is there already. Name a new folder.")


def _made(folder: Path) -> Path:
    """Make *folder*, and return the one for files within it."""
    media = folder / "media"
    folder.mkdir(mode=0o700, parents=True)
    media.mkdir()
    return media


async def _copy_files(container: Container, ticket: ExportedTicket, folder: Path) -> int:
    store, copied = container.media_store(), 0
    for message in ticket.messages:
        media = message.media
        if media is None or media.id is None:
            continue
        try:
            async with store.open(media.id) as chunks:
                with (folder / media.id).open("wb") as file:
                    async for chunk in chunks:
                        file.write(chunk)
        except NotInStore:
            continue
        copied += 1
    return copied


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else str(value)
