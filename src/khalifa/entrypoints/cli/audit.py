"""`khalifa audit`: every administrative act, by whom and when."""

import json
from typing import Annotated

from cyclopts import Parameter
from rich.table import Table

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
    answers().print(_table(page.items))


def _table(entries: list[AuditEntryView]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("when (UTC)", "by", "act", "what", "details"):
        table.add_column(heading)
    for entry in entries:
        table.add_row(
            f"{entry.at:%Y-%m-%d %H:%M:%S}",
            entry.by.name if entry.by else "operator",
            entry.act,
            entry.subject,
            json.dumps(dict(entry.details), ensure_ascii=False) if entry.details else "",
        )
    return table
