"""Asking a provider for a person's other names, and keeping what it says."""

from collections.abc import Sequence
from dataclasses import dataclass

from khalifa.application.events import EventWriter
from khalifa.application.identify_customers import (
    DIRECTORY,
    CustomerFinder,
    tell_of_customers,
)
from khalifa.application.merge_customers import CustomerMerger
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.messaging import Providers
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.domain.contacts import Identity
from khalifa.domain.messages import IdentityChange


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnIdentities:
    """
    Ask an identity's provider for the person's other ones.

    What is found is kept: whoever comes under either name is the same
    customer. When both names had a customer, the two become one.
    """

    transact: Transact
    providers: Providers
    events: EventWriter
    clock: Clock

    async def __call__(self, identity: Identity) -> bool | None:
        """
        Return whether others are known now; None when there is nobody to ask.

        Raises:
            DeliveryError: the provider could not be asked; the same may work later.
        """
        provider = self.providers.find(identity.provider)
        if provider is None or provider.directory is None:
            return None
        others = await provider.directory.others_of(identity)
        if others:
            await self._keep(identity, others)
        return bool(others)

    async def _keep(self, identity: Identity, others: Sequence[Identity]) -> None:
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
