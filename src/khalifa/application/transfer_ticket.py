"""Use cases: agents move conversations themselves: to a colleague, or out of the queue."""

from dataclasses import dataclass

from khalifa.application.assign_tickets import AssignWaitingTickets
from khalifa.application.events import EventWriter
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.tickets import (
    hand_over,
    locked_ticket,
    require_enabled,
    tell_of_ticket,
    ticket_for,
)
from khalifa.application.views import TicketView
from khalifa.domain.agents import Agent, AgentId
from khalifa.domain.errors import NotAllowed
from khalifa.domain.tickets import TicketEventKind, TicketId, require_reason
from khalifa.domain.words import Words

_TAKEN = Words("{name} took this conversation first.", "سبقك {name} إلى هذه المحادثة.")


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferTicket:
    """
    Give an open ticket to a colleague, with a reason that both of them can read.

    Whoever holds it does, or an administrator. A person's choice stands above
    capacity and presence; who gave it away has room for another at once.
    """

    transact: Transact
    assign_waiting_tickets: AssignWaitingTickets
    events: EventWriter
    clock: Clock

    async def __call__(
        self, agent: Agent, ticket_id: TicketId, to: AgentId, *, reason: str
    ) -> TicketView:
        """
        Raises:
            NotFound, NotAllowed: no such ticket or colleague, or not *agent*'s to give.
            InvalidTicket: the reason is blank or too long.
            InvalidAgent: the colleague is disabled.
            TicketAlreadyClosed: it is closed.
        """
        reason = require_reason(reason)

        async def work(uow: UnitOfWork) -> TicketView:
            ticket, customer = await ticket_for(uow, agent, ticket_id)
            await require_enabled(uow, to)
            before = ticket.agent_id
            await hand_over(
                uow,
                ticket,
                to,
                by=agent,
                kind=TicketEventKind.TRANSFERRED,
                at=self.clock.now(),
                reason=reason,
            )
            return await tell_of_ticket(uow, self.events, ticket, customer, before=[before])

        view = await self.transact(work)
        await self.assign_waiting_tickets()
        return view


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeTicket:
    """
    Take an open ticket that waits for somebody, whatever one's capacity.

    Of two who take it at the same time the second is told who was first.
    Taking what one has changes nothing. Who has just handed a ticket over has
    it back by this, within `TAKE_BACK`, unless anything was done with it since.
    """

    transact: Transact
    events: EventWriter
    clock: Clock

    async def __call__(self, agent: Agent, ticket_id: TicketId) -> TicketView:
        """
        Raises:
            NotFound: no such ticket.
            NotAllowed: somebody else has it.
            TicketAlreadyClosed: it is closed.
        """

        async def work(uow: UnitOfWork) -> TicketView:
            ticket, customer = await locked_ticket(uow, ticket_id)
            before, now = ticket.agent_id, self.clock.now()
            if before not in {None, agent.id}:
                line = await uow.tickets.last_line(ticket.id)
                if line is None or not line.may_be_taken_back(agent.id, now=now):
                    holder = await uow.agents.get(before)
                    raise NotAllowed(_TAKEN.filled(name=holder.name))
            await hand_over(
                uow,
                ticket,
                agent.id,
                by=agent,
                kind=TicketEventKind.TAKEN,
                at=now,
            )
            return await tell_of_ticket(uow, self.events, ticket, customer, before=[before])

        return await self.transact(work)
