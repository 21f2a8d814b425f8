"""Use case: what absent agents left unanswered goes on to others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from khalifa.application.assign_tickets import AT_ONCE, AssignWaitingTickets
from khalifa.application.business_rules import BusinessRules
from khalifa.application.events import EventWriter
from khalifa.application.in_batches import in_batches
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.tickets import locked_tickets, tell_of_tickets
from khalifa.domain.agents import AgentId
from khalifa.domain.tickets import Ticket, TicketEvent, TicketEventKind, TicketId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseTickets:
    """
    Put tickets back into the queue whose customers wait for an agent who is gone.

    Gone is who was offline for the grace time, or is disabled. What was
    answered stays with the agent until the customer writes again; on a break
    an agent keeps everything.
    """

    transact: Transact
    rules: BusinessRules
    assign_waiting_tickets: AssignWaitingTickets
    events: EventWriter
    clock: Clock

    async def __call__(self) -> int:
        """Return how many tickets went back."""
        before = self.clock.now() - (await self.rules()).grace
        released = await in_batches(lambda: self._release_some(before), at_once=AT_ONCE)
        if released:
            await self.assign_waiting_tickets()
        return released

    async def _release_some(self, before: datetime) -> int:
        abandoned = await self.transact.read(
            lambda uow: uow.tickets.abandoned(before, limit=AT_ONCE)
        )
        if not abandoned:
            return 0
        return await self.transact(lambda uow: self._release(uow, abandoned, before))

    async def _release(
        self, uow: UnitOfWork, abandoned: Sequence[TicketId], before: datetime
    ) -> int:
        tickets, customers = await locked_tickets(uow, abandoned)
        held = [
            (ticket, ticket.agent_id)
            for ticket in tickets
            if ticket.is_open and ticket.waiting_since is not None and ticket.agent_id is not None
        ]
        holders = await uow.agents.get_many({agent_id for _, agent_id in held})
        released: list[tuple[Ticket, AgentId]] = [
            (ticket, agent_id)
            for ticket, agent_id in held
            if holders[agent_id].is_gone(before) and ticket.assign(None)
        ]
        now = self.clock.now()
        await uow.tickets.save([ticket for ticket, _ in released])
        await uow.tickets.record(
            [
                TicketEvent(
                    ticket_id=ticket.id,
                    kind=TicketEventKind.UNASSIGNED,
                    at=now,
                    from_agent_id=agent_id,
                )
                for ticket, agent_id in released
            ]
        )
        await tell_of_tickets(
            uow,
            self.events,
            [ticket for ticket, _ in released],
            customers,
            {},
            before={ticket.id: agent_id for ticket, agent_id in released},
        )
        return len(released)
