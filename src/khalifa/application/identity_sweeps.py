"""The sweeps that learn who customers are, and forget what they are no longer called."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from khalifa.application.events import EventWriter
from khalifa.application.identify_customers import (
    DIRECTORY,
    CustomerFinder,
    tell_of_customers,
)
from khalifa.application.merge_customers import CustomerMerger
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.identities import Lookup
from khalifa.application.ports.messaging import DeliveryError, Providers
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.domain.contacts import Identity
from khalifa.domain.messages import IdentityChange

# One after the other: a directory asked for everybody at once looks like a machine.
AT_ONCE = 3
LEASE = timedelta(minutes=1)
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(days=1)
# With these pauses, a little more than two weeks.
MAX_ATTEMPTS = 20
# Operators give a number to somebody else after some months; until then its messages are
# the customer's, late or by mistake.
KEEP_FORMER = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpIdentities:
    """
    Ask providers for the numbers of customers who came without one.

    What is found is kept: whoever comes under either name is the same
    customer. When both names had a customer, the two become one. A provider
    that does not answer, or does not know, is asked again later; nothing
    waits for it.
    """

    transact: Transact
    providers: Providers
    events: EventWriter
    clock: Clock

    async def __call__(self) -> int:
        """Return how many customers became better known."""
        now = self.clock.now()
        due = await self.transact(
            lambda uow: uow.lookups.claim(now=now, until=now + LEASE, limit=AT_ONCE)
        )
        known = 0
        for lookup in due:
            others = await self._ask(lookup.identity)
            if others:
                await self._learn(lookup.identity, others)
                known += 1
            else:
                await self._put_off(lookup, give_up=others is None)
        return known

    async def _ask(self, identity: Identity) -> Sequence[Identity] | None:
        """Return the other identities, None when there is nobody to ask."""
        provider = self.providers.find(identity.provider)
        if provider is None or provider.directory is None:
            return None
        try:
            return await provider.directory.others_of(identity)
        except DeliveryError:
            return ()

    async def _put_off(self, lookup: Lookup, *, give_up: bool) -> None:
        if give_up or lookup.attempts + 1 >= MAX_ATTEMPTS:
            await self.transact(lambda uow: uow.lookups.forget([lookup.identity]))
            return
        # 30 s, 2 min, 8 min, … and then daily. The exponent is bounded: so are integers of days.
        pause = min(FIRST_PAUSE * 4 ** min(lookup.attempts, 8), LONGEST_PAUSE)
        until = self.clock.now() + pause
        await self.transact(lambda uow: uow.lookups.put_off([lookup], until=until))

    async def _learn(self, identity: Identity, others: Sequence[Identity]) -> None:
        found = IdentityChange(
            provider=identity.provider,
            previous=(),
            current=(identity, *others),
            at=self.clock.now(),
        )

        async def work(uow: UnitOfWork) -> None:
            now = self.clock.now()
            merger = CustomerMerger(uow=uow, events=self.events, now=now)
            people = CustomerFinder(uow=uow, merger=merger, now=now, proof=DIRECTORY)
            await people.find([], [found])
            await people.lock([])
            customer, *_ = people.follow(found)
            if customer is not None:
                await uow.customers.save([customer])
                await tell_of_customers(uow, self.events, [customer])
            await uow.lookups.forget(found.current)

        await self.transact(work)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetFormerIdentities:
    """Free the numbers and ids that customers gave up long ago: they are somebody else's now."""

    transact: Transact
    clock: Clock

    async def __call__(self) -> int:
        """Return how many were freed."""
        before = self.clock.now() - KEEP_FORMER
        return await self.transact(lambda uow: uow.customers.forget_former(before=before))
