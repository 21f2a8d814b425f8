"""Use case: what an agent sees: own conversations; an administrator, all."""

from dataclasses import dataclass, replace

from khalifa.application.business_rules import BusinessRules
from khalifa.application.history_views import HistoryView
from khalifa.application.ports.readers import Holder, Inbox, TicketFilter, holder_seen_by
from khalifa.application.tickets import require_sight
from khalifa.application.views import MessageView, Page, TicketView
from khalifa.application.windows import Windows
from khalifa.domain.agents import Agent, AgentId
from khalifa.domain.customers import CustomerId
from khalifa.domain.tickets import TicketId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadInbox:
    """Lists for the desk. Each raises what `Inbox` raises, and `NotAllowed`."""

    inbox: Inbox
    windows: Windows
    rules: BusinessRules

    async def tickets(
        self,
        agent: Agent,
        *,
        status: TicketFilter,
        holder: AgentId | Holder,
        customer: CustomerId | None = None,
        cursor: str,
        limit: int,
    ) -> Page[TicketView]:
        """Return a page of the tickets *agent* may see among those asked for."""
        seen = holder_seen_by(agent, holder)
        page = await self.inbox.tickets(
            status=status, holder=seen, customer=customer, cursor=cursor, limit=limit
        )
        return Page(items=await self._with_times(page.items), next_cursor=page.next_cursor)

    async def ticket(self, agent: Agent, ticket_id: TicketId) -> TicketView:
        [ticket] = await self._with_times([await self._seen(agent, ticket_id)])
        return ticket

    async def _seen(self, agent: Agent, ticket_id: TicketId) -> TicketView:
        ticket = await self.inbox.ticket(ticket_id)
        require_sight(agent, AgentId(ticket.agent.id) if ticket.agent else None)
        return ticket

    async def _with_times(self, views: list[TicketView]) -> list[TicketView]:
        """Return *views* with what follows from the clock: when one is late, or out of window."""
        if any(view.waiting_since and not view.due_at for view in views):
            late_at = (await self.rules()).late_at
            views = [
                replace(view, due_at=view.due_at or late_at(view.waiting_since)) for view in views
            ]
        if not views or not await self.windows.matter():
            return views
        customers = await self.inbox.customers_of([view.id for view in views])
        return [
            replace(view, window_closes_at=self.windows.closes_at(customers[view.id]))
            for view in views
        ]

    async def messages(
        self, agent: Agent, ticket_id: TicketId, *, cursor: str, limit: int
    ) -> Page[MessageView]:
        await self._seen(agent, ticket_id)
        return await self.inbox.messages(ticket_id, cursor=cursor, limit=limit)

    async def history(self, agent: Agent, ticket_id: TicketId) -> HistoryView:
        """Return who did what with the ticket, and what was noted on it."""
        await self._seen(agent, ticket_id)
        return await self.inbox.history(ticket_id)
