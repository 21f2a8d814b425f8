"""Use case: stop a provider that carries nothing any more, and take it back."""

import asyncio
from dataclasses import dataclass

from khalifa.application.plan_switch import PlanSwitch
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.messaging import DeliveryError, Providers
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.switch_provider import (
    LOOK_AGAIN_AFTER,
    ActiveProvider,
    SwitchRefused,
)
from khalifa.domain.audit import Act, AuditEntry
from khalifa.domain.contacts import ProviderName


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireProvider:
    """
    One row: from then on the provider's webhooks are refused and no reply goes by it.

    A number that is paired with it is unpaired. Switching to it takes it back.
    """

    transact: Transact
    providers: Providers
    active_provider: ActiveProvider
    plan_switch: PlanSwitch
    clock: Clock

    async def __call__(
        self, name: ProviderName, *, by: str | None = None, force: bool = False
    ) -> str | None:
        """
        Return what was not done, in words: a number that could not be unpaired; None for all done.

        Raises:
            SwitchRefused: it is active, not configured, or still needed by
                customers and *force* is not given.
        """
        provider = self.providers.find(name)
        if provider is None:
            raise SwitchRefused(f"{name} is not configured here: there is nothing to retire.")
        active = await self.active_provider()
        if name == active:
            raise SwitchRefused(f"Replies go by {name}. Switch to another provider first.")
        if not force:
            await self._require_unneeded(name, active)
        await self.transact(lambda uow: self._retire(uow, name, by))
        if provider.pairing is None:
            return None
        # Every process has seen the row by then: none starts the session again.
        await asyncio.sleep(2 * LOOK_AGAIN_AFTER.total_seconds())
        try:
            await provider.pairing.unpair()
        except DeliveryError as error:
            return str(error)
        return None

    async def undo(self, name: ProviderName, *, by: str | None = None) -> None:
        """
        Take a retired provider back: its webhooks are taken in again. It must be paired anew.

        Raises:
            SwitchRefused: it is not retired.
        """

        async def work(uow: UnitOfWork) -> None:
            if not await uow.switches.take_back(name):
                raise SwitchRefused(f"{name} is not retired.")
            await self._record(uow, Act.PROVIDER_TAKEN_BACK, name, by)

        await self.transact(work)

    async def _retire(self, uow: UnitOfWork, name: ProviderName, by: str | None) -> None:
        if name not in await uow.switches.retired():
            await self._record(uow, Act.PROVIDER_RETIRED, name, by)
        await uow.switches.retire(name, at=self.clock.now(), by=by)

    async def _record(self, uow: UnitOfWork, act: Act, name: ProviderName, by: str | None) -> None:
        entry = AuditEntry(
            at=self.clock.now(),
            by=None,
            act=act,
            subject=f"provider {name}",
            details={"operator": by},
        )
        await uow.audit.add(entry)

    async def _require_unneeded(self, name: ProviderName, active: ProviderName) -> None:
        plan = await self.plan_switch(active)
        only_there = plan.active_tickets - plan.active_reachable
        if only_there or plan.waiting[name]:
            raise SwitchRefused(
                f"{only_there:,} active conversations are with customers whom {active} cannot "
                f"reach, and {plan.waiting[name]:,} waiting replies would go by {name}. Close "
                "them, or say --force: those customers are then answered no more."
            )
