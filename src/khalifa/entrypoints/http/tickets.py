"""Tickets and their messages: what an agent's desk reads and does."""

from http import HTTPStatus
from typing import Annotated, TypeAlias

from litestar import get, post
from litestar.params import Body, HeaderParameter, PathParameter, QueryParameter

from khalifa.application.assign_tickets import AssignTicket
from khalifa.application.close_ticket import CloseTicket
from khalifa.application.mark_read import MarkTicketRead
from khalifa.application.mark_unread import MarkTicketUnread
from khalifa.application.ports.notifications import EventStream
from khalifa.application.ports.readers import Holder, InvalidCursor, TicketFilter
from khalifa.application.read_inbox import ReadInbox
from khalifa.application.reply_to_ticket import ReplyToTicket
from khalifa.application.start_conversation import StartConversation, TicketElsewhere
from khalifa.application.tell_customer import TellCustomer
from khalifa.domain.agents import Agent, AgentId
from khalifa.domain.customers import CustomerId
from khalifa.domain.errors import (
    CannotQuote,
    CannotSend,
    Conflict,
    FileSentElsewhere,
    FileTooLarge,
    FileTypeRefused,
    IdempotencyKeyReused,
    InvalidAgent,
    InvalidContent,
    InvalidPhoneNumber,
    InvalidText,
    NoRoute,
    NotAllowed,
    NotFound,
    TicketAlreadyClosed,
)
from khalifa.domain.messages import MAX_IDEMPOTENCY_KEY
from khalifa.domain.pace import FirstContactsUsedUp
from khalifa.domain.tickets import TicketId
from khalifa.domain.window import WindowClosed
from khalifa.entrypoints.http import schemas
from khalifa.entrypoints.http.injection import Injected
from khalifa.entrypoints.http.live_cursor import live_cursor
from khalifa.entrypoints.http.new_message import (
    NewConversation,
    NewMessage,
    draft_of,
    first_draft_of,
)
from khalifa.entrypoints.http.responses import SIGNED_IN, SIGNED_IN_TO_CHANGE, refusals

TAGS = ["Tickets"]
DEFAULT_LIMIT = 50
MAX_LIMIT = 500

TicketNumber: TypeAlias = Annotated[
    int, PathParameter(ge=1, le=schemas.MAX_ID, description="The ticket's `id`.")
]
Cursor: TypeAlias = Annotated[
    str,
    QueryParameter(
        max_length=schemas.MAX_CURSOR,
        description="`next_cursor` of the page before; empty for the first page.",
    ),
]
Limit: TypeAlias = Annotated[
    int, QueryParameter(ge=1, le=MAX_LIMIT, description="Most items on a page.")
]
Whose: TypeAlias = Annotated[
    str,
    QueryParameter(
        pattern="^(me|none|[1-9][0-9]{0,18})?$",
        description="Whose tickets: an agent's id, `me`, or `none` for those that wait for one; "
        "everybody's when left out. Agents are shown their own, or those that wait.",
    ),
]
OfCustomer: TypeAlias = Annotated[
    int | None,
    QueryParameter(
        ge=1, le=schemas.MAX_ID, description="Only this customer's tickets: the customer's `id`."
    ),
]
Which: TypeAlias = Annotated[
    TicketFilter, QueryParameter(description="`active` is `open` and `delayed` together.")
]
IdempotencyKey: TypeAlias = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        required=False,
        description="A random text of yours, 1 to 200 characters. The same key again is the same "
        "message, whenever it comes; nothing is sent twice.",
        schema_extra={"minLength": 1, "maxLength": MAX_IDEMPOTENCY_KEY},
    ),
]


@get(
    "/api/tickets",
    tags=TAGS,
    summary="List tickets",
    description="Newest message first. Administrators see all; agents their own, and with "
    "`agent=none` those that wait for somebody to take them.",
    responses=refusals(*SIGNED_IN, InvalidCursor, checked=True),
)
async def tickets(
    *,
    me: Injected[Agent],
    read_inbox: Injected[ReadInbox],
    event_stream: Injected[EventStream],
    status: Which = TicketFilter.ACTIVE,
    agent: Whose = "",
    customer: OfCustomer = None,
    cursor: Cursor = "",
    limit: Limit = DEFAULT_LIMIT,
) -> schemas.TicketPage:
    live = await live_cursor(event_stream)
    page = await read_inbox.tickets(
        me,
        status=status,
        holder=_holder(agent, me),
        customer=CustomerId(customer) if customer is not None else None,
        cursor=cursor,
        limit=limit,
    )
    items = [schemas.shown(schemas.Ticket, view) for view in page.items]
    return schemas.TicketPage(items=items, next_cursor=page.next_cursor, live_cursor=live)


def _holder(whose: str, me: Agent) -> AgentId | Holder:
    match whose:
        case "":
            return Holder.ANYONE
        case "me":
            return me.id
        case "none":
            return Holder.NOBODY
        case _:
            return AgentId(min(int(whose), schemas.MAX_ID))


@get(
    "/api/tickets/{ticket_id:int}",
    tags=TAGS,
    summary="Read a ticket",
    responses=refusals(*SIGNED_IN, NotAllowed, NotFound),
)
async def ticket(
    ticket_id: TicketNumber, me: Injected[Agent], read_inbox: Injected[ReadInbox]
) -> schemas.Ticket:
    return schemas.shown(schemas.Ticket, await read_inbox.ticket(me, TicketId(ticket_id)))


@get(
    "/api/tickets/{ticket_id:int}/messages",
    tags=TAGS,
    summary="List a ticket's messages",
    description="The newest page first; within a page oldest first, in the order they were said.",
    responses=refusals(*SIGNED_IN, NotAllowed, NotFound, InvalidCursor, checked=True),
)
async def messages(
    *,
    ticket_id: TicketNumber,
    me: Injected[Agent],
    read_inbox: Injected[ReadInbox],
    event_stream: Injected[EventStream],
    cursor: Cursor = "",
    limit: Limit = DEFAULT_LIMIT,
) -> schemas.MessagePage:
    live = await live_cursor(event_stream)
    page = await read_inbox.messages(me, TicketId(ticket_id), cursor=cursor, limit=limit)
    items = [schemas.shown(schemas.Message, view) for view in page.items]
    return schemas.MessagePage(items=items, next_cursor=page.next_cursor, live_cursor=live)


@post(
    "/api/tickets",
    status_code=HTTPStatus.ACCEPTED,
    tags=TAGS,
    summary="Write to somebody first",
    description="The customer is found by phone number, or made, and the ticket is yours. Where "
    "the provider has a window only a template will do; where people who never wrote may be "
    "written to only so often, it is answered 429 and says when it goes on.",
    response_description="Stored, and queued to be sent.",
    responses=refusals(
        *SIGNED_IN_TO_CHANGE,
        TicketElsewhere,
        IdempotencyKeyReused,
        NotFound,
        NoRoute,
        WindowClosed,
        FirstContactsUsedUp,
        Conflict,
        CannotSend,
        InvalidPhoneNumber,
        InvalidText,
        InvalidContent,
        checked=True,
    ),
)
async def start(
    data: Annotated[NewConversation, Body()],
    me: Injected[Agent],
    start_conversation: Injected[StartConversation],
    idempotency_key: IdempotencyKey = None,
) -> schemas.StartedConversation:
    started = await start_conversation(
        me, data.phone, first_draft_of(data), idempotency_key=idempotency_key
    )
    return schemas.StartedConversation(
        ticket=schemas.shown(schemas.Ticket, started.ticket),
        message=schemas.shown(schemas.Message, started.message),
    )


@post(
    "/api/tickets/{ticket_id:int}/messages",
    status_code=HTTPStatus.ACCEPTED,
    tags=TAGS,
    summary="Answer the customer",
    description="The answer is stored and will be sent, once; `message.changed` events tell what "
    "becomes of it. It goes by the provider that is active then; what that one cannot send is "
    "answered 501. `capabilities` of its `/route` says what can be sent.",
    response_description="Stored, and queued to be sent.",
    responses=refusals(
        *SIGNED_IN_TO_CHANGE,
        NotAllowed,
        NotFound,
        TicketAlreadyClosed,
        IdempotencyKeyReused,
        NoRoute,
        WindowClosed,
        CannotQuote,
        CannotSend,
        FileSentElsewhere,
        FileTooLarge,
        FileTypeRefused,
        InvalidText,
        InvalidContent,
        checked=True,
    ),
)
async def reply(
    ticket_id: TicketNumber,
    data: Annotated[NewMessage, Body()],
    me: Injected[Agent],
    reply_to_ticket: Injected[ReplyToTicket],
    idempotency_key: IdempotencyKey = None,
) -> schemas.Message:
    message = await reply_to_ticket(
        me, TicketId(ticket_id), draft_of(data), idempotency_key=idempotency_key
    )
    return schemas.shown(schemas.Message, message)


@post(
    "/api/tickets/{ticket_id:int}/read",
    status_code=HTTPStatus.OK,
    tags=TAGS,
    summary="Count a ticket's messages as read",
    description="The customer is shown that they were read, where the provider can. An "
    "administrator who looks into somebody's ticket changes nothing.",
    responses=refusals(*SIGNED_IN_TO_CHANGE, NotAllowed, NotFound),
)
async def read(
    ticket_id: TicketNumber, me: Injected[Agent], mark_read: Injected[MarkTicketRead]
) -> schemas.Ticket:
    return schemas.shown(schemas.Ticket, await mark_read(me, TicketId(ticket_id)))


@post(
    "/api/tickets/{ticket_id:int}/unread",
    status_code=HTTPStatus.OK,
    tags=TAGS,
    summary="Count a ticket as unread",
    description="For later: it shows one unread message, unless it shows some already. The "
    "customer is told nothing. An administrator who looks into somebody's ticket changes nothing.",
    responses=refusals(*SIGNED_IN_TO_CHANGE, NotAllowed, NotFound, TicketAlreadyClosed),
)
async def unread(
    ticket_id: TicketNumber, me: Injected[Agent], mark_unread: Injected[MarkTicketUnread]
) -> schemas.Ticket:
    return schemas.shown(schemas.Ticket, await mark_unread(me, TicketId(ticket_id)))


@post(
    "/api/tickets/{ticket_id:int}/typing",
    status_code=HTTPStatus.NO_CONTENT,
    tags=TAGS,
    summary="Show that somebody is typing",
    description="For some seconds, on the customer's phone. Say it again every ten seconds while "
    "it is so. Answered 501 by a provider that cannot.",
    responses=refusals(
        *SIGNED_IN_TO_CHANGE, NotAllowed, NotFound, TicketAlreadyClosed, NoRoute, CannotSend
    ),
)
async def typing(
    ticket_id: TicketNumber, me: Injected[Agent], tell_customer: Injected[TellCustomer]
) -> None:
    await tell_customer.typing(me, TicketId(ticket_id))


@post(
    "/api/tickets/{ticket_id:int}/close",
    status_code=HTTPStatus.OK,
    tags=TAGS,
    summary="Close a ticket",
    description="A customer who writes again soon opens it again; later, a new one. The body may "
    "be left out.",
    responses=refusals(
        *SIGNED_IN_TO_CHANGE, NotAllowed, NotFound, TicketAlreadyClosed, checked=True
    ),
)
async def close(
    ticket_id: TicketNumber,
    me: Injected[Agent],
    close_ticket: Injected[CloseTicket],
    data: Annotated[schemas.Closing | None, Body()] = None,
) -> schemas.Ticket:
    reason = data.reason if data is not None else None
    return schemas.shown(schemas.Ticket, await close_ticket(me, TicketId(ticket_id), reason=reason))


@post(
    "/api/tickets/{ticket_id:int}/assign",
    status_code=HTTPStatus.OK,
    tags=TAGS,
    summary="Give a ticket to an agent",
    description="For administrators. A person's choice stands above capacity and presence. Null "
    "puts the ticket back into the queue.",
    responses=refusals(
        *SIGNED_IN_TO_CHANGE,
        NotAllowed,
        NotFound,
        TicketAlreadyClosed,
        InvalidAgent,
        checked=True,
    ),
)
async def assign(
    ticket_id: TicketNumber,
    data: Annotated[schemas.Assignment, Body()],
    me: Injected[Agent],
    assign_ticket: Injected[AssignTicket],
) -> schemas.Ticket:
    to = AgentId(data.agent_id) if data.agent_id is not None else None
    return schemas.shown(
        schemas.Ticket, await assign_ticket(me, TicketId(ticket_id), to, reason=data.reason)
    )


HANDLERS = (tickets, start, ticket, messages, reply, read, unread, typing, close, assign)
