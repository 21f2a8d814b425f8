"""Holding a whole channel back when its provider says that nothing can be sent through it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from khalifa.application.ports.channel_holds import ChannelHolds, Hold
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.messaging import (
    ChannelStopped,
    ConnectionStatus,
    NotSent,
    OutcomeUnknown,
    Providers,
    ProviderUnreachable,
)
from khalifa.application.ports.outgoing import Receipt
from khalifa.domain.contacts import ProviderName

# How often one reply tries a held channel, so that it opens soon after it was mended.
PROBE_EVERY = timedelta(seconds=30)
# WhatsApp itself takes no free text this long after the customer wrote.
HELD_AT_MOST = timedelta(hours=24)
# A warning that holds nothing is shown for so long after it last came.
WARNED_FOR = timedelta(hours=1)
# What another process held is seen this soon.
LOOK_AGAIN_AFTER = timedelta(seconds=1)


@dataclass(slots=True)
class Gates:
    """Which providers' replies wait, at one moment; of some, one may try."""

    held: Mapping[ProviderName, Hold]
    probing: set[ProviderName] = field(default_factory=set)

    def lets_through(self, provider: ProviderName) -> bool:
        """Say whether a reply may leave now. A probe is used up by asking."""
        if provider not in self.held:
            return True
        if provider not in self.probing:
            return False
        self.probing.discard(provider)
        return True

    def again(self) -> "Gates":
        """Return the same gates with no probe used, for work that is repeated."""
        return replace(self, probing=set(self.probing))


class HoldChannels:
    """
    Watch what becomes of replies; hold a channel when a person must mend it first.

    Otherwise a token that has run out would fail every conversation's reply,
    one by one. The first reply that gets through lets all others go.
    """

    def __init__(self, *, holds: ChannelHolds, providers: Providers, clock: Clock) -> None:
        self._holds = holds
        self._providers = providers
        self._clock = clock
        self._seen: set[ProviderName] = set()
        self._known: tuple[dict[ProviderName, Hold], datetime] | None = None

    async def gates(self) -> Gates:
        """Look which channels are held, and take the right to try those that are."""
        held = await self._held()
        self._seen |= held.keys()
        probing = {
            name for name in held if await self._holds.may_probe(name, again_after=PROBE_EVERY)
        }
        return Gates(held=held, probing=probing)

    async def _held(self) -> dict[ProviderName, Hold]:
        """Return what is held, as it was a second ago at most."""
        now = self._clock.now()
        if self._known is None or now - self._known[1] >= LOOK_AGAIN_AFTER:
            found = {name: await self._holds.find(name) for name in self._providers.names}
            self._known = {name: hold for name, hold in found.items() if hold is not None}, now
        return self._known[0]

    async def note(
        self, provider: ProviderName, outcome: Receipt | NotSent | OutcomeUnknown
    ) -> None:
        """Take in what became of one reply."""
        if isinstance(outcome, NotSent) and outcome.needs_person:
            await self._warn(provider, outcome)
        match outcome:
            case ChannelStopped():
                await self._hold(provider, outcome)
            case ProviderUnreachable() | OutcomeUnknown():
                # Says nothing of the account.
                return
            case _ if provider in self._seen:
                await self._holds.release(provider)
                self._seen.discard(provider)
                self._known = None

    async def note_late(self, provider: ProviderName, refusal: NotSent) -> None:
        """
        Take in the refusal of a reply that had been taken.

        What it says of the account is shown for a while, because the next
        reply that is taken in the same way would be no proof that it is mended.
        """
        if isinstance(refusal, ChannelStopped):
            await self._hold(provider, refusal)
        if isinstance(refusal, ChannelStopped) or refusal.needs_person:
            await self._warn(provider, refusal)

    async def _hold(self, provider: ProviderName, refusal: ChannelStopped) -> None:
        pause = max(PROBE_EVERY, timedelta(seconds=refusal.retry_after or 0))
        await self._holds.hold(provider, self._told(refusal), probe_after=pause)
        self._seen.add(provider)
        self._known = None

    async def _warn(self, provider: ProviderName, refusal: NotSent) -> None:
        await self._holds.warn(provider, self._told(refusal), kept_for=WARNED_FOR)

    def _told(self, refusal: NotSent) -> Hold:
        return Hold(words=refusal.words, code=refusal.code, since=self._clock.now())

    async def release(self, provider: ProviderName) -> None:
        """Let everything go again, because a person says that it is mended."""
        await self._holds.release(provider)
        await self._holds.dismiss(provider)
        self._known = None

    async def shown(self, provider: ProviderName, status: ConnectionStatus) -> ConnectionStatus:
        """Return *status* as people must see it: a held channel carries nothing."""
        if not status.connected:
            return status
        if hold := await self._holds.find(provider):
            stopped = replace(status, connected=False, state="stopped")
            return _explained(stopped, hold)
        warning = None if status.needs_person else await self._holds.warning(provider)
        return _explained(status, warning) if warning else status


def _explained(status: ConnectionStatus, told: Hold) -> ConnectionStatus:
    words = told.words
    return replace(status, detail=words.english, detail_ar=words.arabic, needs_person=True)
