"""How tickets are handled: handed over, taken, opened again, sorted, and noted on."""

from http import HTTPStatus
from typing import Annotated

from litestar import get, patch, post
from litestar.params import Body

from khalifa.application.classify_ticket import Classification, ClassifyTicket
from khalifa.application.note_on_ticket import NoteOnTicket
from khalifa.application.read_inbox import ReadInbox
from khalifa.application.reopen_ticket import ReopenTicket
from khalifa.application.tell_colleagues import TellColleagues
from khalifa.application.transfer_ticket import TakeTicket, TransferTicket
from khalifa.domain.agents import Agent, AgentId
from khalifa.domain.errors import (
    CannotReopen,
    InvalidAgent,
    InvalidTicket,
    NotAllowed,
    NotFound,
    TicketAlreadyClosed,
)
from khalifa.domain.tickets import TicketId
from khalifa.entrypoints.http import handling_schemas, schemas
from khalifa.entrypoints.http.injection import Injected
from khalifa.entrypoints.http.responses import SIGNED_IN, SIGNED_IN_TO_CHANGE, refusals
from khalifa.entrypoints.http.tickets import TAGS, TicketNumber
from khalifa.entrypoints.http.unset import given


@post(
    "/api/tickets/{ticket_id:int}/transfer",
    status_code=HTTPStatus.OK,
    tags=TAGS,
    summary="Hand a ticket to a colleague",
    description="For whoever holds it, and for administrators. The reason is on record, and both "
    "can read it. A person's choice stands above capacity and presence.",
    responses=refusals(
        *SIGNED_IN_TO_CHANGE,
        NotAllowed,
        NotFound,
        TicketAlreadyClosed,
        InvalidTicket,
        InvalidAgent,
        checked=True,
    ),
)
async def transfer(
    ticket_id: TicketNumber,
    data: Annotated[handling_schemas.Transfer, Body()],
    me: Injected[Agent],
    transfer_ticket: Injected[TransferTicket],
) -> schemas.Ticket:
    view = await transfer_ticket(
        me, TicketId(ticket_id), AgentId(data.agent_id), reason=data.reason
    )
    return schemas.shown(schemas.Ticket, view)


@post(
    "/api/tickets/{ticket_id:int}/take",
    status_code=HTTPStatus.OK,
    tags=TAGS,
    summary="Take a ticket that waits",
    description="Of two who take it, the second is told who was first. Whoever has handed one "
    "over within the last minute takes it back by this, unless anything was done with it since.",
    responses=refusals(*SIGNED_IN_TO_CHANGE, NotAllowed, NotFound, TicketAlreadyClosed),
)
async def take(
    ticket_id: TicketNumber, me: Injected[Agent], take_ticket: Injected[TakeTicket]
) -> schemas.Ticket:
    return schemas.shown(schemas.Ticket, await take_ticket(me, TicketId(ticket_id)))


@post(
    "/api/tickets/{ticket_id:int}/reopen",
    status_code=HTTPStatus.OK,
    tags=TAGS,
    summary="Open a closed ticket again",
    description="Within the time in which a customer who writes gets it back. Who held it has it "
    "again. Later, writing to the customer opens a new one.",
    responses=refusals(*SIGNED_IN_TO_CHANGE, NotAllowed, NotFound, CannotReopen),
)
async def reopen(
    ticket_id: TicketNumber, me: Injected[Agent], reopen_ticket: Injected[ReopenTicket]
) -> schemas.Ticket:
    return schemas.shown(schemas.Ticket, await reopen_ticket(me, TicketId(ticket_id)))


@patch(
    "/api/tickets/{ticket_id:int}",
    tags=TAGS,
    summary="Change a ticket's priority, category or tags",
    responses=refusals(*SIGNED_IN_TO_CHANGE, NotAllowed, NotFound, InvalidTicket, checked=True),
)
async def change(
    ticket_id: TicketNumber,
    data: Annotated[handling_schemas.TicketChange, Body()],
    me: Injected[Agent],
    classify_ticket: Injected[ClassifyTicket],
) -> schemas.Ticket:
    new = Classification(
        priority=given(data.priority), category=given(data.category), tags=given(data.tags)
    )
    return schemas.shown(schemas.Ticket, await classify_ticket(me, TicketId(ticket_id), new))


@get(
    "/api/tickets/{ticket_id:int}/history",
    tags=TAGS,
    summary="Read a ticket's record",
    description="Who opened, held, transferred and closed it, when and why, and what was noted "
    "on it. `note.added` events tell of new notes.",
    responses=refusals(*SIGNED_IN, NotAllowed, NotFound),
)
async def history(
    ticket_id: TicketNumber, me: Injected[Agent], read_inbox: Injected[ReadInbox]
) -> handling_schemas.History:
    view = await read_inbox.history(me, TicketId(ticket_id))
    return schemas.shown(handling_schemas.History, view)


@post(
    "/api/tickets/{ticket_id:int}/notes",
    status_code=HTTPStatus.CREATED,
    tags=TAGS,
    summary="Note something on a ticket",
    description="Colleagues read it, the customer never does. It is no answer: the customer goes "
    "on waiting.",
    responses=refusals(*SIGNED_IN_TO_CHANGE, NotAllowed, NotFound, InvalidTicket, checked=True),
)
async def note(
    ticket_id: TicketNumber,
    data: Annotated[handling_schemas.NewNote, Body()],
    me: Injected[Agent],
    note_on_ticket: Injected[NoteOnTicket],
) -> handling_schemas.Note:
    view = await note_on_ticket(me, TicketId(ticket_id), data.text)
    return schemas.shown(handling_schemas.Note, view)


@post(
    "/api/tickets/{ticket_id:int}/here",
    status_code=HTTPStatus.NO_CONTENT,
    tags=TAGS,
    summary="Say that one has a ticket open",
    description="`reader.changed` events tell it to everybody who may see the ticket: who it is, "
    "whether they read or write, and when that was. Nothing is kept: whoever hears of a colleague "
    "says what they do themselves, and says it again every 20 seconds while there are two.",
    responses=refusals(*SIGNED_IN_TO_CHANGE, NotAllowed, NotFound, checked=True),
)
async def here(
    ticket_id: TicketNumber,
    data: Annotated[handling_schemas.BeingThere, Body()],
    me: Injected[Agent],
    tell_colleagues: Injected[TellColleagues],
) -> None:
    await tell_colleagues(me, TicketId(ticket_id), data.doing)


HANDLERS = (transfer, take, reopen, change, history, note, here)
