"""`khalifa dev`: for who works on khalifa, or tries how it does at size."""

import asyncio
import time
from typing import Annotated

from cyclopts import Parameter
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from khalifa.entrypoints.cli.embedded import environment_for
from khalifa.entrypoints.cli.opening import opened
from khalifa.entrypoints.cli.options import Data, command
from khalifa.entrypoints.cli.output import asides, note
from khalifa.settings import Settings

app = command("dev", "For who works on khalifa, or tries how it does at size.")

# Only the database is needed; these stand in for what is not set.
_UNUSED = {"WHATSAPP_DRIVER": "sandbox", "REDIS_URL": "redis://127.0.0.1:6379/0"}


@app.command
async def seed(
    *,
    customers: Annotated[int, Parameter(help="How many customers.")] = 1_000,
    tickets: Annotated[
        int | None, Parameter(help="How many of them have an active ticket; a fifth if not said.")
    ] = None,
    messages: Annotated[
        int | None, Parameter(help="How many messages in all; ten a customer if not said.")
    ] = None,
    agents: Annotated[int, Parameter(help="How many agents hold the tickets.")] = 50,
    days: Annotated[int, Parameter(help="How long ago the first message was.")] = 365,
    data: Data = None,
) -> None:
    """
    Fill an empty database with made-up customers and conversations.

    A million messages take a minute or two. Refused where there is a customer
    already: what is made up never comes among what is real.
    """
    env, _ = environment_for(data)
    settings = Settings.from_env(_UNUSED | {name: told for name, told in env.items() if told})
    began = time.monotonic()
    shown = (TextColumn("Rows"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    async with opened(settings) as container:
        with Progress(*shown, console=asides(), transient=True) as progress:
            task = progress.add_task("", total=None)
            await asyncio.to_thread(
                container.seed,
                customers=customers,
                tickets=customers // 5 if tickets is None else tickets,
                messages=customers * 10 if messages is None else messages,
                agents=agents,
                days=days,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )
    note(f"Seeded in {time.monotonic() - began:.0f} s. The agents have no password yet.")
