"""Use case: an agent closes a conversation."""

from dataclasses import dataclass

from khalifa.application.assign_tickets import AssignWaitingTickets
from khalifa.application.events import EventWriter
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.tickets import tell_of_ticket, ticket_for
from khalifa.application.views import TicketView
from khalifa.application.watch_delays import end_delay
from khalifa.domain.agents import Agent
from khalifa.domain.tickets import TicketEvent, TicketEventKind, TicketId


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseTicket:
    """
    Close an open ticket; its agent has room for another at once.

    A customer who writes again soon reopens it; later, a new one is opened.
    """

    transact: Transact
    assign_waiting_tickets: AssignWaitingTickets
    events: EventWriter
    clock: Clock

    async def __call__(
        self, agent: Agent, ticket_id: TicketId, *, reason: str | None = None
    ) -> TicketView:
        async def work(uow: UnitOfWork) -> TicketView:
            ticket, customer = await ticket_for(uow, agent, ticket_id)
            now = self.clock.now()
            await end_delay(uow, ticket, at=now, by=agent.id)
            ticket.close(now=now, reason=reason)
            await uow.tickets.save([ticket])
            await uow.tickets.record(
                [
                    TicketEvent(
                        ticket_id=ticket.id,
                        kind=TicketEventKind.CLOSED,
                        at=now,
                        by=agent.id,
                        from_agent_id=ticket.agent_id,
                        reason=reason,
                    )
                ]
            )
            return await tell_of_ticket(uow, self.events, ticket, customer)

        view = await self.transact(work)
        await self.assign_waiting_tickets()
        return view
