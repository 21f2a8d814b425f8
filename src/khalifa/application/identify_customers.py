"""Whose each thing of a list is: found, locked, made one where a message proves it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from khalifa.application.events import EventWriter
from khalifa.application.merge_customers import CustomerMerger
from khalifa.application.ports.ledger import Outcome
from khalifa.application.ports.unit_of_work import ConcurrentChange, UnitOfWork
from khalifa.application.tickets import tell_of_tickets
from khalifa.domain.contacts import Identity
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.messages import IdentityChange, IncomingMessage

ONE_MESSAGE = "one message named both"
ONE_BECAME_THE_OTHER = "the provider said that the one became the other"
DIRECTORY = "the provider's directory names both as one"


@dataclass(slots=True, kw_only=True)
class CustomerFinder:
    """
    Finds the customers of messages and of changes of identity, inside a transaction.

    First `find`, which says who must be added before; then `lock`, after which
    everybody named by one message is one customer; then `of` and `follow`.
    ``proof`` says why those whom a change names are one.
    """

    uow: UnitOfWork
    merger: CustomerMerger
    now: datetime
    proof: str = ONE_BECAME_THE_OTHER
    customers: dict[CustomerId, Customer] = field(default_factory=dict)
    _named: dict[Identity, CustomerId] = field(default_factory=dict)
    _messages: Sequence[IncomingMessage] = ()
    _changes: Sequence[IdentityChange] = ()

    async def find(
        self, messages: Sequence[IncomingMessage], changes: Sequence[IdentityChange]
    ) -> list[Customer]:
        """Return a new customer for each sender none of whose identities is known."""
        self._messages, self._changes = messages, changes
        identities = {identity for message in messages for identity in message.identities}
        identities |= {i for change in changes for i in (*change.previous, *change.current)}
        self._named = await self.uow.customers.named(identities)
        return self._strangers(messages)

    def _strangers(self, messages: Iterable[IncomingMessage]) -> list[Customer]:
        drafts: dict[Identity, Customer] = {}
        for message in messages:
            if any(identity in self._named for identity in message.identities):
                continue
            known = next((drafts[i] for i in message.identities if i in drafts), None)
            customer = known or Customer(
                provider=message.provider,
                id_ext=message.identities[0].id_ext,
                last_provider=message.provider,
                created_at=self.now,
            )
            customer.learn(message.identities, None if message.from_us else message.name)
            drafts.update(dict.fromkeys(message.identities, customer))
        unique = {id(customer): customer for customer in drafts.values()}
        return sorted(unique.values(), key=lambda customer: sorted(customer.identities))

    async def lock(self, others: Iterable[CustomerId]) -> dict[CustomerId, Customer]:
        """
        Lock everybody found, and *others*; make one of those whom one message names.

        Raises:
            ConcurrentChange: an identity has become another's since it was looked up.
        """
        self.customers = await self.uow.customers.lock({*self._named.values(), *others})
        for identity, customer_id in self._named.items():
            customer = self.customers.get(customer_id)
            if customer is None or not customer.is_named(identity):
                reason = "an identity has just moved to another customer"
                raise ConcurrentChange(reason)
        for message in self._messages:
            await self._make_one(message.identities, ONE_MESSAGE)
        for change in self._changes:
            await self._make_one((*change.previous, *change.current), self.proof)
        return self.customers

    async def _make_one(self, identities: Iterable[Identity], reason: str) -> None:
        """
        Merge all whom *identities* name: the customer known longest absorbs the others.

        Those whom a person has parted stay two, whatever a provider says.
        """
        named = sorted({self._named[i] for i in identities if i in self._named})
        for other_id in named[1:]:
            kept, other = self.customers[named[0]], self.customers[other_id]
            if await self.merger.were_parted(kept, other):
                continue
            await self.merger.merge(kept, other, reason=reason)
            for identity, customer_id in self._named.items():
                if customer_id == other_id:
                    self._named[identity] = kept.id

    def of(self, message: IncomingMessage) -> Customer:
        """Return whose *message* is."""
        return next(self.customers[self._named[i]] for i in message.identities if i in self._named)

    def learn(self, message: IncomingMessage) -> bool:
        """Take in what a message says of its sender; say whether anything is to be written."""
        customer = self.of(message)
        before = (customer.facts, *customer.identities)
        name = None if message.from_us else message.name
        new = customer.learn(
            self._not_others(message.identities, customer), name, at=message.sent_at
        )
        if not message.from_us:
            customer.last_provider = message.provider
        self._named.update(dict.fromkeys(new, customer.id))
        return before != (customer.facts, *customer.identities)

    def follow(self, change: IdentityChange) -> tuple[Customer | None, Outcome, str]:
        """Take in a change; return whose it is, and what became of it with the reason."""
        names = (*change.previous, *change.current)
        known = sorted({self._named[i] for i in names if i in self._named})
        if not known:
            return None, Outcome.IGNORED, "a change of somebody unknown"
        if len(known) > 1:
            return None, Outcome.IGNORED, "a person has said that these are two customers"
        customer = self.customers[known[0]]
        if not customer.change(change.previous, change.current, at=change.at or self.now):
            return None, Outcome.DUPLICATE, "the change is known already"
        self._named.update(dict.fromkeys(change.current, customer.id))
        return customer, Outcome.STORED, ""

    def _not_others(self, identities: Iterable[Identity], customer: Customer) -> list[Identity]:
        """Return those of *identities* that are *customer*'s, or nobody's yet."""
        return [i for i in identities if self._named.get(i, customer.id) == customer.id]


async def tell_of_customers(
    uow: UnitOfWork, events: EventWriter, customers: Sequence[Customer]
) -> None:
    """Let the open tickets of customers that changed show them as they are now."""
    by_id = {customer.id: customer for customer in customers}
    found, holders = await uow.tickets.open_with_holders(by_id)
    tickets = list(found.values())
    if not tickets:
        return
    for ticket in tickets:
        ticket.version += 1
    await uow.tickets.save(tickets)
    await tell_of_tickets(uow, events, tickets, by_id, holders)
