"""Templates: what may be sent when nothing else may."""

from datetime import datetime
from typing import Annotated

from litestar import get
from msgspec import Meta, Struct

from khalifa.application.list_templates import ListTemplates
from khalifa.application.ports.messaging import DeliveryError
from khalifa.domain.errors import CannotSend
from khalifa.entrypoints.http.injection import Injected
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
    description="Of the active provider, at most some minutes old while the provider answers.",
    responses=refusals(*SIGNED_IN, CannotSend, DeliveryError),
)
async def templates(list_templates: Injected[ListTemplates]) -> TemplatePage:
    listed = await list_templates()
    return TemplatePage(
        items=[template_of(template) for template in listed.templates],
        seen_at=listed.seen_at,
        stale=listed.stale,
    )
