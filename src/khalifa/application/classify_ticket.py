"""Use case: how urgent a conversation is, and what it is about."""

from collections.abc import Iterable
from dataclasses import dataclass

from khalifa.application.edit_customer import UNCHANGED, Unchanged
from khalifa.application.events import EventWriter
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.tickets import tell_of_ticket, ticket_for
from khalifa.application.views import TicketView
from khalifa.domain.agents import Agent
from khalifa.domain.tickets import Priority, TicketId


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """What is to be changed. ``category`` None: none any more."""

    priority: Priority | Unchanged = UNCHANGED
    category: str | Unchanged | None = UNCHANGED
    tags: Iterable[str] | Unchanged = UNCHANGED


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifyTicket:
    """Give a ticket, open or closed, another priority, category or tags."""

    transact: Transact
    events: EventWriter

    async def __call__(self, agent: Agent, ticket_id: TicketId, new: Classification) -> TicketView:
        """
        Raises:
            NotFound, NotAllowed: no such ticket, or not for *agent*.
            InvalidTicket: the category or a tag is blank or too long; nothing is changed.
        """

        async def work(uow: UnitOfWork) -> TicketView:
            ticket, customer = await ticket_for(uow, agent, ticket_id)
            changed = ticket.classify(
                priority=ticket.priority if new.priority is UNCHANGED else new.priority,
                category=ticket.category if new.category is UNCHANGED else new.category,
                tags=ticket.tags if new.tags is UNCHANGED else new.tags,
            )
            if changed:
                await uow.tickets.save([ticket])
            return await tell_of_ticket(uow, self.events, ticket, customer)

        return await self.transact(work)
