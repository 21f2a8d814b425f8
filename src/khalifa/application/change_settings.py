"""Use case: change the rules of the business."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeVar

from khalifa.application.business_rules import BusinessRules, in_force
from khalifa.application.edit_customer import UNCHANGED, Unchanged
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.domain.agents import Agent
from khalifa.domain.audit import Act, AuditEntry
from khalifa.domain.business_hours import Day
from khalifa.domain.business_settings import AutomaticText, BusinessSettings

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsChange:
    """What is to be changed of the settings."""

    delay: timedelta | Unchanged = UNCHANGED
    grace: timedelta | Unchanged = UNCHANGED
    time_zone: str | Unchanged = UNCHANGED
    week: tuple[Day, ...] | Unchanged = UNCHANGED
    holidays: Iterable[date] | Unchanged = UNCHANGED
    away_reply: AutomaticText | Unchanged = UNCHANGED
    welcome: AutomaticText | Unchanged = UNCHANGED
    rating_request: AutomaticText | Unchanged = UNCHANGED
    reopen_window: timedelta | Unchanged = UNCHANGED
    agents_see_all: bool | Unchanged = UNCHANGED

    def of(self, before: BusinessSettings) -> BusinessSettings:
        """Return *before* with these changes, or raise `InvalidSettings`."""
        hours = replace(
            before.hours,
            time_zone=_given(self.time_zone, before.hours.time_zone),
            week=_given(self.week, before.hours.week),
            holidays=frozenset(_given(self.holidays, before.hours.holidays)),
        )
        return replace(
            before,
            delay=_given(self.delay, before.delay),
            grace=_given(self.grace, before.grace),
            hours=hours,
            away_reply=_given(self.away_reply, before.away_reply),
            welcome=_given(self.welcome, before.welcome),
            rating_request=_given(self.rating_request, before.rating_request),
            reopen_window=_given(self.reopen_window, before.reopen_window),
            agents_see_all=_given(self.agents_see_all, before.agents_see_all),
        )


def _given(value: T | Unchanged, before: T) -> T:
    return before if isinstance(value, Unchanged) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSettings:
    """
    Change settings of the business. Administrators only.

    Every version stays on record, with who made it. What changes nothing makes none.
    """

    transact: Transact
    rules: BusinessRules
    clock: Clock

    async def __call__(self, agent: Agent, change: SettingsChange) -> BusinessSettings:
        """
        Raises:
            NotAllowed: *agent* is no administrator.
            InvalidSettings: something cannot be like that; nothing is changed.
        """
        agent.require_admin()

        async def work(uow: UnitOfWork) -> BusinessSettings:
            before = await in_force(uow)
            after = change.of(before)
            if after == before:
                return before
            after = replace(
                after,
                version=before.version + 1,
                changed_at=self.clock.now(),
                changed_by=agent.id,
            )
            await uow.settings.add(after)
            await uow.audit.add(
                AuditEntry(
                    at=self.clock.now(),
                    by=agent.id,
                    act=Act.SETTINGS_CHANGED,
                    subject=f"settings {after.version}",
                    details=before.changes_to(after),
                )
            )
            return after

        settings = await self.transact(work)
        self.rules.learn(settings)
        return settings
