"""Use case: all that is on file of one customer, to be given out."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from khalifa.application.customer_views import CustomerDetailsView
from khalifa.application.history_views import HistoryView
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.readers import Holder, Inbox, TicketFilter
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.read_customers import ReadCustomers
from khalifa.application.views import MessageView, TicketView
from khalifa.domain.agents import Agent
from khalifa.domain.audit import Act, AuditEntry
from khalifa.domain.customers import CustomerId
from khalifa.domain.tickets import TicketId

AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedTicket:
    """A conversation with its record, and what was said on it, oldest first."""

    ticket: TicketView
    history: HistoryView
    messages: list[MessageView]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportCustomer:
    """Read all that is known of a customer, as the API shows it. That it was read is on record."""

    read_customers: ReadCustomers
    inbox: Inbox
    transact: Transact
    clock: Clock

    async def __call__(
        self, agent: Agent | None, customer_id: CustomerId
    ) -> tuple[CustomerDetailsView, AsyncIterator[ExportedTicket]]:
        """
        Return who the customer is, and every conversation, the newest first.

        Raises:
            NotAllowed: *agent* is no administrator; None is the operator at the machine.
            NotFound: there is no such customer.
        """
        if agent is not None:
            agent.require_admin()
        customer = await self.read_customers.get(agent, customer_id)

        async def record(uow: UnitOfWork) -> None:
            entry = AuditEntry(
                at=self.clock.now(),
                by=agent.id if agent else None,
                act=Act.CUSTOMER_EXPORTED,
                subject=f"customer {customer.id}",
            )
            await uow.audit.add(entry)

        await self.transact(record)
        return customer, self._tickets(CustomerId(customer.id))

    async def _tickets(self, customer_id: CustomerId) -> AsyncIterator[ExportedTicket]:
        cursor: str | None = ""
        while cursor is not None:
            page = await self.inbox.tickets(
                status=TicketFilter.ALL,
                holder=Holder.ANYONE,
                customer=customer_id,
                cursor=cursor,
                limit=AT_ONCE,
            )
            cursor = page.next_cursor
            for ticket in page.items:
                ticket_id = TicketId(ticket.id)
                yield ExportedTicket(
                    ticket=ticket,
                    history=await self.inbox.history(ticket_id),
                    messages=await self._messages(ticket_id),
                )

    async def _messages(self, ticket_id: TicketId) -> list[MessageView]:
        pages: list[list[MessageView]] = []
        cursor: str | None = ""
        while cursor is not None:
            page = await self.inbox.messages(ticket_id, cursor=cursor, limit=AT_ONCE)
            pages.append(page.items)
            cursor = page.next_cursor
        # Pages come the newest first, and what is in each the oldest first.
        return [message for items in reversed(pages) for message in items]
