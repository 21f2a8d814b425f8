"""What use cases on one ticket share: getting hold of it, and telling what became of it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from khalifa.application.events import EventWriter
from khalifa.application.ports.unit_of_work import ConcurrentChange, UnitOfWork
from khalifa.application.views import TicketView
from khalifa.domain.agents import Agent, AgentId, AgentName
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.errors import InvalidAgent, NotAllowed
from khalifa.domain.messages import Message, MessageId
from khalifa.domain.tickets import Ticket, TicketEvent, TicketEventKind, TicketId
from khalifa.domain.words import Words

_WITH_ANOTHER = Words("This conversation is with another agent.", "هذه المحادثة مع زميل آخر.")
_MERGED = "the customer has just become part of another"
_DISABLED = Words("This agent is disabled.", "حساب هذا الزميل موقوف.")


async def ticket_for(uow: UnitOfWork, agent: Agent, ticket_id: TicketId) -> tuple[Ticket, Customer]:
    """
    Return the ticket and its customer, with the conversation locked.

    Raises:
        NotFound: there is no such ticket.
        NotAllowed: it is not for *agent*.
    """
    ticket, customer = await locked_ticket(uow, ticket_id)
    require_sight(agent, ticket.agent_id)
    return ticket, customer


async def message_for(
    uow: UnitOfWork, agent: Agent, message_id: MessageId
) -> tuple[Message, Ticket, Customer]:
    """Return a message, its ticket and its customer; locked, and refused, as by `ticket_for`."""
    ticket_id = (await uow.messages.get(message_id)).ticket_id
    ticket, customer = await ticket_for(uow, agent, ticket_id)
    message = await uow.messages.get(message_id)
    if message.ticket_id != ticket_id:
        raise ConcurrentChange(_MERGED)
    return message, ticket, customer


async def locked_ticket(uow: UnitOfWork, ticket_id: TicketId) -> tuple[Ticket, Customer]:
    """Return what `ticket_for` does, to whomever it is not known yet whether it is for them."""
    customer_id = (await uow.tickets.get(ticket_id)).customer_id
    customer = (await uow.customers.lock([customer_id]))[customer_id]
    ticket = await uow.tickets.get(ticket_id)
    if ticket.customer_id != customer_id:
        raise ConcurrentChange(_MERGED)
    return ticket, customer


async def locked_tickets(
    uow: UnitOfWork, ids: Collection[TicketId]
) -> tuple[list[Ticket], dict[CustomerId, Customer]]:
    """
    Return tickets as they are once their customers are locked, and these, in the order of *ids*.

    Of one that has become another customer's meanwhile nothing is returned.
    """
    seen = await uow.tickets.get_many(ids)
    customers = await uow.customers.lock({ticket.customer_id for ticket in seen.values()})
    now = await uow.tickets.get_many(ids)
    return [now[id_] for id_ in ids if id_ in now and now[id_].customer_id in customers], customers


async def locked_customer(uow: UnitOfWork, customer_id: CustomerId) -> Customer:
    """
    Return a customer that exists, locked; of one that has become part of another, the other.

    For whoever found the customer in a transaction before.
    """
    customer = (await uow.customers.lock([customer_id]))[customer_id]
    while customer.merged_into is not None:
        kept_id = customer.merged_into
        customer = (await uow.customers.lock([kept_id]))[kept_id]
    return customer


def require_sight(agent: Agent, holder: AgentId | None) -> None:
    """Raise `NotAllowed` unless *agent* may see what *holder* holds."""
    if not agent.may_see(holder):
        raise NotAllowed(_WITH_ANOTHER)


async def tell_of_ticket(
    uow: UnitOfWork,
    events: EventWriter,
    ticket: Ticket,
    customer: Customer,
    *,
    before: Sequence[AgentId | None] = (),
    said: Message | None = None,
) -> TicketView:
    """
    Add the ticket's event, as `EventWriter.ticket` does; return its view.

    *said* is what has just been said on it, if anything.
    """
    view = await shown_ticket(uow, events, ticket, customer, said=said)
    await uow.events.add([events.ticket(view, before=before)])
    return view


async def shown_ticket(
    uow: UnitOfWork,
    events: EventWriter,
    ticket: Ticket,
    customer: Customer,
    *,
    said: Message | None = None,
) -> TicketView:
    """Return the view of a ticket that is stored as it is; *said* is its last message, if known."""
    holder = await uow.agents.get(ticket.agent_id) if ticket.agent_id is not None else None
    if said is not None:
        status = said.shown_status
    else:
        status = (await uow.tickets.last_statuses([ticket.id])).get(ticket.id)
    return events.ticket_view(ticket, customer, holder, last_message_status=status)


async def tell_of_tickets(
    uow: UnitOfWork,
    events: EventWriter,
    tickets: Sequence[Ticket],
    customers: Mapping[CustomerId, Customer],
    holders: Mapping[AgentId, Agent | AgentName],
    *,
    before: Mapping[TicketId, AgentId | None] | None = None,
) -> None:
    """Add the events of stored tickets, as `tell_of_ticket` does; *before*: who held some."""
    before = before or {}
    statuses = await uow.tickets.last_statuses([ticket.id for ticket in tickets])
    await uow.events.add(
        [
            events.ticket(
                events.ticket_view(
                    ticket,
                    customers[ticket.customer_id],
                    holders.get(ticket.agent_id) if ticket.agent_id is not None else None,
                    last_message_status=statuses.get(ticket.id),
                ),
                before=[before[ticket.id]] if ticket.id in before else [],
            )
            for ticket in tickets
        ]
    )


async def require_enabled(uow: UnitOfWork, agent_id: AgentId) -> None:
    """Raise `NotFound` or `InvalidAgent` unless *agent_id* may be given a ticket by a person."""
    if (await uow.agents.get(agent_id)).disabled:
        raise InvalidAgent(_DISABLED)


async def hand_over(
    uow: UnitOfWork,
    ticket: Ticket,
    to: AgentId | None,
    *,
    by: Agent,
    kind: TicketEventKind,
    at: datetime,
    reason: str | None = None,
) -> None:
    """Give an open ticket of a locked customer to *to* and record it, unless *to* has it."""
    before = ticket.agent_id
    if not ticket.assign(to):
        return
    await uow.tickets.save([ticket])
    line = TicketEvent(
        ticket_id=ticket.id,
        kind=kind,
        at=at,
        by=by.id,
        from_agent_id=before,
        to_agent_id=to,
        reason=reason,
    )
    await uow.tickets.record([line])
