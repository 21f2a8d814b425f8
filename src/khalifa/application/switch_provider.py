"""Use case: know and change the active provider. One row says which; the newest."""

from datetime import datetime, timedelta

from khalifa.application.ports.clock import Clock
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.domain.contacts import ProviderName
from khalifa.domain.routing import ProviderSwitch, switch_at_start

LOOK_AGAIN_AFTER = timedelta(seconds=1)


class ActiveProvider:
    """
    Tell which provider carries replies now.

    Every process looks at the row again after a second, so a switch reaches
    all of them without a restart.
    """

    def __init__(self, *, transact: Transact, clock: Clock, configured: ProviderName) -> None:
        self._transact = transact
        self._clock = clock
        self._configured = configured
        self._known: tuple[ProviderName, datetime] | None = None

    @property
    def known(self) -> ProviderName:
        """Return the active provider as it was last seen, without looking."""
        return self._known[0] if self._known is not None else self._configured

    async def __call__(self) -> ProviderName:
        now = self._clock.now()
        if self._known is None or now - self._known[1] >= LOOK_AGAIN_AFTER:

            async def newest(uow: UnitOfWork) -> ProviderSwitch | None:
                return await uow.switches.newest()

            row = await self._transact(newest)
            self._known = (row.provider if row else self._configured, now)
        return self._known[0]

    async def at_start(self) -> ProviderName:
        """Record the switch of a person who edited the variable; return the active provider."""

        async def work(uow: UnitOfWork) -> None:
            provider = switch_at_start(await uow.switches.newest(), self._configured)
            if provider is not None:
                await uow.switches.add(
                    ProviderSwitch(
                        provider=provider,
                        configured=self._configured,
                        source="WHATSAPP_DRIVER",
                        at=self._clock.now(),
                    )
                )

        await self._transact(work)
        self._known = None
        return await self()
