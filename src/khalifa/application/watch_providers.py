"""Use case: how the providers did since the last switch, and whether the old one may stop."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from khalifa.application.ports.clock import Clock
from khalifa.application.ports.provider_traffic import ProviderTraffic, Traffic
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.domain.contacts import ProviderName
from khalifa.domain.routing import ProviderSwitch
from khalifa.domain.words import Words

A_DAY = timedelta(hours=24)

_TOO_SOON = Words(
    "The switch is not 24 hours old yet.",
    "لم تمض 24 ساعة على التحويل بعد.",
)
_STILL_CARRIES = Words(
    "{provider} carried {count} of our replies in the last 24 hours: some customers are known to "
    "it alone.",
    "نقل {provider} عدد {count} من ردودنا خلال آخر 24 ساعة: بعض العملاء لا يعرفهم غيره.",
)
_STILL_HEARS = Words(
    "{count} messages of customers came through {provider} in the last 24 hours.",
    "وصلت {count} رسالة من العملاء عبر {provider} خلال آخر 24 ساعة.",
)
_NOT_PROVEN = Words(
    "No reply of ours has been reported delivered through {provider} since the switch.",
    "لم يُبلَّغ عن وصول أي رد عبر {provider} منذ التحويل.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """
    The 24 hours after the newest switch, as far as they are over, beside the 24 before it.

    ``lately`` are the last 24 hours. Where there never was a switch, there is
    no ``old`` provider, and nothing to compare.
    """

    switch: ProviderSwitch | None
    old: ProviderName | None
    retired: Mapping[ProviderName, datetime]
    before: Mapping[ProviderName, Traffic]
    after: Mapping[ProviderName, Traffic]
    lately: Mapping[ProviderName, Traffic]
    still_needed: tuple[Words, ...]

    @property
    def may_stop(self) -> bool:
        """Say whether the old provider, if there is one, has nothing to do any more."""
        return self.old is not None and not self.still_needed


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchProviders:
    """Count what each provider carried, in three statements a day looked at. Changes nothing."""

    transact: Transact
    traffic: ProviderTraffic
    clock: Clock

    async def __call__(self) -> Watch:
        """
        Raises:
            DatabaseUnavailable: nothing can be counted now.
        """

        async def read(
            uow: UnitOfWork,
        ) -> tuple[list[ProviderSwitch], dict[ProviderName, datetime]]:
            return await uow.switches.all(), await uow.switches.retired()

        made, retired = await self.transact.read(read)
        now = self.clock.now()
        lately = await self.traffic.between(now - A_DAY, now)
        newest = made[0] if made else None
        # The record begins with a row for what was active at first: that is no switch.
        old = next((row.provider for row in made if row.provider != made[0].provider), None)
        if newest is None or old is None:
            return Watch(
                switch=newest,
                old=None,
                retired=retired,
                before={},
                after={},
                lately=lately,
                still_needed=(),
            )
        since = newest.at
        after = await self.traffic.between(since, min(since + A_DAY, now))
        return Watch(
            switch=newest,
            old=old,
            retired=retired,
            before=await self.traffic.between(since - A_DAY, since),
            after=after,
            lately=lately,
            still_needed=tuple(_reasons(newest, old, after, lately, now=now)),
        )


def _reasons(
    switch: ProviderSwitch,
    old: ProviderName,
    after: Mapping[ProviderName, Traffic],
    lately: Mapping[ProviderName, Traffic],
    *,
    now: datetime,
) -> Iterator[Words]:
    if now - switch.at < A_DAY:
        yield _TOO_SOON
    of_old = lately.get(old, Traffic())
    if of_old.sent:
        yield _STILL_CARRIES.filled(provider=old, count=of_old.sent)
    if of_old.received:
        yield _STILL_HEARS.filled(provider=old, count=of_old.received)
    of_new = (after.get(switch.provider), lately.get(switch.provider))
    if not any(one and one.proven_at and one.proven_at >= switch.at for one in of_new):
        yield _NOT_PROVEN.filled(provider=switch.provider)
