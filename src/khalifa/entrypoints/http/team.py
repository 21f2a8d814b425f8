"""The team, as administrators run it: agents, branches, and the record of who did what."""

from http import HTTPStatus
from typing import Annotated, TypeAlias

from litestar import get, patch, post
from litestar.params import Body, PathParameter

from khalifa.application.manage_agents import (
    AddAgent,
    AgentEdit,
    ChangeAgent,
    IssueToken,
    ListAgents,
    ResetPassword,
)
from khalifa.application.manage_branches import ManageBranches
from khalifa.application.ports.notifications import EventStream
from khalifa.application.ports.readers import InvalidCursor
from khalifa.application.read_audit import ReadAudit
from khalifa.domain.agents import Agent, AgentId
from khalifa.domain.branches import BranchId
from khalifa.domain.errors import InvalidAgent, InvalidBranch, NameTaken, NotAllowed, NotFound
from khalifa.entrypoints.http import schemas, team_schemas
from khalifa.entrypoints.http.guards import admins_only
from khalifa.entrypoints.http.injection import Injected
from khalifa.entrypoints.http.live_cursor import live_cursor
from khalifa.entrypoints.http.responses import SIGNED_IN, SIGNED_IN_TO_CHANGE, refusals
from khalifa.entrypoints.http.tickets import DEFAULT_LIMIT, Cursor, Limit
from khalifa.entrypoints.http.unset import given, given_branch

TAGS = ["Agents"]
BRANCHES = ["Branches"]

AgentNumber: TypeAlias = Annotated[
    int, PathParameter(ge=1, le=schemas.MAX_ID, description="The agent's `id`.")
]
BranchNumber: TypeAlias = Annotated[
    int, PathParameter(ge=1, le=schemas.MAX_ID, description="The branch's `id`.")
]


@get(
    "/api/colleagues",
    tags=TAGS,
    summary="List one's colleagues",
    description="Whom a ticket can be handed to, by name, whether they are here, and how much "
    "each has to do. Disabled ones are left out.",
    responses=refusals(*SIGNED_IN),
)
async def colleagues(
    list_agents: Injected[ListAgents], event_stream: Injected[EventStream]
) -> team_schemas.ColleagueList:
    cursor = await live_cursor(event_stream)
    views = await list_agents.colleagues()
    items = [schemas.shown(team_schemas.Colleague, view) for view in views]
    return team_schemas.ColleagueList(items=items, live_cursor=cursor)


@post(
    "/api/agents",
    guards=[admins_only],
    status_code=HTTPStatus.CREATED,
    tags=TAGS,
    summary="Add an agent",
    description="For administrators. Without a password only programs sign in as this agent.",
    responses=refusals(
        *SIGNED_IN_TO_CHANGE, NotAllowed, NotFound, InvalidAgent, NameTaken, checked=True
    ),
)
async def add(
    data: Annotated[team_schemas.NewAgent, Body()],
    me: Injected[Agent],
    add_agent: Injected[AddAgent],
) -> schemas.Agent:
    view = await add_agent(
        name=data.name,
        role=data.role,
        capacity=data.capacity,
        branch_id=BranchId(data.branch_id) if data.branch_id else None,
        password=data.password,
        by=me,
    )
    return schemas.shown(schemas.Agent, view)


@patch(
    "/api/agents/{agent_id:int}",
    guards=[admins_only],
    tags=TAGS,
    summary="Change an agent",
    description="For administrators. A disabled agent is signed out everywhere. One administrator "
    "is always left.",
    responses=refusals(
        *SIGNED_IN_TO_CHANGE, NotAllowed, NotFound, InvalidAgent, NameTaken, checked=True
    ),
)
async def change(
    agent_id: AgentNumber,
    data: Annotated[team_schemas.AgentChange, Body()],
    me: Injected[Agent],
    change_agent: Injected[ChangeAgent],
) -> schemas.Agent:
    edit = AgentEdit(
        name=given(data.name),
        role=given(data.role),
        capacity=given(data.capacity),
        branch_id=given_branch(data.branch_id),
        disabled=given(data.disabled),
    )
    return schemas.shown(schemas.Agent, await change_agent(AgentId(agent_id), edit, by=me))


@post(
    "/api/agents/{agent_id:int}/password",
    guards=[admins_only],
    status_code=HTTPStatus.NO_CONTENT,
    tags=TAGS,
    summary="Give an agent another password",
    description="For administrators. Who is signed in as the agent is signed out, tokens too.",
    responses=refusals(*SIGNED_IN_TO_CHANGE, NotAllowed, NotFound, InvalidAgent, checked=True),
)
async def password(
    agent_id: AgentNumber,
    data: Annotated[team_schemas.NewPassword, Body()],
    me: Injected[Agent],
    reset_password: Injected[ResetPassword],
) -> None:
    await reset_password(AgentId(agent_id), data.password, by=me)


@post(
    "/api/agents/{agent_id:int}/tokens",
    guards=[admins_only],
    status_code=HTTPStatus.CREATED,
    tags=TAGS,
    summary="Make a token for a program",
    description="For administrators. Whoever has it acts as this agent. It is told only once.",
    responses=refusals(*SIGNED_IN_TO_CHANGE, NotAllowed, NotFound),
)
async def token(
    agent_id: AgentNumber, me: Injected[Agent], issue_token: Injected[IssueToken]
) -> team_schemas.IssuedToken:
    return team_schemas.IssuedToken(token=await issue_token(AgentId(agent_id), by=me))


@get("/api/branches", tags=BRANCHES, summary="List the branches", responses=refusals(*SIGNED_IN))
async def branches(manage_branches: Injected[ManageBranches]) -> team_schemas.BranchList:
    items = [schemas.shown(team_schemas.Branch, one) for one in await manage_branches.all()]
    return team_schemas.BranchList(items=items)


@post(
    "/api/branches",
    guards=[admins_only],
    status_code=HTTPStatus.CREATED,
    tags=BRANCHES,
    summary="Add a branch",
    description="For administrators.",
    responses=refusals(*SIGNED_IN_TO_CHANGE, NotAllowed, InvalidBranch, NameTaken, checked=True),
)
async def add_branch(
    data: Annotated[team_schemas.NewBranch, Body()],
    me: Injected[Agent],
    manage_branches: Injected[ManageBranches],
) -> team_schemas.Branch:
    return schemas.shown(team_schemas.Branch, await manage_branches.add(me, data.name))


@patch(
    "/api/branches/{branch_id:int}",
    guards=[admins_only],
    tags=BRANCHES,
    summary="Rename a branch",
    description="For administrators.",
    responses=refusals(
        *SIGNED_IN_TO_CHANGE, NotAllowed, NotFound, InvalidBranch, NameTaken, checked=True
    ),
)
async def rename_branch(
    branch_id: BranchNumber,
    data: Annotated[team_schemas.NewBranch, Body()],
    me: Injected[Agent],
    manage_branches: Injected[ManageBranches],
) -> team_schemas.Branch:
    renamed = await manage_branches.rename(me, BranchId(branch_id), data.name)
    return schemas.shown(team_schemas.Branch, renamed)


@get(
    "/api/audit",
    guards=[admins_only],
    tags=["Audit"],
    summary="List administrative acts",
    description="For administrators. The newest first. Each was written in the same transaction "
    "as what it tells of, and nothing is ever taken away.",
    responses=refusals(*SIGNED_IN, NotAllowed, InvalidCursor, checked=True),
)
async def audit(
    read_audit: Injected[ReadAudit], cursor: Cursor = "", limit: Limit = DEFAULT_LIMIT
) -> team_schemas.AuditPage:
    page = await read_audit(cursor=cursor, limit=limit)
    items = [schemas.shown(team_schemas.AuditEntry, view) for view in page.items]
    return team_schemas.AuditPage(items=items, next_cursor=page.next_cursor)


HANDLERS = (
    colleagues,
    add,
    change,
    password,
    token,
    branches,
    add_branch,
    rename_branch,
    audit,
)
