"""Use cases: finding customers and messages, and folding what was filed so that it is found."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from khalifa.application.ports.clock import Clock
from khalifa.application.ports.readers import Holder, holder_seen_by
from khalifa.application.ports.search import MessageHitView, MessageSearch
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.read_customers import ReadCustomers
from khalifa.application.views import CustomerView
from khalifa.domain.agents import Agent
from khalifa.domain.folding import Search

MOST_CUSTOMERS = 10
FOLDED_AT_ONCE = 500
# In one sweep; the rest with the next.
MOST_BATCHES = 20
# A unit of work is cut off long before.
SETTLED_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerHitView:
    """A customer, and which conversation to open."""

    customer: CustomerView
    ticket_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundView:
    """As `MessageHits`; customers come with the first page only."""

    customers: list[CustomerHitView]
    messages: list[MessageHitView]
    next_cursor: str | None
    searched_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchMessages:
    """Find what somebody remembers of a conversation: a name, a number, words."""

    messages: MessageSearch
    read_customers: ReadCustomers

    async def __call__(self, agent: Agent, text: str, *, cursor: str, limit: int) -> FoundView:
        """
        Agents find what is on their own tickets, administrators everything.

        Raises:
            InvalidSearch: *text* is too little to look for, or too much.
            InvalidCursor: *cursor* is neither empty nor one a page gave.
        """
        search = Search(text)
        holder = holder_seen_by(agent, Holder.ANYONE)
        # At once: each may look for as long as somebody likes to wait.
        hits, customers = await asyncio.gather(
            self.messages.find(search, holder=holder, cursor=cursor, limit=limit),
            self._customers(agent, text, cursor),
        )
        return FoundView(
            customers=customers,
            messages=hits.items,
            next_cursor=hits.next_cursor,
            searched_until=hits.searched_until,
        )

    async def _customers(self, agent: Agent, text: str, cursor: str) -> list[CustomerHitView]:
        if cursor:
            return []
        page = await self.read_customers.find(agent, text, limit=MOST_CUSTOMERS)
        tickets = await self.messages.newest_tickets(
            [one.id for one in page.items], holder=holder_seen_by(agent, Holder.ANYONE)
        )
        return [
            CustomerHitView(
                customer=CustomerView(
                    id=one.id,
                    name=one.name,
                    phone=one.phone,
                    tags=one.tags,
                    blocked=one.blocked,
                ),
                ticket_id=tickets[one.id],
            )
            for one in page.items
            if one.id in tickets
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldMessages:
    """Fold what was filed since, in batches. Killed on the way, it goes on where it was."""

    transact: Transact
    clock: Clock

    async def __call__(self) -> None:
        async def fold(uow: UnitOfWork) -> int:
            settled = self.clock.now() - SETTLED_AFTER
            return await uow.search.fold_new(FOLDED_AT_ONCE, settled=settled)

        for _ in range(MOST_BATCHES):
            if await self.transact(fold) < FOLDED_AT_ONCE:
                return
