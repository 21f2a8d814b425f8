"""Figures of what was done, and the live board."""

import csv
import io
from collections.abc import Mapping
from datetime import date
from typing import Annotated, TypeAlias

from litestar import Response, get
from litestar.params import QueryParameter

from khalifa.application.manage_branches import ManageBranches
from khalifa.application.read_figures import AgentDayView, ReadBoard, ReadFigures
from khalifa.domain.agents import Agent
from khalifa.domain.branches import BranchId
from khalifa.domain.errors import InvalidFigures, NotAllowed
from khalifa.entrypoints.http import figures_schemas, schemas
from khalifa.entrypoints.http.guards import admins_only
from khalifa.entrypoints.http.injection import Injected
from khalifa.entrypoints.http.responses import SIGNED_IN, refusals

TAGS = ["Figures"]

First: TypeAlias = Annotated[date, QueryParameter(description="The first day: `2026-03-01`.")]
Last: TypeAlias = Annotated[date, QueryParameter(description="The last day, counted too.")]
OfBranch: TypeAlias = Annotated[
    int | None,
    QueryParameter(ge=1, le=schemas.MAX_ID, description="Only this branch's agents: its `id`."),
]


@get(
    "/api/figures",
    tags=TAGS,
    summary="Read the figures of some days",
    description="Up to 92 days. Counted from what is on file now: a replay is in them at once. "
    "Administrators see everybody's, agents their own. A ticket counts for whoever holds it, a "
    "message for its writer.",
    responses=refusals(*SIGNED_IN, InvalidFigures, checked=True),
)
async def figures(
    me: Injected[Agent],
    read_figures: Injected[ReadFigures],
    first: First,
    last: Last,
    branch: OfBranch = None,
) -> figures_schemas.Report:
    report = await read_figures(me, first=first, last=last, branch=_branch(branch))
    return schemas.shown(figures_schemas.Report, report)


@get(
    "/api/figures.csv",
    tags=TAGS,
    summary="Read the figures of some days as a table",
    description="One line for each agent and day, as spreadsheets read it: UTF-8, with commas.",
    media_type="text/csv",
    responses=refusals(*SIGNED_IN, InvalidFigures, checked=True),
)
async def figures_table(
    *,
    me: Injected[Agent],
    read_figures: Injected[ReadFigures],
    manage_branches: Injected[ManageBranches],
    first: First,
    last: Last,
    branch: OfBranch = None,
) -> Response[str]:
    lines = await read_figures.lines(me, first=first, last=last, branch=_branch(branch))
    names = {one.id: one.name for one in await manage_branches.all()}
    name = f"khalifa-{first.isoformat()}-{last.isoformat()}.csv"
    return Response(
        # A spreadsheet takes UTF-8 for something else without the mark.
        "\ufeff" + _table(lines, names),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@get(
    "/api/board",
    guards=[admins_only],
    tags=TAGS,
    summary="Read the live board",
    description="For administrators: who waits, who is late, who is here, and what each holds. "
    "Events tell what changes afterwards.",
    responses=refusals(*SIGNED_IN, NotAllowed),
)
async def board(read_board: Injected[ReadBoard]) -> figures_schemas.Board:
    return schemas.shown(figures_schemas.Board, await read_board())


_COLUMNS = (
    "tickets",
    "closed",
    "delayed",
    "delays",
    "messages",
    "answered",
    "first_response",
    "first_response_p90",
    "rated",
    "satisfaction",
)


def _table(lines: list[AgentDayView], branches: Mapping[BranchId, str]) -> str:
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(("day", "agent", "branch", *_COLUMNS))
    for line in lines:
        branch = branches.get(BranchId(line.branch_id), "") if line.branch_id else ""
        counts = (getattr(line.figures, column) for column in _COLUMNS)
        table.writerow((line.day, _plain(line.agent or ""), _plain(branch), *counts))
    return text.getvalue()


def _plain(text: str) -> str:
    """Return *text* so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _branch(branch: int | None) -> BranchId | None:
    return None if branch is None else BranchId(branch)


HANDLERS = (figures, figures_table, board)
