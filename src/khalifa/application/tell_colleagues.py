"""Use case: whoever has a conversation open is seen by the others who have."""

from dataclasses import dataclass
from enum import StrEnum

from khalifa.application.events import EventWriter
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.tickets import require_sight
from khalifa.application.views import AgentNameView, ReaderView
from khalifa.domain.agents import Agent
from khalifa.domain.tickets import TicketId


class Doing(StrEnum):
    """What an agent does in a conversation."""

    READS = "reads"
    WRITES = "writes"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class TellColleagues:
    """
    Tell everybody who may see a conversation what an agent does in it.

    Nothing of it is kept: screens forget what they have not heard for a while.
    """

    transact: Transact
    events: EventWriter
    clock: Clock

    async def __call__(self, agent: Agent, ticket_id: TicketId, doing: Doing) -> None:
        """
        Raises:
            NotFound, NotAllowed: no such ticket, or not for *agent*.
        """

        async def work(uow: UnitOfWork) -> None:
            ticket = await uow.tickets.get(ticket_id)
            require_sight(agent, ticket.agent_id)
            view = ReaderView(
                id=ticket.id,
                agent=AgentNameView(id=agent.id, name=agent.name),
                doing=doing.value,
                at=self.clock.now(),
            )
            await uow.events.add([self.events.reader(view, holder=ticket.agent_id)])

        await self.transact(work)
