"""Use case: fetch what a provider said while nobody listened, and file it like anything else."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from khalifa.application.ports.clock import Clock
from khalifa.application.ports.jobs import JobQueue
from khalifa.application.ports.journal import Journal, JournalUnavailable
from khalifa.application.ports.messaging import (
    DeliveryError,
    History,
    Provider,
    Providers,
    UnreadableWebhook,
)
from khalifa.application.ports.status_cache import StatusCache
from khalifa.application.ports.unit_of_work import DatabaseUnavailable, Transact, UnitOfWork
from khalifa.domain.contacts import ProviderName
from khalifa.domain.messages import IncomingMessage, Message, StatusUpdate
from khalifa.domain.recovery import Recovery

# While nothing is known to be wrong. A webhook may be lost without anybody noticing.
ROUTINE = timedelta(minutes=15)
# WhatsApp hands over what came meanwhile in the first minute after it is back.
SETTLED_AFTER = timedelta(seconds=60)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=5)
# Another process is at it; two at once would only do the same twice.
LEASE = timedelta(seconds=60)


_Said: TypeAlias = IncomingMessage | StatusUpdate
_Mark: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PassReport:
    """One pass through a provider's chats that did not go as every other. For the log."""

    provider: ProviderName
    since: datetime
    chats: int
    unread: int
    found: int
    failure: str | None = None


@dataclass(slots=True)
class _Watch:
    """What this process knows of one provider: whether it was away, and when to look again."""

    was_away: bool = True
    due: datetime | None = None
    settled_at: datetime | None = None
    pause: timedelta = FIRST_PAUSE
    journaled: set[_Mark] = field(default_factory=set)


@dataclass(kw_only=True)
class RecoverMissed:
    """
    Look through the chats of each provider that keeps any; journal what is not on file.

    A pass is made when this process starts, when the provider is back, when we
    had to refuse one of its bodies, and every fifteen minutes: a lost webhook
    leaves no trace. Passes are repeated until one is clean. What is found goes
    into the journal as the body the webhook would have brought, and is filed
    once, whichever way it comes.
    """

    providers: Providers
    status_cache: StatusCache
    journal: Journal
    jobs: JobQueue
    transact: Transact
    clock: Clock
    report: Callable[[PassReport], None]
    _watches: dict[ProviderName, _Watch] = field(default_factory=dict)

    def expect(self, name: ProviderName) -> None:
        """Note that a body of this provider was refused: it must be fetched."""
        watch = self._watch(name)
        soon = self.clock.now() + FIRST_PAUSE
        watch.due = soon if watch.due is None else min(watch.due, soon)

    async def __call__(self) -> None:
        """Make the passes that are due. To be called every second or so, by one task."""
        able = [self.providers.get(name) for name in self.providers.names]
        await asyncio.gather(
            *(self._look_after(one, one.history) for one in able if one.history is not None)
        )

    def _watch(self, name: ProviderName) -> _Watch:
        return self._watches.setdefault(name, _Watch())

    async def _look_after(self, provider: Provider, history: History) -> None:
        watch, now = self._watch(provider.name), self.clock.now()
        seen = await self.status_cache.get(provider.name)
        if seen is None:
            # Nobody has looked, or Redis is away: neither says that the provider was.
            return
        if not seen[0].connected:
            watch.was_away = True
            return
        if watch.was_away:
            watch.was_away, watch.due = False, now
            watch.settled_at, watch.pause = now + SETTLED_AFTER, FIRST_PAUSE
        if watch.due is not None and watch.due <= now:
            await self._pass(provider, history, watch)

    async def _pass(self, provider: Provider, history: History, watch: _Watch) -> None:
        begun_at = self.clock.now()
        watch.due = begun_at + FIRST_PAUSE
        recovery = await self.transact(
            lambda uow: uow.recoveries.claim(provider.name, now=begun_at, lease=LEASE)
        )
        if recovery is None:
            return
        since = recovery.since(begun_at)
        chats = unread = found = 0
        failure = None
        try:
            async for tail in history.missed(since):
                chats, unread = chats + 1, unread + (not tail.is_whole)
                found += await self._take_in(provider, tail.bodies, watch)
        except (DeliveryError, JournalUnavailable, DatabaseUnavailable) as error:
            failure = str(error)
        ended_at = self.clock.now()
        recovery.passed(
            begun_at=begun_at,
            ended_at=ended_at,
            found=found,
            whole=failure is None and not unread,
        )
        self._plan(watch, recovery, ended_at, failed=bool(failure or unread))
        if found or unread or failure:
            self.report(
                PassReport(
                    provider=provider.name,
                    since=since,
                    chats=chats,
                    unread=unread,
                    found=found,
                    failure=failure,
                )
            )
        await self.transact(lambda uow: uow.recoveries.save(recovery))

    def _plan(self, watch: _Watch, recovery: Recovery, now: datetime, *, failed: bool) -> None:
        if recovery.complete:
            watch.journaled.clear()
            watch.pause = FIRST_PAUSE
            settled_at, watch.settled_at = watch.settled_at, None
            is_settled = settled_at is None or settled_at <= now
            watch.due = now + ROUTINE if is_settled or settled_at is None else settled_at
            return
        watch.due = now + watch.pause
        if failed:
            watch.pause = min(watch.pause * 2, LONGEST_PAUSE)

    async def _take_in(self, provider: Provider, bodies: Sequence[bytes], watch: _Watch) -> int:
        """Journal those of *bodies* that say something new; return how many."""
        found = {body: _read(provider, body) for body in bodies}
        new = await self._new(found, watch.journaled)
        told = [body for body in bodies if any(reading in new for reading in found[body])]
        if not told:
            return 0
        now = self.clock.now()
        journaled = await asyncio.gather(
            *(self.journal.append(provider.name, body, received_at=now) for body in told)
        )
        watch.journaled |= {_mark(reading) for body in told for reading in found[body]}
        self.jobs.file(journaled)
        return len(told)

    async def _new(
        self, found: Mapping[bytes, Sequence[_Said]], journaled: Collection[_Mark]
    ) -> list[_Said]:
        """Return what is neither on file nor journaled by us already, waiting to be filed."""
        said = [
            reading
            for readings in found.values()
            for reading in readings
            if _mark(reading) not in journaled
        ]
        if not said:
            return []

        async def work(uow: UnitOfWork) -> list[_Said]:
            known = await uow.messages.by_whatsapp_ids(
                {(reading.provider, reading.whatsapp_message_id) for reading in said}
            )
            keys = {r.message_key for r in said if isinstance(r, IncomingMessage) and r.message_key}
            known_keys = await uow.messages.by_keys(keys)
            return [reading for reading in said if _is_new(reading, known, known_keys)]

        return await self.transact.read(work)


def _read(provider: Provider, body: bytes) -> list[_Said]:
    try:
        found = list(provider.webhook.parse(body))
    except UnreadableWebhook:
        return []
    return [r for r in found if isinstance(r, IncomingMessage | StatusUpdate)]


def _mark(reading: _Said) -> _Mark:
    what = "message" if isinstance(reading, IncomingMessage) else reading.status.value
    return reading.whatsapp_message_id, what


def _is_new(
    reading: _Said, known: Mapping[tuple[ProviderName, str], Message], keys: Collection[str]
) -> bool:
    message = known.get((reading.provider, reading.whatsapp_message_id))
    if isinstance(reading, IncomingMessage):
        return message is None and reading.message_key not in keys
    # A status of what is not on file yet is found again when it is.
    return message is not None and reading.status.outranks(message.status)
