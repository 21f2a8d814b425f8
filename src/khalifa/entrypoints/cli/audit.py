"""`khalifa audit`: every administrative act, by whom and when."""

import json
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from khalifa.application.read_audit import AuditEntryView
from khalifa.entrypoints.cli.agents import settings_for
from khalifa.entrypoints.cli.opening import opened
from khalifa.entrypoints.cli.options import Data, command
from khalifa.entrypoints.cli.output import answers, note

app = command("audit")


@app.default
async def audit(
    *,
    limit: Annotated[int, Parameter(help="How many of the newest to show.")] = 50,
    data: Data = None,
) -> None:
    """Show the newest administrative acts. `GET /api/audit` has them all."""
    settings, _ = settings_for(data)
    async with opened(settings) as container:
        page = await container.read_audit()(cursor="", limit=limit)
    if not page.items:
        note("Nothing was done yet.")
        return
    _print(page.items)


def _print(entries: list[AuditEntryView]) -> None:
    """Print a line for each, whole however narrow the window: of a record nothing is left out."""
    rows = [("when (UTC)", "by", "act", "what", "details"), *map(_row, entries)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        answers().print(Text("  ".join(cells).rstrip()), soft_wrap=True)


def _row(entry: AuditEntryView) -> tuple[str, ...]:
    return (
        f"{entry.at:%Y-%m-%d %H:%M:%S}",
        entry.by.name if entry.by else "operator",
        entry.act,
        entry.subject,
        json.dumps(dict(entry.details), ensure_ascii=False) if entry.details else "",
    )
