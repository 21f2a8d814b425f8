"""Use case: before a switch, ask the old provider for the numbers that the new one will need."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from khalifa.application.learn_identities import LearnIdentities
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.identities import Lookup
from khalifa.application.ports.messaging import DeliveryError, Provider, Providers
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.switch_provider import NOT_CONFIGURED, ActiveProvider, SwitchRefused
from khalifa.domain.contacts import IdentityKind, ProviderName
from khalifa.domain.customers import CustomerId

AT_ONCE = 2000
# Whoever dies while asking leaves it to others after this.
LEASE = timedelta(minutes=1)
# Whom the provider does not know by now, it hardly knows in an hour.
ASK_AGAIN_AFTER = timedelta(days=1)
# In a row: one that is slow is no provider that is away.
MOST_FAILURES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How far it is: about how many ``asked``, ``found`` of them, and how many are ``left``."""

    asked: int = 0
    found: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveNumbers:
    """
    Ask the active provider about customers whom the target cannot reach, one after the other.

    ``per_minute`` at most, beside what workers ask by themselves. It may be
    stopped at any moment and called again: whom the provider did not know is
    asked about again after a day, and the others not at all.
    """

    transact: Transact
    providers: Providers
    active_provider: ActiveProvider
    learn_identities: LearnIdentities
    clock: Clock
    per_minute: int
    wait: Callable[[float], Awaitable[object]]

    async def __call__(
        self, to: ProviderName, *, progress: Callable[[Asked], None] = lambda _: None
    ) -> Asked:
        """
        Return what came of it; *progress* hears it after each.

        Raises:
            SwitchRefused: *to* is not configured, or the active provider tells no numbers.
            DeliveryError: the active provider does not answer any more.
        """
        target, active = self.providers.find(to), await self.active_provider()
        if target is None:
            raise SwitchRefused(NOT_CONFIGURED.filled(name=to))
        old = self.providers.find(active)
        if old is None or old.directory is None:
            raise SwitchRefused(f"{active} tells no numbers: there is nobody to ask.")
        begun_at = self.clock.now()
        await self._queue(target, active, begun_at)
        return await self._ask_all(active, begun_at, progress)

    async def _queue(self, target: Provider, active: ProviderName, at: datetime) -> None:
        after = CustomerId(0)
        while page := await self.transact.read(
            lambda uow: uow.customers.page(after=after, limit=AT_ONCE)  # noqa: B023
        ):
            wanted = [
                identity
                for identities in page.values()
                if target.driver.address_of(identities) is None
                for identity in identities
                if identity.provider == active and identity.kind is not IdentityKind.PHONE
            ]
            if wanted:
                await self.transact(lambda uow: uow.lookups.queue(wanted, at=at))  # noqa: B023
            after = max(page)

    async def _ask_all(
        self, active: ProviderName, begun_at: datetime, progress: Callable[[Asked], None]
    ) -> Asked:
        asked = found = failures = 0
        while lookup := await self._next(active, begun_at):
            try:
                learnt = await self.learn_identities(lookup.identity)
            except DeliveryError:
                failures += 1
                if failures >= MOST_FAILURES:
                    raise
            else:
                asked, found, failures = asked + 1, found + bool(learnt), 0
                if not learnt:
                    await self._put_off(lookup)
            left = await self.transact.read(lambda uow: uow.lookups.due(active, now=begun_at))
            progress(Asked(asked=asked, found=found, left=left))
            if left:
                await self.wait(60 / self.per_minute)
        return Asked(asked=asked, found=found)

    async def _next(self, active: ProviderName, begun_at: datetime) -> Lookup | None:
        """Claim one that was due when it began: so each is asked about once."""

        async def work(uow: UnitOfWork) -> list[Lookup]:
            until = self.clock.now() + LEASE
            return await uow.lookups.claim(now=begun_at, until=until, limit=1, provider=active)

        return next(iter(await self.transact(work)), None)

    async def _put_off(self, lookup: Lookup) -> None:
        until = self.clock.now() + ASK_AGAIN_AFTER
        await self.transact(lambda uow: uow.lookups.put_off([lookup], until=until))
