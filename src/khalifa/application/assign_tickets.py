"""Use cases: give tickets to agents, by hand and by the rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from khalifa.application.events import EventWriter
from khalifa.application.in_batches import in_batches
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.tickets import (
    hand_over,
    require_enabled,
    tell_of_ticket,
    tell_of_tickets,
    ticket_for,
)
from khalifa.application.views import TicketView
from khalifa.domain.agents import Agent, AgentId, Rota
from khalifa.domain.audit import Act, AuditEntry
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.tickets import Ticket, TicketEvent, TicketEventKind, TicketId

# One transaction's worth; the rest follows in the next.
AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignTicket:
    """
    Give an open ticket to an agent, or back to the queue.

    Administrators only. A person's choice stands above capacity and presence,
    not above an agent being disabled.
    """

    transact: Transact
    events: EventWriter
    clock: Clock

    async def __call__(
        self, agent: Agent, ticket_id: TicketId, to: AgentId | None, *, reason: str | None = None
    ) -> TicketView:
        agent.require_admin()

        async def work(uow: UnitOfWork) -> TicketView:
            ticket, customer = await ticket_for(uow, agent, ticket_id)
            if to is not None:
                await require_enabled(uow, to)
            before = ticket.agent_id
            kind = TicketEventKind.ASSIGNED if to else TicketEventKind.UNASSIGNED
            await hand_over(
                uow, ticket, to, by=agent, kind=kind, at=self.clock.now(), reason=reason
            )
            if before != to:
                entry = AuditEntry(
                    at=self.clock.now(),
                    by=agent.id,
                    act=Act.TICKET_ASSIGNED,
                    subject=f"ticket {ticket.id}",
                    details={"agent_id": [before, to]},
                )
                await uow.audit.add(entry)
            return await tell_of_ticket(uow, self.events, ticket, customer, before=[before])

        return await self.transact(work)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignWaitingTickets:
    """Give tickets that wait to agents with room, oldest first, least loaded first."""

    transact: Transact
    events: EventWriter
    clock: Clock

    async def __call__(self) -> int:
        """Return how many tickets found an agent."""
        return await in_batches(self._give_some, at_once=AT_ONCE)

    async def _give_some(self) -> int:
        waiting = await self.transact.read(lambda uow: uow.tickets.waiting(AT_ONCE))
        return await self.transact(lambda uow: self._give(uow, waiting)) if waiting else 0

    async def _give(self, uow: UnitOfWork, waiting: Sequence[Ticket]) -> int:
        customers = await uow.customers.lock([ticket.customer_id for ticket in waiting])
        still = await uow.tickets.get_many([ticket.id for ticket in waiting])
        rota = Rota(await uow.agents.lock_online(), await uow.tickets.loads())
        given: list[Ticket] = []
        for ticket_id in (ticket.id for ticket in waiting):
            ticket = still[ticket_id]
            taken = not ticket.is_open or ticket.agent_id is not None
            if taken or ticket.customer_id not in customers:
                continue
            agent_id = rota.take(now=self.clock.now())
            if agent_id is None:
                break
            ticket.assign(agent_id)
            given.append(ticket)
        if given:
            await self._write(uow, given, customers, rota)
        return len(given)

    async def _write(
        self,
        uow: UnitOfWork,
        given: list[Ticket],
        customers: Mapping[CustomerId, Customer],
        rota: Rota,
    ) -> None:
        now = self.clock.now()
        holders = {ticket.agent_id for ticket in given if ticket.agent_id is not None}
        agents = {agent.id: agent for agent in rota.touched(holders)}
        await uow.tickets.save(given)
        await uow.tickets.record(
            [
                TicketEvent(
                    ticket_id=ticket.id,
                    kind=TicketEventKind.ASSIGNED,
                    at=now,
                    to_agent_id=ticket.agent_id,
                )
                for ticket in given
            ]
        )
        await uow.agents.save(list(agents.values()))
        queued = {ticket.id: None for ticket in given}
        await tell_of_tickets(uow, self.events, given, customers, agents, before=queued)
