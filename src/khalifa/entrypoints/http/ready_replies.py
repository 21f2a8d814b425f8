"""Ready replies over HTTP."""

from http import HTTPStatus
from typing import Annotated, TypeAlias

from litestar import delete, get, patch, post
from litestar.params import Body, PathParameter

from khalifa.application.ready_replies import (
    ManageReadyReplies,
    ReadReadyReplies,
    ReadyReplyEdit,
)
from khalifa.domain.agents import Agent
from khalifa.domain.errors import InvalidReadyReply, NotAllowed, NotFound, ShortcutTaken
from khalifa.domain.ready_replies import ReadyReplyId
from khalifa.domain.tickets import TicketId
from khalifa.entrypoints.http import handling_schemas, schemas
from khalifa.entrypoints.http.injection import Injected
from khalifa.entrypoints.http.responses import SIGNED_IN, SIGNED_IN_TO_CHANGE, refusals
from khalifa.entrypoints.http.tickets import TicketNumber
from khalifa.entrypoints.http.unset import given

TAGS = ["Ready replies"]

ReplyNumber: TypeAlias = Annotated[
    int, PathParameter(ge=1, le=schemas.MAX_ID, description="The ready reply's `id`.")
]


@get(
    "/api/ready-replies",
    tags=TAGS,
    summary="List the ready replies",
    description="The shared ones and one's own, as they were written.",
    responses=refusals(*SIGNED_IN),
)
async def ready_replies(
    me: Injected[Agent], read_ready_replies: Injected[ReadReadyReplies]
) -> handling_schemas.ReadyReplyList:
    views = await read_ready_replies(me)
    return handling_schemas.ReadyReplyList(
        items=[schemas.shown(handling_schemas.ReadyReply, view) for view in views]
    )


@get(
    "/api/tickets/{ticket_id:int}/ready-replies",
    tags=TAGS,
    summary="List the ready replies, filled in for a ticket",
    description="One for each shortcut: one's own stands before a shared one. A place that is not "
    "known stays as it is: a customer without a name leaves `{name}`.",
    responses=refusals(*SIGNED_IN, NotAllowed, NotFound),
)
async def filled_in(
    ticket_id: TicketNumber, me: Injected[Agent], read_ready_replies: Injected[ReadReadyReplies]
) -> handling_schemas.ReadyReplyList:
    views = await read_ready_replies.for_ticket(me, TicketId(ticket_id))
    return handling_schemas.ReadyReplyList(
        items=[schemas.shown(handling_schemas.ReadyReply, view) for view in views]
    )


@post(
    "/api/ready-replies",
    status_code=HTTPStatus.CREATED,
    tags=TAGS,
    summary="Add a ready reply",
    description="One's own; administrators may add one for everybody.",
    responses=refusals(
        *SIGNED_IN_TO_CHANGE, NotAllowed, InvalidReadyReply, ShortcutTaken, checked=True
    ),
)
async def add(
    data: Annotated[handling_schemas.NewReadyReply, Body()],
    me: Injected[Agent],
    manage_ready_replies: Injected[ManageReadyReplies],
) -> handling_schemas.ReadyReply:
    view = await manage_ready_replies.add(
        me, shortcut=data.shortcut, title=data.title, text=data.text, shared=data.shared
    )
    return schemas.shown(handling_schemas.ReadyReply, view)


@patch(
    "/api/ready-replies/{reply:int}",
    tags=TAGS,
    summary="Change a ready reply",
    description="One's own; administrators, shared ones too.",
    responses=refusals(
        *SIGNED_IN_TO_CHANGE, NotAllowed, NotFound, InvalidReadyReply, ShortcutTaken, checked=True
    ),
)
async def change(
    reply: ReplyNumber,
    data: Annotated[handling_schemas.ReadyReplyChange, Body()],
    me: Injected[Agent],
    manage_ready_replies: Injected[ManageReadyReplies],
) -> handling_schemas.ReadyReply:
    edit = ReadyReplyEdit(
        shortcut=given(data.shortcut), title=given(data.title), text=given(data.text)
    )
    view = await manage_ready_replies.change(me, ReadyReplyId(reply), edit)
    return schemas.shown(handling_schemas.ReadyReply, view)


@delete(
    "/api/ready-replies/{reply:int}",
    status_code=HTTPStatus.NO_CONTENT,
    tags=TAGS,
    summary="Remove a ready reply",
    description="One's own; administrators, shared ones too. What was sent stays.",
    responses=refusals(*SIGNED_IN_TO_CHANGE, NotAllowed, NotFound),
)
async def remove(
    reply: ReplyNumber, me: Injected[Agent], manage_ready_replies: Injected[ManageReadyReplies]
) -> None:
    await manage_ready_replies.remove(me, ReadyReplyId(reply))


HANDLERS = (ready_replies, filled_in, add, change, remove)
