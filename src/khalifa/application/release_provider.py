"""Use case: a person has looked, and a held number may send again."""

from dataclasses import dataclass

from khalifa.application.hold_channels import HoldChannels
from khalifa.application.keep_pace import KeepPace
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.messaging import Providers
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.domain.agents import Agent
from khalifa.domain.audit import Act, AuditEntry
from khalifa.domain.contacts import ProviderName
from khalifa.domain.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseProvider:
    """End what holds a provider back: a warning sign, or an account that stopped."""

    providers: Providers
    keep_pace: KeepPace
    hold_channels: HoldChannels
    transact: Transact
    clock: Clock

    async def __call__(self, agent: Agent, provider: str) -> None:
        """
        Raises:
            NotAllowed: *agent* is no administrator.
            NotFound: no provider of this name is configured.
        """
        agent.require_admin()
        if self.providers.find(provider) is None:
            reason = "There is no such provider here."
            raise NotFound(reason)

        async def work(uow: UnitOfWork) -> None:
            entry = AuditEntry(
                at=self.clock.now(),
                by=agent.id,
                act=Act.PROVIDER_RELEASED,
                subject=f"provider {provider}",
            )
            await uow.audit.add(entry)

        # Not all that is released is in the database; what was not recorded is not done.
        await self.transact(work)
        await self.keep_pace.release(ProviderName(provider))
        await self.hold_channels.release(ProviderName(provider))
