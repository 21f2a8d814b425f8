"""Units of work over the store: one at a time, each on a copy, committed whole or not at all."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import structlog

from khalifa.application.ports.agents import AccessTokens, Agents, SignInAttempts
from khalifa.application.ports.business import AutomaticMessages, Delays, SettingsRecord
from khalifa.application.ports.channels import Channels
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.deliveries import Deliveries
from khalifa.application.ports.erasures import Erasures
from khalifa.application.ports.identities import CustomerMerges, IdentityLookups
from khalifa.application.ports.ledger import IntakeLedger, Seals
from khalifa.application.ports.media import MediaFiles
from khalifa.application.ports.message_changes import MessageChanges
from khalifa.application.ports.messages import Messages, UnmatchedStatuses
from khalifa.application.ports.notifications import Event
from khalifa.application.ports.recoveries import Recoveries
from khalifa.application.ports.search import SearchTexts
from khalifa.application.ports.shop import Audit, Branches, ReadyReplies
from khalifa.application.ports.two_step import TwoSteps
from khalifa.application.ports.unit_of_work import (
    ConcurrentChange,
    Customers,
    DatabaseUnavailable,
    ProviderSwitches,
    Tickets,
    Transact,
    UnitOfWork,
)
from khalifa.infrastructure.memory.agents import (
    MemoryAccessTokens,
    MemoryAgents,
    MemorySignInAttempts,
)
from khalifa.infrastructure.memory.business import (
    MemoryAutomaticMessages,
    MemoryDelays,
    MemorySettingsRecord,
)
from khalifa.infrastructure.memory.channels import MemoryChannels
from khalifa.infrastructure.memory.customers import MemoryCustomers
from khalifa.infrastructure.memory.deliveries import MemoryDeliveries
from khalifa.infrastructure.memory.erasures import MemoryErasures
from khalifa.infrastructure.memory.media import MemoryMediaFiles
from khalifa.infrastructure.memory.merges import MemoryCustomerMerges, MemoryIdentityLookups
from khalifa.infrastructure.memory.message_changes import MemoryMessageChanges
from khalifa.infrastructure.memory.messages import MemoryMessages, MemoryUnmatchedStatuses
from khalifa.infrastructure.memory.records import (
    MemoryEvents,
    MemoryIntakeLedger,
    MemoryProviderSwitches,
    MemoryRecoveries,
    MemorySeals,
)
from khalifa.infrastructure.memory.search import MemorySearchTexts
from khalifa.infrastructure.memory.shop import MemoryAudit, MemoryBranches, MemoryReadyReplies
from khalifa.infrastructure.memory.store import MemoryStore, Tables
from khalifa.infrastructure.memory.tickets import MemoryTickets
from khalifa.infrastructure.memory.two_step import MemoryTwoSteps

T = TypeVar("T")
Announce = Callable[[Sequence[Event]], Awaitable[None]]

ATTEMPTS = 8
_log = structlog.get_logger()


class MemoryUnitOfWork(UnitOfWork):
    def __init__(self, tables: Tables, clock: Clock) -> None:
        self.customers: Customers = MemoryCustomers(tables)
        self.merges: CustomerMerges = MemoryCustomerMerges(tables)
        self.lookups: IdentityLookups = MemoryIdentityLookups(tables)
        self.tickets: Tickets = MemoryTickets(tables)
        self.delays: Delays = MemoryDelays(tables)
        self.automatic: AutomaticMessages = MemoryAutomaticMessages(tables)
        self.settings: SettingsRecord = MemorySettingsRecord(tables)
        self.agents: Agents = MemoryAgents(tables)
        self.messages: Messages = MemoryMessages(tables)
        self.media: MediaFiles = MemoryMediaFiles(tables, clock)
        self.changes: MessageChanges = MemoryMessageChanges(tables)
        self.channels: Channels = MemoryChannels(tables)
        self.deliveries: Deliveries = MemoryDeliveries(tables, clock)
        self.statuses: UnmatchedStatuses = MemoryUnmatchedStatuses(tables)
        self.ledger: IntakeLedger = MemoryIntakeLedger(tables, clock)
        self.seals: Seals = MemorySeals(tables)
        self.search: SearchTexts = MemorySearchTexts()
        self.events: MemoryEvents = MemoryEvents(tables, clock)
        self.switches: ProviderSwitches = MemoryProviderSwitches(tables)
        self.recoveries: Recoveries = MemoryRecoveries(tables, clock)
        self.branches: Branches = MemoryBranches(tables)
        self.ready_replies: ReadyReplies = MemoryReadyReplies(tables)
        self.audit: Audit = MemoryAudit(tables)
        self.erasures: Erasures = MemoryErasures(tables)
        self.tokens: AccessTokens = MemoryAccessTokens(tables)
        self.attempts: SignInAttempts = MemorySignInAttempts(tables)
        self.two_step: TwoSteps = MemoryTwoSteps(tables)

    async def flush(self) -> None:
        """Nothing waits here."""


class MemoryTransact(Transact):
    """
    Runs units of work over *store*; *clock* is the database's clock.

    *announce* is given the events of a unit after its commit.
    """

    def __init__(self, store: MemoryStore, clock: Clock, announce: Announce | None = None) -> None:
        self._store = store
        self._clock = clock
        self._announce = announce

    async def __call__(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        result, events = await self._repeated(work, keep=True)
        await self._tell(events)
        return result

    async def read(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        result, _ = await self._repeated(work, keep=False)
        return result

    async def _repeated(
        self, work: Callable[[UnitOfWork], Awaitable[T]], *, keep: bool
    ) -> tuple[T, list[Event]]:
        for _ in range(ATTEMPTS):
            try:
                return await self._run(work, keep=keep)
            except ConcurrentChange:
                await asyncio.sleep(0)
        reason = "the work met somebody else's changes again and again"
        raise DatabaseUnavailable(reason)

    async def _run(
        self, work: Callable[[UnitOfWork], Awaitable[T]], *, keep: bool
    ) -> tuple[T, list[Event]]:
        store = self._store
        if store.writer is not None and store.writer is asyncio.current_task():
            # A database would wait for itself here until its lock times out.
            reason = "a unit of work was begun inside another"
            raise RuntimeError(reason)
        # A database is a round trip away: meanwhile others have their turn.
        await asyncio.sleep(0)
        async with store.lock:
            if store.away:
                reason = "the database is away"
                raise DatabaseUnavailable(reason)
            store.writer = asyncio.current_task()
            try:
                tables = store.tables.copy()
                uow = MemoryUnitOfWork(tables, self._clock)
                result = await work(uow)
                if keep:
                    store.tables = tables
            finally:
                store.writer = None
        return result, uow.events.added

    async def _tell(self, events: Sequence[Event]) -> None:
        if self._announce is None or not events:
            return
        try:
            await self._announce(events)
        except Exception as error:  # noqa: BLE001 - the sweep publishes what was not announced
            _log.warning("events not announced", error=type(error).__name__)
