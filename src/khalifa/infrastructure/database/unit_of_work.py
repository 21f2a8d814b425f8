"""One transaction over the repositories, repeated when others were in its way."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from khalifa.application.ports.notifications import Event
from khalifa.application.ports.unit_of_work import (
    ConcurrentChange,
    DatabaseUnavailable,
    Transact,
    UnitOfWork,
)
from khalifa.infrastructure.database.agents import SqlAccessTokens, SqlAgents, SqlSignInAttempts
from khalifa.infrastructure.database.business import (
    SqlAutomaticMessages,
    SqlDelays,
    SqlSettingsRecord,
)
from khalifa.infrastructure.database.channels import SqlChannels
from khalifa.infrastructure.database.customers import SqlCustomers
from khalifa.infrastructure.database.deliveries import SqlDeliveries
from khalifa.infrastructure.database.engine import READ_ONLY
from khalifa.infrastructure.database.erasures import SqlErasures
from khalifa.infrastructure.database.events import SqlEvents, SqlProviderSwitches
from khalifa.infrastructure.database.ledger import SqlIntakeLedger, SqlSeals
from khalifa.infrastructure.database.lookups import SqlIdentityLookups
from khalifa.infrastructure.database.media import SqlMediaFiles
from khalifa.infrastructure.database.merges import SqlCustomerMerges
from khalifa.infrastructure.database.message_changes import SqlMessageChanges
from khalifa.infrastructure.database.messages import SqlMessages, SqlUnmatchedStatuses
from khalifa.infrastructure.database.recoveries import SqlRecoveries
from khalifa.infrastructure.database.refusals import Interrupted, answered_within
from khalifa.infrastructure.database.search_texts import SqlSearchTexts
from khalifa.infrastructure.database.session import Session
from khalifa.infrastructure.database.shop import SqlAudit, SqlBranches, SqlReadyReplies
from khalifa.infrastructure.database.tickets import SqlTickets
from khalifa.infrastructure.database.two_step import SqlTwoSteps

T = TypeVar("T")
Announce = Callable[[Sequence[Event]], Awaitable[None]]

ATTEMPTS = 8
PATIENCE_SECONDS = 10.0
# One attempt may be long, but a server that says nothing at all must not hold it for ever.
ATTEMPT_SECONDS = 30.0
FIRST_PAUSE_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 2.0

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


class SqlUnitOfWork(UnitOfWork):
    def __init__(self, connection: AsyncConnection) -> None:
        self._session = session = Session(connection)
        self.customers = SqlCustomers(session)
        self.merges = SqlCustomerMerges(session)
        self.lookups = SqlIdentityLookups(session)
        self.tickets = SqlTickets(session)
        self.delays = SqlDelays(session)
        self.automatic = SqlAutomaticMessages(session)
        self.settings = SqlSettingsRecord(session)
        self.agents = SqlAgents(session)
        self.messages = SqlMessages(session)
        self.media = SqlMediaFiles(session)
        self.changes = SqlMessageChanges(session)
        self.channels = SqlChannels(session)
        self.deliveries = SqlDeliveries(session)
        self.statuses = SqlUnmatchedStatuses(session)
        self.ledger = SqlIntakeLedger(session)
        self.seals = SqlSeals(session)
        self.search = SqlSearchTexts(session)
        self.events = self._events = SqlEvents(session)
        self.switches = SqlProviderSwitches(session)
        self.recoveries = SqlRecoveries(session)
        self.branches = SqlBranches(session)
        self.ready_replies = SqlReadyReplies(session)
        self.audit = SqlAudit(session)
        self.erasures = SqlErasures(session)
        self.tokens = SqlAccessTokens(session)
        self.attempts = SqlSignInAttempts(session)
        self.two_step = SqlTwoSteps(session)

    async def flush(self) -> None:
        await self._session.flush()

    @property
    def announced(self) -> Sequence[Event]:
        """What screens must be told once this is committed."""
        return self._events.added


class SqlTransact(Transact):
    """
    Units of work on one engine.

    A commit that was cut off may have happened or not: it is repeated too, so
    works must be such that a second time does no harm. *announce* is given the
    events of each unit after its commit. A second one on the same engine is
    made *beside* the first, to stand in the same queue.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        announce: Announce | None = None,
        beside: "SqlTransact | None" = None,
    ) -> None:
        self._engine = engine
        self._reader = engine.execution_options(**READ_ONLY)
        self._announce = announce
        # SQLite lets one write at a time, and whoever waits sleeps and looks again: with
        # eight waiting, one in a hundred took half a second. A queue takes 25 ms.
        is_sqlite = engine.dialect.name == "sqlite"
        self.turn: AbstractAsyncContextManager[None] = (
            beside.turn if beside else asyncio.Lock() if is_sqlite else nullcontext()
        )

    async def __call__(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        result, events = await _repeated(lambda: self._once(work))
        await self._tell(events)
        return result

    async def read(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        return await _repeated(lambda: self._look(work))

    async def _once(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> tuple[T, Sequence[Event]]:
        async with answered_within(ATTEMPT_SECONDS), self.turn:
            async with self._engine.begin() as connection:
                unit = SqlUnitOfWork(connection)
                result = await work(unit)
                await unit.flush()
            return result, unit.announced

    async def _look(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        async with answered_within(ATTEMPT_SECONDS), self._reader.connect() as connection:
            return await work(SqlUnitOfWork(connection))

    async def _tell(self, events: Sequence[Event]) -> None:
        if self._announce is None or not events:
            return
        try:
            await self._announce(events)
        except Exception as error:  # noqa: BLE001
            # They are rows: the sweep publishes them later.
            _log.warning("events not announced", count=len(events), error=type(error).__name__)


async def _repeated(once: Callable[[], Awaitable[T]]) -> T:
    """Do *once* again while others are in its way, for some seconds."""
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + PATIENCE_SECONDS
    attempt = 1
    while True:
        try:
            return await once()
        except (ConcurrentChange, Interrupted) as in_the_way:
            pause = _pause(attempt)
            if attempt == ATTEMPTS or loop.time() + pause > give_up_at:
                raise DatabaseUnavailable(
                    f"given up after {attempt} attempts: {in_the_way}"
                ) from None
        await asyncio.sleep(pause)
        attempt += 1


def _pause(attempt: int) -> float:
    # The upper half at random: two that met once are not to meet again.
    longest = min(FIRST_PAUSE_SECONDS * 2**attempt, LONGEST_PAUSE_SECONDS)
    return random.uniform(longest / 2, longest)  # noqa: S311
