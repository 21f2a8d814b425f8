"""Knowing the rules of the business: what every process goes by."""

from datetime import datetime, timedelta

from khalifa.application.ports.clock import Clock
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.domain.business_settings import BusinessSettings

LOOK_AGAIN_AFTER = timedelta(seconds=2)


class BusinessRules:
    """
    Tell the settings of the business.

    Every process looks again after two seconds, so a change reaches all of
    them without a restart, and no message waits for the looking.
    """

    def __init__(self, *, transact: Transact, clock: Clock) -> None:
        self._transact = transact
        self._clock = clock
        self._known = BusinessSettings()
        self._looked_at: datetime | None = None

    @property
    def known(self) -> BusinessSettings:
        """Return the settings as they were last seen, without looking."""
        return self._known

    async def __call__(self) -> BusinessSettings:
        now = self._clock.now()
        if self._looked_at is None or now - self._looked_at >= LOOK_AGAIN_AFTER:
            self.learn(await self._transact.read(in_force))
        return self._known

    def learn(self, settings: BusinessSettings) -> None:
        """Take in what is in force now."""
        self._known, self._looked_at = settings, self._clock.now()


async def in_force(uow: UnitOfWork) -> BusinessSettings:
    """Return the settings that are in force; those khalifa came with while there are no others."""
    return await uow.settings.newest() or BusinessSettings()
