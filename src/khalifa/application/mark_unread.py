"""Use case: an agent keeps a conversation for later, as if nobody had looked."""

from dataclasses import dataclass

from khalifa.application.events import EventWriter
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.tickets import shown_ticket, tell_of_ticket, ticket_for
from khalifa.application.views import TicketView
from khalifa.domain.agents import Agent
from khalifa.domain.tickets import TicketId


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkTicketUnread:
    """
    Count one message of an open ticket as unread, unless some are.

    The customer is told nothing. An administrator looking in changes nothing, as with reading.
    """

    transact: Transact
    events: EventWriter

    async def __call__(self, agent: Agent, ticket_id: TicketId) -> TicketView:
        async def work(uow: UnitOfWork) -> TicketView:
            ticket, customer = await ticket_for(uow, agent, ticket_id)
            looking_in = ticket.agent_id is not None and ticket.agent_id != agent.id
            if looking_in or not ticket.mark_unread():
                return await shown_ticket(uow, self.events, ticket, customer)
            await uow.tickets.save([ticket])
            return await tell_of_ticket(uow, self.events, ticket, customer)

        return await self.transact(work)
