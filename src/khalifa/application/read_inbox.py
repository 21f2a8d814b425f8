"""Use case: what an agent sees: own conversations; an administrator, all."""

from dataclasses import dataclass

from khalifa.application.ports.readers import Holder, Inbox, TicketFilter, holder_seen_by
from khalifa.application.tickets import require_sight
from khalifa.application.views import MessageView, Page, TicketView
from khalifa.domain.agents import Agent, AgentId
from khalifa.domain.tickets import TicketId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadInbox:
    """Lists for the desk. Each raises what `Inbox` raises, and `NotAllowed`."""

    inbox: Inbox

    async def tickets(
        self,
        agent: Agent,
        *,
        status: TicketFilter,
        holder: AgentId | Holder,
        cursor: str,
        limit: int,
    ) -> Page[TicketView]:
        """Return a page of the tickets *agent* may see among those asked for."""
        seen = holder_seen_by(agent, holder)
        return await self.inbox.tickets(status=status, holder=seen, cursor=cursor, limit=limit)

    async def ticket(self, agent: Agent, ticket_id: TicketId) -> TicketView:
        ticket = await self.inbox.ticket(ticket_id)
        require_sight(agent, AgentId(ticket.agent.id) if ticket.agent else None)
        return ticket

    async def messages(
        self, agent: Agent, ticket_id: TicketId, *, cursor: str, limit: int
    ) -> Page[MessageView]:
        await self.ticket(agent, ticket_id)
        return await self.inbox.messages(ticket_id, cursor=cursor, limit=limit)
