"""Use case: forget one customer, and prove it."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from khalifa.application.events import EventWriter
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.journal import BodyKey
from khalifa.application.ports.media import MediaStore
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.read_customers import NO_SUCH_CUSTOMER
from khalifa.application.tickets import tell_of_ticket
from khalifa.application.views import MessageView
from khalifa.application.watch_delays import end_delay
from khalifa.domain.agents import Agent
from khalifa.domain.audit import Act, AuditEntry
from khalifa.domain.contacts import Identity
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.errors import Conflict, NotFound
from khalifa.domain.media import MediaId
from khalifa.domain.messages import Message, MessageId
from khalifa.domain.tickets import TicketEvent, TicketEventKind
from khalifa.domain.words import Words

AT_ONCE = 500
BODIES_AT_ONCE = 200
# A shorter name would be found in half of all bodies.
SHORTEST_NAME = 5
REASON = "erased"
_ON_ITS_WAY = Words(
    "A reply to this customer is still on its way. Wait until it is sent, or has failed.",
    "لا يزال هناك رد في طريقه إلى هذا العميل. انتظر حتى يُرسل أو يفشل.",
)
_PART = Words(
    "This customer is part of customer {id} now.", "هذا العميل جزء من العميل رقم {id} الآن."
)

Progress = Callable[[int], None]


@dataclass(slots=True, kw_only=True)
class Erasure:
    """What was forgotten, and what was still ``left`` when all was looked for once more."""

    customer_id: CustomerId
    messages: int = 0
    files: int = 0
    bodies: int = 0
    left: int = 0


async def erase_messages(
    uow: UnitOfWork, messages: Sequence[Message], *, at: datetime
) -> tuple[list[MediaId], int]:
    """
    Erase *messages*, whose customers are locked, and what else speaks of them.

    Return their files, which have let go of them, and of how many bodies nothing is left.
    """
    bodies = await uow.erasures.forget_traces(messages)
    ids = [message.id for message in messages]
    files = await uow.erasures.files_of(ids)
    await uow.media.detach(ids)
    for message in messages:
        message.erase(at=at)
    await uow.messages.save(messages)
    await uow.search.fold_again(messages)
    return files, bodies


async def remove_files(transact: Transact, store: MediaStore, files: Collection[MediaId]) -> None:
    """
    Remove *files* that no message has any more, and their records.

    Where this is cut off, the sweep of uploads that nobody sent does it.
    """
    if files:
        await store.remove(files)
        await transact(lambda uow: uow.erasures.forget_files(files))


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseCustomer:
    """
    Forget what one customer, and whoever became part of this one, is called, said and sent.

    That something was said, when, and by which agent stays, for the figures; so
    do the ledger's counts. A tombstone of each message's id keeps the same one
    from ever being filed again. The open conversation is closed. Interrupted,
    it is to be given again: names go last.
    """

    transact: Transact
    store: MediaStore
    events: EventWriter
    clock: Clock

    async def __call__(
        self,
        agent: Agent | None,
        customer_id: CustomerId,
        *,
        progress: Progress = lambda _: None,
    ) -> Erasure:
        """
        Erase *customer_id*; *agent* is None for the operator at the machine.

        Raises:
            NotAllowed: *agent* is no administrator.
            NotFound: there is no such customer.
            Conflict: a reply is on its way, or the customer is part of another.
        """
        if agent is not None:
            agent.require_admin()
        erasure = Erasure(customer_id=customer_id)
        identities = await self.transact(lambda uow: self._begin(uow, customer_id, agent))
        names = {one.id_ext for one in identities if len(one.id_ext) >= SHORTEST_NAME}
        files: set[MediaId] = set()

        async def erase_some(uow: UnitOfWork) -> tuple[MessageId, int, int, list[MediaId]]:
            await self._locked(uow, customer_id)
            return await self._erase_some(uow, customer_id, after=after)

        after = MessageId(0)
        while True:
            last, messages, bodies, found = await self.transact(erase_some)
            if last == after:
                break
            after = last
            erasure.messages, erasure.bodies = erasure.messages + messages, erasure.bodies + bodies
            files.update(found)
            progress(erasure.messages)
        erasure.bodies += await self._forget_bodies(names)
        files.update(await self.transact(lambda uow: self._end(uow, erasure, agent, after)))
        await remove_files(self.transact, self.store, files)
        erasure.files = len(files)
        erasure.left = await self.transact(lambda uow: self._left(uow, customer_id))
        erasure.left += await self._forget_bodies(names)
        return erasure

    async def _locked(self, uow: UnitOfWork, customer_id: CustomerId) -> list[Customer]:
        locked = await uow.customers.lock(await uow.erasures.family(customer_id))
        if customer_id not in locked:
            raise NotFound(NO_SUCH_CUSTOMER)
        kept = locked[customer_id].merged_into
        if kept is not None:
            raise Conflict(_PART.filled(id=kept))
        return list(locked.values())

    async def _begin(
        self, uow: UnitOfWork, customer_id: CustomerId, agent: Agent | None
    ) -> set[Identity]:
        """Close the open conversation; return how the customer was ever called."""
        family = await self._locked(uow, customer_id)
        ids = [customer.id for customer in family]
        if any((await uow.deliveries.waiting_of(ids)).values()):
            raise Conflict(_ON_ITS_WAY)
        now, by = self.clock.now(), agent.id if agent else None
        for ticket in (await uow.tickets.open_of(ids)).values():
            await end_delay(uow, ticket, at=now, by=by)
            line = TicketEvent(
                ticket_id=ticket.id,
                kind=TicketEventKind.CLOSED,
                at=now,
                by=by,
                from_agent_id=ticket.agent_id,
                reason=REASON,
            )
            ticket.close(now=now, reason=REASON)
            await uow.tickets.save([ticket])
            await uow.tickets.record([line])
            await tell_of_ticket(uow, self.events, ticket, family[0])
        return {name for one in family for name in (*one.identities, *one.former)}

    async def _erase_some(
        self, uow: UnitOfWork, customer_id: CustomerId, *, after: MessageId
    ) -> tuple[MessageId, int, int, list[MediaId]]:
        """Return the last message that was erased, how many, of how many bodies, and the files."""
        family = await uow.erasures.family(customer_id)
        messages = await uow.erasures.said(family, after=after, limit=AT_ONCE)
        if not messages:
            return after, 0, 0, []
        ids = [message.id for message in messages]
        files, bodies = await erase_messages(uow, messages, at=self.clock.now())
        tickets = await uow.tickets.get_many({message.ticket_id for message in messages})
        await uow.events.add(
            [
                self.events.message(
                    MessageView.of(message), holder=tickets[message.ticket_id].agent_id
                )
                for message in messages
            ]
        )
        return ids[-1], len(ids), bodies, files

    async def _end(
        self, uow: UnitOfWork, erasure: Erasure, agent: Agent | None, after: MessageId
    ) -> Collection[MediaId]:
        """Erase what was said meanwhile, and then who it was."""
        family = await self._locked(uow, erasure.customer_id)
        last, files = after, list[MediaId]()
        while True:
            newest, _, _, found = await self._erase_some(uow, erasure.customer_id, after=last)
            if newest == last:
                break
            last, files = newest, [*files, *found]
        names = {name for one in family for name in (*one.identities, *one.former)}
        await uow.erasures.forget_people([customer.id for customer in family], names)
        for customer in family:
            customer.erase()
        await uow.customers.save(family)
        entry = AuditEntry(
            at=self.clock.now(),
            by=agent.id if agent else None,
            act=Act.CUSTOMER_ERASED,
            subject=f"customer {erasure.customer_id}",
            details={"messages": erasure.messages, "bodies": erasure.bodies},
        )
        await uow.audit.add(entry)
        return files

    async def _forget_bodies(self, names: Collection[str]) -> int:
        forgotten, after = 0, None
        while True:

            async def some(
                uow: UnitOfWork, after: BodyKey | None = after
            ) -> tuple[int, BodyKey | None]:
                return await uow.erasures.forget_bodies(names, after=after, limit=BODIES_AT_ONCE)

            found, after = await self.transact(some)
            forgotten += found
            if after is None:
                return forgotten

    async def _left(self, uow: UnitOfWork, customer_id: CustomerId) -> int:
        return await uow.erasures.left(await uow.erasures.family(customer_id))
