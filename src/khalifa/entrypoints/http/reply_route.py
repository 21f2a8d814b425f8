"""By which provider a reply on a ticket would go, and what may be said through it."""

from typing import Annotated, TypeAlias

from litestar import get
from litestar.params import QueryParameter
from msgspec import Meta, Struct

from khalifa.application.read_route import ReadRoute
from khalifa.domain.agents import Agent
from khalifa.domain.errors import NoRoute, NotAllowed, NotFound
from khalifa.domain.messages import MessageKind
from khalifa.domain.tickets import TicketId
from khalifa.entrypoints.http import schemas
from khalifa.entrypoints.http.injection import Injected
from khalifa.entrypoints.http.responses import SIGNED_IN, refusals
from khalifa.entrypoints.http.tickets import TicketNumber

TAGS = ["Tickets"]

ForTicket: TypeAlias = Annotated[
    int | None,
    QueryParameter(
        ge=1, le=schemas.MAX_ID, description="The `id` of the ticket that it is meant for."
    ),
]


class FileLimit(Struct, frozen=True, kw_only=True):
    """What is taken as one kind of file."""

    kind: Annotated[MessageKind, Meta(examples=["image"])]
    most: Annotated[int, Meta(description="In bytes.", examples=[5_242_880])]
    types: Annotated[
        list[str], Meta(description="Empty: any.", examples=[["image/jpeg", "image/png"]])
    ]


class Route(Struct, frozen=True, kw_only=True):
    """Who would carry a reply, and what that one takes."""

    provider: schemas.ProviderKey
    capabilities: schemas.Capabilities
    files: list[FileLimit]


@get(
    "/api/tickets/{ticket_id:int}/route",
    tags=TAGS,
    summary="Say by which provider a reply would go",
    description="A person's choice for the customer, else the active provider, else the one the "
    "customer last wrote on: the first that can reach them. What it cannot do, offer to nobody.",
    responses=refusals(*SIGNED_IN, NotAllowed, NotFound, NoRoute),
)
async def route(
    ticket_id: TicketNumber, me: Injected[Agent], read_route: Injected[ReadRoute]
) -> Route:
    return schemas.shown(Route, await read_route(me, TicketId(ticket_id)))


HANDLERS = (route,)
