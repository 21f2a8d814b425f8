"""Who of those who are due may leave now, and what becomes of a number that is in danger."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import uuid4

from khalifa.application.ports.clock import Clock
from khalifa.application.ports.deliveries import Candidate
from khalifa.application.ports.messaging import (
    ConnectionStatus,
    NotSent,
    OutcomeUnknown,
    Providers,
    RateLimited,
)
from khalifa.application.ports.outgoing import Receipt
from khalifa.application.ports.pace import Pace, Wanted
from khalifa.application.ports.unit_of_work import DatabaseUnavailable, Transact, UnitOfWork
from khalifa.domain.contacts import ProviderName
from khalifa.domain.messages import MessageId
from khalifa.domain.pace import DAY, Channel, Governor, PacePolicy, WarningSign

Channels = Mapping[ProviderName, Channel]

# Less is no wait worth writing down; more would hide that a hold has ended.
SHORTEST = timedelta(milliseconds=200)
LONGEST = timedelta(seconds=30)
# Seconds for which nobody sends after a provider said "too fast" and not for how long.
PAUSE = 5.0
# The state of a connection through which nothing is sent because of a warning sign.
HELD = "held"
_NOT_PAIRED = frozenset({"qr", "unlinked"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A candidate, and the provider it would leave by; None when it has no way out."""

    candidate: Candidate
    provider: ProviderName | None


@dataclass(slots=True, kw_only=True)
class Admission:
    """Who may be claimed now, and how long the others wait."""

    admitted: list[MessageId] = field(default_factory=list)
    pauses: dict[MessageId, timedelta] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceState:
    """How fast one provider is used, as an administrator sees it."""

    per_second: float | None
    seconds_apart: tuple[float, float] | None
    tokens_left: int | None
    next_free_at: datetime | None
    held_until: datetime | None
    held_because: str | None
    held_because_ar: str | None
    first_contacts_per_hour: int | None
    first_contacts_left: int | None
    next_first_contact_at: datetime | None
    paired_at: datetime | None
    warm_up_day: int | None
    warm_up_days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepPace:
    """
    Asks each provider's governor for its limits, and takes from them before anything is claimed.

    ``chance`` returns a random number from 0 to 1.
    """

    pace: Pace
    providers: Providers
    transact: Transact
    clock: Clock
    chance: Callable[[], float]

    def governor(self, name: ProviderName) -> Governor | None:
        """Return the governor of the provider called *name*, None where there is no limit."""
        provider = self.providers.find(name)
        return Governor(name, provider.pace) if provider and provider.pace else None

    @property
    def governed(self) -> list[ProviderName]:
        return [name for name in self.providers.names if self.governor(name) is not None]

    async def admit(self, due: Sequence[Due], channels: Channels) -> Admission:
        """
        Say who of *due* may leave now; takes a token of each of their limits.

        In one round trip. Who was admitted once is so again, by whichever
        process asks, until it was claimed.
        """
        now = self.clock.now()
        result, wanted, asking = Admission(), list[Wanted](), list[MessageId]()
        for one in due:
            id_ = one.candidate.message_id
            governor = self.governor(one.provider) if one.provider else None
            if governor is None:
                result.admitted.append(id_)
                continue
            channel = channels[governor.provider]
            if channel.is_held(now) and channel.held_until is not None:
                result.pauses[id_] = _bounded(channel.held_until - now)
                continue
            limits = governor.limits(one.candidate.customer_id, channel, now, chance=self.chance())
            wanted.append(Wanted(f"{id_}.{one.candidate.attempts}", limits))
            asking.append(id_)
        for id_, wait in zip(asking, await self.pace.take(wanted), strict=True):
            if wait > 0:
                result.pauses[id_] = _bounded(timedelta(seconds=wait))
            else:
                result.admitted.append(id_)
        return result

    async def first_contact(self, name: ProviderName, asked_as: str) -> timedelta | None:
        """
        Take leave to write to somebody who never wrote; return how long to wait when there is none.

        Asked again under the same name within a minute, nothing more is taken.
        """
        governor = self.governor(name)
        if governor is None:
            return None
        channel = (await self.transact.read(lambda uow: uow.channels.get_many([name])))[name]
        now = self.clock.now()
        if channel.is_held(now) and channel.held_until is not None:
            return channel.held_until - now
        cap = governor.first_contacts(channel, now)
        if cap is None:
            return None
        [wait] = await self.pace.take([Wanted(f"first.{asked_as}", (cap,))])
        return timedelta(seconds=wait) if wait > 0 else None

    async def note(self, name: ProviderName, outcome: Receipt | NotSent | OutcomeUnknown) -> None:
        """Take in what became of one message: slow down, or hold, when it says so."""
        if not isinstance(outcome, NotSent) or (governor := self.governor(name)) is None:
            return
        if isinstance(outcome, RateLimited) and outcome.whole_channel:
            pause = outcome.retry_after if outcome.retry_after is not None else PAUSE
            now = self.clock.now()
            for limit in governor.of_channel(Channel(provider=name, paired_at=now), now):
                await self.pace.slow_down(limit, pause=pause)
        if outcome.sign is not None:
            await self.warn(name, outcome.sign)

    async def warn(
        self,
        name: ProviderName,
        sign: WarningSign,
        *,
        times: int = 1,
        seen_as: str | None = None,
    ) -> None:
        """
        Take in a sign of danger, seen *times* times; hold the channel when they are many.

        What several processes may see is counted once under the name *seen_as*.
        Never raises: what became of a message must be recorded whatever comes of this.
        """
        governor = self.governor(name)
        if governor is None:
            return
        if not governor.holds_at_once(sign):
            few = governor.few_warnings()
            if few is None:
                return
            word = f"sign.{name}.{seen_as or uuid4().hex}"
            signs = [Wanted(f"{word}.{number}", (few,)) for number in range(times)]
            if not any(await self.pace.take(signs)):
                return
        await self._hold(governor, sign)

    async def _hold(self, governor: Governor, sign: WarningSign) -> None:
        async def work(uow: UnitOfWork) -> None:
            now = self.clock.now()
            channel = (await uow.channels.get_many([governor.provider]))[governor.provider]
            governor.heed(sign, channel, now)
            await uow.channels.save(channel)

        # The screens and the log are told when its status is looked at next: it says "held".
        # While the database is away nothing is claimed either; the next sign comes again.
        with suppress(DatabaseUnavailable):
            await self.transact(work)

    async def release(self, name: ProviderName) -> None:
        """Let everything go again, because a person says so."""

        async def work(uow: UnitOfWork) -> None:
            channel = (await uow.channels.get_many([name]))[name]
            if channel.release():
                await uow.channels.save(channel)

        await self.transact(work)

    async def see(
        self, name: ProviderName, before: ConnectionStatus | None, status: ConnectionStatus
    ) -> ConnectionStatus:
        """
        Take in how the connection is now, and return it as people must see it.

        *before* is how it was last seen. A held channel carries nothing, and says why.
        """
        governor = self.governor(name)
        if governor is None:
            return status
        lost = before is not None and before.connected and not status.connected

        async def look(uow: UnitOfWork) -> tuple[bool, Channel]:
            channel = (await uow.channels.get_many([name]))[name]
            unlinked = status.state in _NOT_PAIRED and channel.unpair()
            if unlinked or (status.connected and channel.pair(status.phone, self.clock.now())):
                await uow.channels.save(channel)
            return unlinked, channel

        try:
            unlinked, channel = await self.transact(look)
        except DatabaseUnavailable:
            # How the provider is must be told all the same.
            return status
        if unlinked:
            await self.warn(name, WarningSign.UNLINKED)
        elif lost:
            seen_as = f"lost.{self.clock.now():%d%H%M}"
            await self.warn(name, WarningSign.DISCONNECTED, seen_as=seen_as)
        words = channel.hold_words(self.clock.now())
        if not status.connected or words is None:
            return status
        return replace(
            status,
            state=HELD,
            detail=words.english,
            detail_ar=words.arabic,
            needs_person=True,
        )

    async def states(self) -> dict[ProviderName, PaceState]:
        """Return how fast each governed provider is used now."""
        names = self.governed
        if not names:
            return {}
        channels = await self.transact.read(lambda uow: uow.channels.get_many(names))
        return {name: await self._state(name, channels[name]) for name in names}

    async def _state(self, name: ProviderName, channel: Channel) -> PaceState:
        governor = Governor(name, self.providers.get(name).pace or PacePolicy())
        now = self.clock.now()
        shared, cap = governor.of_channel(channel, now), governor.first_contacts(channel, now)
        seen = await self.pace.look([*shared, *([cap] if cap else [])])
        of_number = seen[: len(shared)]
        held = channel.is_held(now)
        words = channel.hold_words(now)
        return PaceState(
            per_second=governor.policy.per_second,
            seconds_apart=governor.policy.apart,
            tokens_left=min((one.left for one in of_number), default=None),
            next_free_at=_later(now, [one.free_in for one in of_number]),
            held_until=channel.held_until if held else None,
            held_because=words.english if words else None,
            held_because_ar=words.arabic if words else None,
            first_contacts_per_hour=cap.most if cap else None,
            first_contacts_left=seen[-1].left if cap else None,
            next_first_contact_at=_later(now, [seen[-1].free_in]) if cap else None,
            paired_at=channel.paired_at,
            warm_up_day=governor.warm_up_day(channel, now),
            warm_up_days=governor.policy.warm_up // DAY or None,
        )


def _bounded(pause: timedelta) -> timedelta:
    return min(max(pause, SHORTEST), LONGEST)


def _later(now: datetime, waits: Collection[float]) -> datetime | None:
    """Return when the longest of *waits* is over, None when nobody waits."""
    longest = max(waits, default=0.0)
    return now + timedelta(seconds=longest) if longest > 0 else None
