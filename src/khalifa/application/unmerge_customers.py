"""Use case: what was taken for one person is two again."""

from collections.abc import Sequence
from dataclasses import dataclass

from khalifa.application.events import EventWriter
from khalifa.application.merge_customers import SHOWN
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.tickets import tell_of_ticket
from khalifa.application.views import MessageView
from khalifa.domain.agents import Agent, AgentId
from khalifa.domain.audit import Act, AuditEntry
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.errors import Conflict, NotFound
from khalifa.domain.merges import CustomerMerge, MergeId, recount
from khalifa.domain.messages import Message, MessageId
from khalifa.domain.tickets import Ticket, TicketEvent, TicketEventKind, TicketId
from khalifa.domain.words import Words

_LATER = Words("Merge {id} came later; undo it first.", "الدمج رقم {id} جاء بعده؛ تراجع عنه أولًا.")
_NOT_MERGED = Words("This customer was not merged with another.", "لم يُدمج هذا العميل مع غيره.")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmergeCustomers:
    """
    Undo a merge: identities, tickets and messages go back to whose they were.

    - What people changed since stays as it is.
    - What came in since goes with the identity it came from.
    - Replies written since stay on the ticket on which they were written.
    - Later merges of the same customers are undone first.
    """

    transact: Transact
    events: EventWriter
    clock: Clock

    async def __call__(self, agent: Agent | None, merge_id: MergeId) -> CustomerMerge:
        """
        Raises:
            NotAllowed: *agent* is no administrator.
            NotFound: there is no such merge.
            Conflict: it was undone before, or another must be undone first, which it names.
        """
        if agent is not None:
            agent.require_admin()

        async def work(uow: UnitOfWork) -> CustomerMerge:
            merge = await uow.merges.get(merge_id)
            ids = {merge.kept_id, merge.absorbed_id}
            locked = await uow.customers.lock(ids)
            merge = await uow.merges.get(merge_id)
            merge.undo(at=self.clock.now(), by=agent.id if agent else None)
            for later in await uow.merges.of_customers(ids):
                if later.id > merge.id and not later.is_undone:
                    raise Conflict(_LATER.filled(id=later.id))
            await _Unmerging(uow, self.events, merge, locked).undo()
            entry = AuditEntry(
                at=self.clock.now(),
                by=agent.id if agent else None,
                act=Act.CUSTOMERS_UNMERGED,
                subject=f"customer {merge.kept_id}",
                details={"absorbed": merge.absorbed_id, "merge": merge.id},
            )
            await uow.audit.add(entry)
            return merge

        return await self.transact(work)

    async def newest_of(self, agent: Agent, customer_id: CustomerId) -> CustomerMerge:
        """Undo the newest merge of a customer that stands; raises as a call does."""
        agent.require_admin()

        async def find(uow: UnitOfWork) -> MergeId:
            for merge in await uow.merges.of_customers([customer_id]):
                if not merge.is_undone:
                    return merge.id
            raise NotFound(_NOT_MERGED)

        return await self(agent, await self.transact.read(find))


class _Unmerging:
    """The undoing of one merge, with both customers locked."""

    def __init__(
        self,
        uow: UnitOfWork,
        events: EventWriter,
        merge: CustomerMerge,
        customers: dict[CustomerId, Customer],
    ) -> None:
        self._uow = uow
        self._events = events
        self._merge = merge
        self._at = merge.undone_at or merge.at
        self._customers = customers
        self._moved: list[MessageId] = []
        self._touched: set[TicketId] = set()
        self._held_before: dict[TicketId, AgentId | None] = {}

    async def undo(self) -> None:
        merge, uow = self._merge, self._uow
        kept, absorbed = (self._customers[id_] for id_ in (merge.kept_id, merge.absorbed_id))
        await uow.merges.save(merge)
        said = await uow.merges.said_since(merge)
        identities = [identity for identity in merge.identities if kept.is_named(identity)]
        await uow.customers.move_identities(identities, absorbed.id)
        kept.give_back(absorbed, identities, before=merge.before, after=merge.after)
        await uow.customers.save([kept, absorbed])

        await uow.merges.move_messages_back(merge)
        await uow.merges.hand_back(merge.tickets, absorbed.id)
        went_on = await self._part()
        misplaced = _misplaced(merge, said)
        wanting = set(misplaced) | ({went_on} if went_on else set())
        for customer_id in sorted(wanting):
            ticket = await self._open_ticket(customer_id, misplaced.get(customer_id, []))
            await self._put(misplaced.get(customer_id, []), ticket)
        await self._show()

    async def _part(self) -> CustomerId | None:
        """
        Take from the ticket that went on what was the other's.

        Return whose conversation goes on with it, on a ticket of its own.
        """
        before, other = self._merge.kept_ticket, self._merge.other_ticket
        if before is None:
            return None
        ticket = await self._uow.tickets.get(before.id)
        self._touch(ticket)
        if other is None:
            return None
        self._touched.add(other.id)
        ticket.unread = max(0, ticket.unread - other.unread)
        if other.delayed_at is not None:
            ticket.delayed_at = before.delayed_at
        if before.agent_id is None and ticket.is_open and ticket.agent_id == other.agent_id:
            ticket.agent_id = None
        await self._uow.tickets.save([ticket])
        return self._merge.owner_of(other.id) if ticket.is_open else None

    async def _open_ticket(self, customer_id: CustomerId, said: Sequence[Message]) -> Ticket:
        """Return the customer's open ticket: the one there is, the merged one, or a new one."""
        found = await self._uow.tickets.open_of([customer_id])
        if customer_id in found:
            self._touch(found[customer_id])
            return found[customer_id]
        other = self._merge.other_ticket
        if other is not None and self._merge.owner_of(other.id) == customer_id:
            ticket = await self._uow.tickets.get(other.id)
            ticket.reopen()
            ticket.agent_id = await self._still_here(other.agent_id)
            ticket.unread, ticket.delayed_at = other.unread, other.delayed_at
            await self._uow.tickets.save([ticket])
            kind = TicketEventKind.REOPENED
        else:
            customer = self._customers[customer_id]
            ticket = Ticket(
                customer_id=customer_id,
                provider=said[0].provider or customer.provider,
                id_ext=said[0].id_ext or customer.id_ext,
                opened_at=self._at,
            )
            await self._uow.tickets.add_new([ticket])
            kind = TicketEventKind.OPENED
        self._touch(ticket)
        await self._record(ticket.id, kind)
        return ticket

    async def _still_here(self, agent_id: AgentId | None) -> AgentId | None:
        if agent_id is None:
            return None
        agent = (await self._uow.agents.get_many([agent_id])).get(agent_id)
        return agent_id if agent is not None and not agent.disabled else None

    async def _put(self, said: Sequence[Message], ticket: Ticket) -> None:
        if not said:
            return
        ids = [message.id for message in said]
        await self._uow.merges.put_on(ids, ticket.id, ticket.customer_id)
        self._moved += ids
        self._touched |= {message.ticket_id for message in said}
        ticket.unread += len(ids)
        await self._uow.tickets.save([ticket])

    def _touch(self, ticket: Ticket) -> None:
        self._touched.add(ticket.id)
        self._held_before.setdefault(ticket.id, ticket.agent_id)

    async def _record(self, ticket_id: TicketId, kind: TicketEventKind) -> None:
        line = TicketEvent(
            ticket_id=ticket_id,
            kind=kind,
            at=self._at,
            by=self._merge.undone_by,
            reason=f"merge {self._merge.id} undone",
        )
        await self._uow.tickets.record([line])

    async def _show(self) -> None:
        """Let each ticket show what is on it now, and tell the screens."""
        merge, uow = self._merge, self._uow
        tickets = await uow.tickets.get_many(self._touched)
        for ticket in tickets.values():
            recount(ticket, await uow.messages.newest_of(ticket.id, SHOWN))
        await uow.tickets.save(list(tickets.values()))
        if merge.kept_ticket is not None:
            await self._record(merge.kept_ticket.id, TicketEventKind.UNMERGED)
        for ticket in tickets.values():
            customer = self._customers[ticket.customer_id]
            before = [self._held_before[ticket.id]] if ticket.id in self._held_before else []
            await tell_of_ticket(uow, self._events, ticket, customer, before=before)
        shown = [*await uow.merges.moved(merge, limit=SHOWN)]
        shown += (await uow.messages.get_many(self._moved[-SHOWN:])).values()
        await uow.events.add(
            [
                self._events.message(
                    MessageView.of(message), holder=tickets[message.ticket_id].agent_id
                )
                for message in shown
                if message.ticket_id in tickets
            ]
        )


def _misplaced(merge: CustomerMerge, said: Sequence[Message]) -> dict[CustomerId, list[Message]]:
    """Return what came in since that lies on the other's ticket now, by whose it is."""
    names = {identity.id_ext for identity in merge.identities}
    misplaced: dict[CustomerId, list[Message]] = {}
    for message in said:
        owner = merge.absorbed_id if message.id_ext in names else merge.kept_id
        if merge.owner_of(message.ticket_id) != owner:
            misplaced.setdefault(owner, []).append(message)
    return misplaced
