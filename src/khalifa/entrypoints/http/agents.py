"""The agents: who is here."""

from http import HTTPStatus
from typing import Annotated

from litestar import get, post
from litestar.params import Body

from khalifa.application.agent_presence import SetPresence
from khalifa.application.manage_agents import ListAgents
from khalifa.application.ports.notifications import EventStream
from khalifa.domain.agents import Agent
from khalifa.domain.errors import NotAllowed
from khalifa.entrypoints.http import schemas
from khalifa.entrypoints.http.guards import admins_only
from khalifa.entrypoints.http.injection import Injected
from khalifa.entrypoints.http.live_cursor import live_cursor
from khalifa.entrypoints.http.responses import SIGNED_IN, SIGNED_IN_TO_CHANGE, refusals

TAGS = ["Agents"]


@get(
    "/api/agents",
    guards=[admins_only],
    tags=TAGS,
    summary="List the agents",
    description="For administrators. By name, disabled ones too.",
    responses=refusals(*SIGNED_IN, NotAllowed),
)
async def agents(
    list_agents: Injected[ListAgents], event_stream: Injected[EventStream]
) -> schemas.AgentList:
    cursor = await live_cursor(event_stream)
    items = [
        schemas.shown(
            schemas.TeamMember,
            one.agent,
            last_signed_in_at=one.last_signed_in_at,
            two_step=one.two_step,
        )
        for one in await list_agents.team()
    ]
    return schemas.AgentList(items=items, next_cursor=None, live_cursor=cursor)


@post(
    "/api/agents/me/presence",
    status_code=HTTPStatus.OK,
    tags=TAGS,
    summary="Come online, go on a break, go offline",
    description="Who comes online is given waiting tickets. On a break one keeps the old tickets "
    "and gets no new ones. An open live connection makes an offline agent online, too.",
    responses=refusals(*SIGNED_IN_TO_CHANGE, checked=True),
)
async def presence(
    data: Annotated[schemas.NewPresence, Body()],
    me: Injected[Agent],
    set_presence: Injected[SetPresence],
) -> schemas.Agent:
    return schemas.shown(schemas.Agent, await set_presence(me, data.presence))
