"""Use case: two customers are one person, and become one customer."""

from dataclasses import dataclass
from datetime import datetime

from khalifa.application.events import EventWriter
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.read_customers import NO_SUCH_CUSTOMER
from khalifa.application.tickets import tell_of_ticket
from khalifa.application.views import MessageView
from khalifa.domain.agents import Agent, AgentId
from khalifa.domain.audit import Act, AuditEntry
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.errors import NotFound
from khalifa.domain.merges import MERGED, CustomerMerge, TicketBefore, join, require_mergeable
from khalifa.domain.tickets import Ticket, TicketEvent, TicketEventKind

BY_HAND = "by hand"
# Older messages of a conversation come when its screen asks for them.
SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerMerger:
    """
    Makes two customers one, inside a transaction in which both are locked.

    - The kept one gets the other's identities, tickets and messages, and what
      people said of it; the absorbed one stays as a row that names it.
    - One open ticket is left: the older goes on, with the messages of the
      other, which is closed.
    - What a provider reported of a message is never touched.
    - All is on record: `UnmergeCustomers` undoes it.
    """

    uow: UnitOfWork
    events: EventWriter
    now: datetime

    async def were_parted(self, one: Customer, other: Customer) -> bool:
        """Say whether a merge of the two was undone: a person has said that they are two."""
        both = {one.id, other.id}
        return any(
            merge.is_undone and {merge.kept_id, merge.absorbed_id} == both
            for merge in await self.uow.merges.of_customers(both)
        )

    async def merge(
        self, kept: Customer, absorbed: Customer, *, reason: str, by: AgentId | None = None
    ) -> CustomerMerge:
        """Raises `Conflict` when they are one already."""
        require_mergeable(kept, absorbed)
        uow, both = self.uow, (kept.id, absorbed.id)
        open_tickets = await uow.tickets.open_of(both)
        ticket, other = _older_first([open_tickets[id_] for id_ in both if id_ in open_tickets])
        before, identities = kept.facts, (*absorbed.identities, *absorbed.former)
        merge = CustomerMerge(
            kept_id=kept.id,
            absorbed_id=absorbed.id,
            reason=reason,
            by=by,
            at=self.now,
            identities=identities,
            kept_ticket=TicketBefore.of(ticket) if ticket else None,
            other_ticket=TicketBefore.of(other) if other else None,
            last_message_id=await uow.merges.last_message_of(both),
            before=before,
            after=before,
        )
        await uow.customers.move_identities(identities, kept.id)
        kept.absorb(absorbed)
        merge.after = kept.facts
        await uow.customers.save([kept, absorbed])
        if ticket and other:
            if ticket.delayed_at is None and other.delayed_at is not None:
                await uow.delays.hand_over(other.id, to=ticket.id)
            join(ticket, other)
            other.close(now=merge.at, reason=MERGED)
            await uow.tickets.save([other])
        merge.tickets = tuple(await uow.merges.hand_over(absorbed.id, kept.id))
        await uow.merges.add(merge)
        await uow.merges.move_messages(merge)
        for one in (ticket, other):
            if one is not None:
                one.customer_id = kept.id
        if ticket:
            await self._go_on(merge, kept, ticket, other)
        return merge

    async def _go_on(
        self, merge: CustomerMerge, kept: Customer, ticket: Ticket, other: Ticket | None
    ) -> None:
        """Tell the screens of the ticket that goes on, and of the one that does not."""
        if other is None:
            ticket.version += 1
        await self.uow.tickets.save([ticket])
        await self.uow.tickets.record(_record(merge, ticket, other))
        if other is not None:
            await tell_of_ticket(self.uow, self.events, other, kept, before=[ticket.agent_id])
            moved = await self.uow.merges.moved(merge, limit=SHOWN)
            await self.uow.events.add(
                [
                    self.events.message(MessageView.of(message), holder=ticket.agent_id)
                    for message in moved
                ]
            )
        before = [one.agent_id for one in (merge.kept_ticket, merge.other_ticket) if one]
        await tell_of_ticket(self.uow, self.events, ticket, kept, before=before)


def _older_first(tickets: list[Ticket]) -> tuple[Ticket | None, Ticket | None]:
    one, other, *_ = [
        *sorted(tickets, key=lambda ticket: (ticket.opened_at, ticket.id)),
        None,
        None,
    ]
    return one, other


def _record(merge: CustomerMerge, ticket: Ticket, other: Ticket | None) -> list[TicketEvent]:
    lines = [
        TicketEvent(
            ticket_id=ticket.id,
            kind=TicketEventKind.MERGED,
            at=merge.at,
            by=merge.by,
            reason=f"merge {merge.id}: {merge.reason}",
        )
    ]
    if other is not None:
        lines.append(
            TicketEvent(
                ticket_id=other.id,
                kind=TicketEventKind.CLOSED,
                at=merge.at,
                by=merge.by,
                from_agent_id=other.agent_id,
                reason=f"merged into ticket {ticket.id}",
            )
        )
    return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeCustomers:
    """Make two customers one because a person says so: an administrator, or the operator."""

    transact: Transact
    events: EventWriter
    clock: Clock

    async def __call__(
        self, agent: Agent | None, kept_id: CustomerId, other_id: CustomerId
    ) -> CustomerMerge:
        """
        Let *kept_id* absorb *other_id*; *agent* is None for the operator at the machine.

        Raises:
            NotAllowed: *agent* is no administrator.
            NotFound: there is no such customer.
            Conflict: they are one already, or one of them is part of another.
        """
        if agent is not None:
            agent.require_admin()

        async def work(uow: UnitOfWork) -> CustomerMerge:
            locked = await uow.customers.lock({kept_id, other_id})
            if not {kept_id, other_id} <= locked.keys():
                raise NotFound(NO_SUCH_CUSTOMER)
            merger = CustomerMerger(uow=uow, events=self.events, now=self.clock.now())
            by = agent.id if agent else None
            merge = await merger.merge(locked[kept_id], locked[other_id], reason=BY_HAND, by=by)
            entry = AuditEntry(
                at=merge.at,
                by=by,
                act=Act.CUSTOMERS_MERGED,
                subject=f"customer {kept_id}",
                details={"absorbed": other_id, "merge": merge.id},
            )
            await uow.audit.add(entry)
            return merge

        return await self.transact(work)
