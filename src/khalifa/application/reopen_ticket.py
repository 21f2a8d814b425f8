"""Use case: a person opens a closed conversation again."""

from dataclasses import dataclass

from khalifa.application.business_rules import BusinessRules
from khalifa.application.events import EventWriter
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.tickets import tell_of_ticket, ticket_for
from khalifa.application.views import TicketView
from khalifa.domain.agents import Agent, AgentId
from khalifa.domain.errors import CannotReopen
from khalifa.domain.tickets import Ticket, TicketEvent, TicketEventKind, TicketId
from khalifa.domain.words import Words

_ANOTHER = Words(
    "This customer has another open ticket by now: number {number}.",
    "لهذا العميل محادثة أخرى مفتوحة الآن: رقم {number}.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenTicket:
    """
    Open a ticket again that was closed not long ago, as if the customer had written.

    Who held it has it again, whoever reopens it; if that agent is disabled by
    now, it waits for another. Nobody is waiting for an answer on it.
    """

    transact: Transact
    rules: BusinessRules
    events: EventWriter
    clock: Clock

    async def __call__(self, agent: Agent, ticket_id: TicketId) -> TicketView:
        """
        Raises:
            NotFound, NotAllowed: no such ticket, or not for *agent*.
            CannotReopen: it is open, was closed too long ago, or the customer has another.
        """
        window = (await self.rules()).reopen_window

        async def work(uow: UnitOfWork) -> TicketView:
            ticket, customer = await ticket_for(uow, agent, ticket_id)
            now = self.clock.now()
            open_ones = await uow.tickets.open_of([ticket.customer_id])
            other = open_ones.get(ticket.customer_id, ticket)
            if other.id != ticket.id:
                raise CannotReopen(_ANOTHER.filled(number=other.id))
            holder = await _still_there(uow, ticket)
            ticket.reopen_for(holder, now=now, window=window)
            await uow.tickets.save([ticket])
            line = TicketEvent(
                ticket_id=ticket.id,
                kind=TicketEventKind.REOPENED,
                at=now,
                by=agent.id,
                to_agent_id=holder,
            )
            await uow.tickets.record([line])
            return await tell_of_ticket(uow, self.events, ticket, customer)

        return await self.transact(work)


async def _still_there(uow: UnitOfWork, ticket: Ticket) -> AgentId | None:
    if ticket.agent_id is None or (await uow.agents.get(ticket.agent_id)).disabled:
        return None
    return ticket.agent_id
