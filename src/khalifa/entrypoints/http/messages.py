"""Messages by themselves: what a person says of one whose fate nobody knows."""

from http import HTTPStatus
from typing import Annotated, TypeAlias

from litestar import delete, post
from litestar.params import PathParameter

from khalifa.application.discard_message import DiscardMessage
from khalifa.application.resolve_unknown import ResolveUnknown
from khalifa.domain.agents import Agent
from khalifa.domain.errors import (
    CannotQuote,
    CannotSend,
    FateKnown,
    IdempotencyKeyReused,
    InvalidText,
    NoRoute,
    NotAllowed,
    NotFound,
    TicketAlreadyClosed,
    WasSent,
)
from khalifa.domain.messages import MessageId
from khalifa.domain.window import WindowClosed
from khalifa.entrypoints.http import schemas
from khalifa.entrypoints.http.injection import Injected
from khalifa.entrypoints.http.responses import SIGNED_IN_TO_CHANGE, refusals
from khalifa.entrypoints.http.tickets import IdempotencyKey

TAGS = ["Tickets"]

MessageNumber: TypeAlias = Annotated[
    int, PathParameter(ge=1, le=schemas.MAX_ID, description="The message's `id`.")
]


@post(
    "/api/messages/{message_id:int}/resend",
    status_code=HTTPStatus.ACCEPTED,
    tags=TAGS,
    summary="Send a message again that did not arrive",
    description="Only one of status `unknown`. It becomes a new message, whose `resend_of` names "
    "the first; the first is failed. Khalifa never does this by itself.",
    response_description="Stored, and queued to be sent.",
    responses=refusals(
        *SIGNED_IN_TO_CHANGE,
        NotAllowed,
        NotFound,
        FateKnown,
        TicketAlreadyClosed,
        IdempotencyKeyReused,
        NoRoute,
        WindowClosed,
        CannotQuote,
        CannotSend,
        InvalidText,
        checked=True,
    ),
)
async def resend(
    message_id: MessageNumber,
    me: Injected[Agent],
    resolve_unknown: Injected[ResolveUnknown],
    idempotency_key: IdempotencyKey = None,
) -> schemas.Message:
    view = await resolve_unknown.resend(me, MessageId(message_id), idempotency_key=idempotency_key)
    return schemas.shown(schemas.Message, view)


@post(
    "/api/messages/{message_id:int}/arrived",
    status_code=HTTPStatus.OK,
    tags=TAGS,
    summary="Say that a message arrived",
    description="Only of one whose status is `unknown`: it is `sent` from then on.",
    responses=refusals(*SIGNED_IN_TO_CHANGE, NotAllowed, NotFound, FateKnown),
)
async def arrived(
    message_id: MessageNumber, me: Injected[Agent], resolve_unknown: Injected[ResolveUnknown]
) -> schemas.Message:
    view = await resolve_unknown.arrived(me, MessageId(message_id))
    return schemas.shown(schemas.Message, view)


@delete(
    "/api/messages/{message_id:int}",
    status_code=HTTPStatus.OK,
    tags=TAGS,
    summary="Delete a message that was not sent",
    description="Only one of ours whose status is `failed`. It stays on file and has a "
    "`revoked_at` from then on; the desk shows it no more.",
    responses=refusals(*SIGNED_IN_TO_CHANGE, NotAllowed, NotFound, WasSent),
)
async def discard(
    message_id: MessageNumber, me: Injected[Agent], discard_message: Injected[DiscardMessage]
) -> schemas.Message:
    return schemas.shown(schemas.Message, await discard_message(me, MessageId(message_id)))


HANDLERS = (resend, arrived, discard)
