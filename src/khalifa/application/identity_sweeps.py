"""The sweeps that learn who customers are, and forget what they are no longer called."""

from dataclasses import dataclass
from datetime import timedelta

from khalifa.application.learn_identities import LearnIdentities
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.identities import Lookup
from khalifa.application.ports.messaging import DeliveryError
from khalifa.application.ports.unit_of_work import Transact

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

    A provider that does not answer, or does not know, is asked again later;
    nothing waits for it.
    """

    transact: Transact
    learn_identities: LearnIdentities
    clock: Clock

    async def __call__(self) -> int:
        """Return how many customers became better known."""
        now = self.clock.now()
        due = await self.transact(
            lambda uow: uow.lookups.claim(now=now, until=now + LEASE, limit=AT_ONCE)
        )
        known = 0
        for lookup in due:
            try:
                learnt = await self.learn_identities(lookup.identity)
            except DeliveryError:
                learnt = False
            if learnt:
                known += 1
            else:
                await self._put_off(lookup, give_up=learnt is None)
        return known

    async def _put_off(self, lookup: Lookup, *, give_up: bool) -> None:
        if give_up or lookup.attempts + 1 >= MAX_ATTEMPTS:
            await self.transact(lambda uow: uow.lookups.forget([lookup.identity]))
            return
        # 30 s, 2 min, 8 min, … and then daily. The exponent is bounded: so are integers of days.
        pause = min(FIRST_PAUSE * 4 ** min(lookup.attempts, 8), LONGEST_PAUSE)
        until = self.clock.now() + pause
        await self.transact(lambda uow: uow.lookups.put_off([lookup], until=until))


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetFormerIdentities:
    """Free the numbers and ids that customers gave up long ago: they are somebody else's now."""

    transact: Transact
    clock: Clock

    async def __call__(self) -> int:
        """Return how many were freed."""
        before = self.clock.now() - KEEP_FORMER
        return await self.transact(lambda uow: uow.customers.forget_former(before=before))
