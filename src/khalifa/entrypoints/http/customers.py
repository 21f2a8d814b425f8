"""Customers: who they are, what people know of them, and two that are one."""

from http import HTTPStatus
from typing import Annotated, TypeAlias

from litestar import get, patch, post
from litestar.params import Body, PathParameter, QueryParameter

from khalifa.application.customer_views import CustomerDetailsView
from khalifa.application.edit_customer import CustomerEdit, EditCustomer
from khalifa.application.merge_customers import MergeCustomers
from khalifa.application.ports.customer_list import MAX_QUERY
from khalifa.application.ports.readers import Holder, InvalidCursor, TicketFilter
from khalifa.application.read_customers import ReadCustomers
from khalifa.application.read_inbox import ReadInbox
from khalifa.application.unmerge_customers import UnmergeCustomers
from khalifa.domain.agents import Agent
from khalifa.domain.customers import CustomerId
from khalifa.domain.errors import Conflict, InvalidCustomer, NotAllowed, NotFound
from khalifa.entrypoints.http import schemas
from khalifa.entrypoints.http.guards import admins_only
from khalifa.entrypoints.http.injection import Injected
from khalifa.entrypoints.http.responses import SIGNED_IN, SIGNED_IN_TO_CHANGE, refusals
from khalifa.entrypoints.http.tickets import DEFAULT_LIMIT, Cursor, Limit
from khalifa.entrypoints.http.unset import given, given_branch

TAGS = ["Customers"]
# On a customer's page; the list of tickets has the others.
TICKETS_SHOWN = 50

CustomerNumber: TypeAlias = Annotated[
    int, PathParameter(ge=1, le=schemas.MAX_ID, description="The customer's `id`.")
]
Query: TypeAlias = Annotated[
    str,
    QueryParameter(
        name="query",
        max_length=MAX_QUERY,
        description="Part of a name, or a number or its beginning as people write it: `010…`, "
        "`+20 10…`, in any digits. Everybody when left out.",
    ),
]


@get(
    "/api/customers",
    tags=TAGS,
    summary="List customers",
    description="The newest first. Administrators see all, agents those of their own tickets. A "
    "part of a name is found among the newest thousands; among older ones by how a word of it "
    "begins. A page may be short, even empty, and have a `next_cursor`: it goes on from there.",
    responses=refusals(*SIGNED_IN, InvalidCursor, checked=True),
)
async def customers(
    me: Injected[Agent],
    read_customers: Injected[ReadCustomers],
    wanted: Query = "",
    cursor: Cursor = "",
    limit: Limit = DEFAULT_LIMIT,
) -> schemas.CustomerPage:
    page = await read_customers.find(me, wanted, cursor=cursor, limit=limit)
    items = [schemas.shown(schemas.CustomerSummary, view) for view in page.items]
    return schemas.CustomerPage(items=items, next_cursor=page.next_cursor)


@get(
    "/api/customers/{customer_id:int}",
    tags=TAGS,
    summary="Read a customer",
    description="A customer that became part of another is shown as the other.",
    responses=refusals(*SIGNED_IN, NotAllowed, NotFound),
)
async def customer(
    customer_id: CustomerNumber,
    me: Injected[Agent],
    read_customers: Injected[ReadCustomers],
    read_inbox: Injected[ReadInbox],
) -> schemas.CustomerDetails:
    view = await read_customers.get(me, CustomerId(customer_id))
    return await _with_tickets(view, me, read_inbox)


@patch(
    "/api/customers/{customer_id:int}",
    tags=TAGS,
    summary="Change what is known of a customer",
    description="A name given here stays, whatever WhatsApp calls the customer. Only "
    "administrators block: what a blocked customer writes is ignored, with the reason on record.",
    responses=refusals(*SIGNED_IN_TO_CHANGE, NotAllowed, NotFound, InvalidCustomer, checked=True),
)
async def change(
    customer_id: CustomerNumber,
    data: Annotated[schemas.CustomerChange, Body()],
    me: Injected[Agent],
    edit_customer: Injected[EditCustomer],
    read_inbox: Injected[ReadInbox],
) -> schemas.CustomerDetails:
    edit = CustomerEdit(
        name=given(data.name),
        notes=given(data.notes),
        tags=given(data.tags),
        blocked=given(data.blocked),
        branch_id=given_branch(data.branch_id),
    )
    view = await edit_customer(me, CustomerId(customer_id), edit)
    return await _with_tickets(view, me, read_inbox)


@post(
    "/api/customers/{customer_id:int}/merge",
    guards=[admins_only],
    status_code=HTTPStatus.OK,
    tags=TAGS,
    summary="Make two customers one",
    description="For administrators. The other one becomes part of this one, with all identities, "
    "tickets and messages. Of two open tickets the older goes on. It can be undone.",
    responses=refusals(*SIGNED_IN_TO_CHANGE, NotAllowed, NotFound, Conflict, checked=True),
)
async def merge(
    *,
    customer_id: CustomerNumber,
    data: Annotated[schemas.MergeWith, Body()],
    me: Injected[Agent],
    merge_customers: Injected[MergeCustomers],
    read_customers: Injected[ReadCustomers],
    read_inbox: Injected[ReadInbox],
) -> schemas.CustomerDetails:
    await merge_customers(me, CustomerId(customer_id), CustomerId(data.other_id))
    view = await read_customers.get(me, CustomerId(customer_id))
    return await _with_tickets(view, me, read_inbox)


@post(
    "/api/customers/{customer_id:int}/unmerge",
    guards=[admins_only],
    status_code=HTTPStatus.OK,
    tags=TAGS,
    summary="Undo a customer's newest merge",
    description="For administrators. All goes back to whose it was; what was written since goes "
    "with the identity it came from, and what people changed since stays.",
    responses=refusals(*SIGNED_IN_TO_CHANGE, NotAllowed, NotFound, Conflict),
)
async def unmerge(
    *,
    customer_id: CustomerNumber,
    me: Injected[Agent],
    unmerge_customers: Injected[UnmergeCustomers],
    read_customers: Injected[ReadCustomers],
    read_inbox: Injected[ReadInbox],
) -> schemas.CustomerDetails:
    await unmerge_customers.newest_of(me, CustomerId(customer_id))
    view = await read_customers.get(me, CustomerId(customer_id))
    return await _with_tickets(view, me, read_inbox)


async def _with_tickets(
    view: CustomerDetailsView, me: Agent, read_inbox: ReadInbox
) -> schemas.CustomerDetails:
    page = await read_inbox.tickets(
        me,
        status=TicketFilter.ALL,
        holder=Holder.ANYONE,
        customer=CustomerId(view.id),
        cursor="",
        limit=TICKETS_SHOWN,
    )
    return schemas.shown(
        schemas.CustomerDetails,
        view,
        tickets=[schemas.shown(schemas.Ticket, ticket) for ticket in page.items],
        more_tickets=page.next_cursor is not None,
    )


HANDLERS = (customers, customer, change, merge, unmerge)
