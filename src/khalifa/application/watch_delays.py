"""Use cases: see which customers wait for too long, and show how long they did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from khalifa.application.business_rules import BusinessRules
from khalifa.application.events import EventWriter
from khalifa.application.in_batches import in_batches
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.tickets import locked_tickets, require_sight, tell_of_tickets
from khalifa.domain.agents import Agent, AgentId
from khalifa.domain.business_settings import BusinessSettings
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.delays import Delay
from khalifa.domain.tickets import Ticket, TicketEvent, TicketEventKind, TicketId

# In one transaction. The rest follows in the next.
AT_ONCE = 100


async def end_delay(uow: UnitOfWork, ticket: Ticket, *, at: datetime, by: AgentId | None) -> None:
    """End the delay of a ticket that is about to be answered or closed, if there is one."""
    if ticket.delayed_at is not None:
        await uow.delays.end({ticket.id: at}, by=by)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchDelays:
    """
    Make tickets delayed whose customers have waited for too long, and end what is over.

    The clock runs while the business is open. A delay begins when the time was
    over, whenever that is noticed. Most delays are ended by whoever answers;
    what was answered on the phone, or merged, is found here.
    """

    transact: Transact
    rules: BusinessRules
    events: EventWriter
    clock: Clock

    async def __call__(self) -> int:
        """Return how many tickets became delayed."""
        await in_batches(self._end_some, at_once=AT_ONCE)
        settings = await self.rules()
        return await in_batches(lambda: self._delay_some(settings), at_once=AT_ONCE)

    async def _delay_some(self, settings: BusinessSettings) -> int:
        since = settings.late_since(self.clock.now())
        if since is None:
            return 0
        overdue = await self.transact.read(lambda uow: uow.delays.overdue(since, limit=AT_ONCE))
        if not overdue:
            return 0
        return await self.transact(lambda uow: self._delay(uow, overdue, since, settings))

    async def _delay(
        self,
        uow: UnitOfWork,
        overdue: Sequence[TicketId],
        since: datetime,
        settings: BusinessSettings,
    ) -> int:
        tickets, customers = await locked_tickets(uow, overdue)
        delayed = [
            ticket
            for ticket in tickets
            if ticket.waiting_since is not None
            and ticket.waiting_since <= since
            and (late_at := settings.late_at(ticket.waiting_since)) is not None
            and ticket.delay(at=late_at)
        ]
        if delayed:
            await self._write(uow, delayed, customers)
        return len(delayed)

    async def _write(
        self, uow: UnitOfWork, delayed: Sequence[Ticket], customers: Mapping[CustomerId, Customer]
    ) -> None:
        began = [(ticket, ticket.delayed_at) for ticket in delayed if ticket.delayed_at]
        await uow.tickets.save(delayed)
        await uow.tickets.record(
            [
                TicketEvent(
                    ticket_id=ticket.id,
                    kind=TicketEventKind.DELAYED,
                    at=at,
                    from_agent_id=ticket.agent_id,
                )
                for ticket, at in began
            ]
        )
        await uow.delays.begin(
            [
                Delay(ticket_id=ticket.id, agent_id=ticket.agent_id, started_at=at)
                for ticket, at in began
            ]
        )
        holders = await uow.agents.get_many({t.agent_id for t in delayed if t.agent_id})
        await tell_of_tickets(uow, self.events, delayed, customers, holders)

    async def _end_some(self) -> int:
        over = await self.transact.read(lambda uow: uow.delays.left_over(limit=AT_ONCE))
        return await self.transact(lambda uow: self._end(uow, over)) if over else 0

    async def _end(self, uow: UnitOfWork, over: Sequence[Delay]) -> int:
        started = {delay.ticket_id: delay.started_at for delay in over}
        tickets, _ = await locked_tickets(uow, list(started))
        now = self.clock.now()
        ends = {
            ticket.id: max(started[ticket.id], min(_answered_at(ticket) or now, now))
            for ticket in tickets
            if ticket.delayed_at != started[ticket.id]
        }
        await uow.delays.end(ends, by=None)
        return len(ends)


def _answered_at(ticket: Ticket) -> datetime | None:
    return ticket.last_message_at if ticket.is_open else ticket.closed_at


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDelays:
    """Return a ticket's delays, oldest first, to whoever may see the ticket."""

    transact: Transact

    async def __call__(self, agent: Agent, ticket_id: TicketId) -> list[Delay]:
        """
        Raises:
            NotFound, NotAllowed: no such ticket, or not for *agent*.
        """

        async def work(uow: UnitOfWork) -> list[Delay]:
            require_sight(agent, (await uow.tickets.get(ticket_id)).agent_id)
            return await uow.delays.of_ticket(ticket_id)

        return await self.transact.read(work)
