"""Templates: what may be sent when nothing else may."""

from datetime import datetime
from typing import Annotated

from litestar import get
from msgspec import Meta, Struct

from khalifa.application.list_templates import ListTemplates
from khalifa.application.ports.messaging import DeliveryError
from khalifa.application.read_route import ReadRoute
from khalifa.domain.agents import Agent
from khalifa.domain.errors import CannotSend, NoRoute, NotAllowed, NotFound
from khalifa.domain.tickets import TicketId
from khalifa.entrypoints.http.injection import Injected
from khalifa.entrypoints.http.reply_route import ForTicket
from khalifa.entrypoints.http.responses import SIGNED_IN, refusals
from khalifa.entrypoints.http.template_schemas import Template, template_of

TAGS = ["Templates"]


class TemplatePage(Struct, frozen=True, kw_only=True):
    """The approved templates, by name; always one page."""

    items: list[Template]
    seen_at: Annotated[datetime, Meta(description="When the provider was last asked.")]
    stale: Annotated[
        bool, Meta(description="The provider could not be asked since: the list may be old.")
    ]


@get(
    "/api/templates",
    tags=TAGS,
    summary="List the approved templates",
    description="Of the provider that would carry a reply on `ticket`, else of the active one; at "
    "most some minutes old while the provider answers.",
    responses=refusals(
        *SIGNED_IN, NotAllowed, NotFound, NoRoute, CannotSend, DeliveryError, checked=True
    ),
)
async def templates(
    me: Injected[Agent],
    read_route: Injected[ReadRoute],
    list_templates: Injected[ListTemplates],
    ticket: ForTicket = None,
) -> TemplatePage:
    ticket_id = TicketId(ticket) if ticket is not None else None
    listed = await list_templates.of(await read_route.provider(me, ticket_id))
    return TemplatePage(
        items=[template_of(template) for template in listed.templates],
        seen_at=listed.seen_at,
        stale=listed.stale,
    )
