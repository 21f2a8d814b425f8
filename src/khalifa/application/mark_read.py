"""Use case: an agent has looked at a conversation."""

from dataclasses import dataclass

from khalifa.application.events import EventWriter
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.tell_customer import TellCustomer
from khalifa.application.tickets import shown_ticket, tell_of_ticket, ticket_for
from khalifa.application.views import TicketView
from khalifa.domain.agents import Agent
from khalifa.domain.tickets import TicketId


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkTicketRead:
    """
    Count a ticket's messages as read, and let the customer know where the provider can.

    An administrator looking in changes nothing, and nobody is told.
    """

    transact: Transact
    tell_customer: TellCustomer
    events: EventWriter

    async def __call__(self, agent: Agent, ticket_id: TicketId) -> TicketView:
        async def work(uow: UnitOfWork) -> tuple[TicketView, bool]:
            ticket, customer = await ticket_for(uow, agent, ticket_id)
            looking_in = ticket.agent_id is not None and ticket.agent_id != agent.id
            if not looking_in and ticket.mark_read():
                await uow.tickets.save([ticket])
                return await tell_of_ticket(uow, self.events, ticket, customer), True
            return await shown_ticket(uow, self.events, ticket, customer), not looking_in

        view, was_read = await self.transact(work)
        if was_read:
            self.tell_customer.read(ticket_id)
        return view
