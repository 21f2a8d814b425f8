"""
Start khalifa's own command, at the suite's scale of time, perhaps with one guard taken out.

`python -m tests.crash.process GUARD SCALE serve|worker …`: what follows SCALE is khalifa's own
command line. GUARD is `none` or a name of `GUARDS`: the suite is worth something only if it fails
without each of them. SCALE `real` leaves every time as it is in production; `short` makes what
takes tens of seconds there take a few, so that a short run sees it happen.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta

import time_machine
from sqlalchemy import select

from khalifa.application import deliver_messages, housekeeping, receive_messages
from khalifa.application.ports.deliveries import Candidate, Claim
from khalifa.application.ports.journal import BodyKey, JournaledBody
from khalifa.application.ports.notifications import Event
from khalifa.domain.contacts import ProviderName
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.messages import DeliveryStatus, MessageId
from khalifa.infrastructure.database.customers import SqlCustomers
from khalifa.infrastructure.database.deliveries import SqlDeliveries
from khalifa.infrastructure.database.events import SqlEvents
from khalifa.infrastructure.database.tables import message_deliveries as table
from khalifa.infrastructure.database.types import DatabaseTime
from khalifa.infrastructure.journal import SqliteJournal

SHORT, REAL, NONE = "short", "real", "none"
# In the environment: so many seconds the machine's clock is off. Only its wall clock: libfaketime
# 0.9.10 breaks sleeps and locks that wait by the monotonic one.
CLOCK = "KHALIFA_TEST_CLOCK"


def at_short_scale() -> None:
    """What a person would wait half a minute for takes seconds; the order of things stays."""
    deliver_messages.SEND_TIMEOUT = 4.0
    deliver_messages.LEASE = timedelta(seconds=8)
    housekeeping.UNFILED_AFTER = timedelta(seconds=4)


def no_customer_lock() -> None:
    """Customers are read without a lock; the suite itself drops the unique key on tickets."""

    async def lock(self: SqlCustomers, ids: Collection[CustomerId]) -> dict[CustomerId, Customer]:
        return await self.get_many(ids)

    SqlCustomers.lock = lock  # type: ignore[method-assign]


def no_claim() -> None:
    """What is being sent by one worker is due for every other."""

    async def candidates(self: SqlDeliveries, limit: int) -> list[Candidate]:
        due = (
            select(table)
            .where(table.c.next_attempt_at <= DatabaseTime())
            .order_by(table.c.message_id)
            .limit(limit)
        )
        return [
            Candidate(message_id=row.message_id, customer_id=row.customer_id, attempts=row.attempts)
            for row in await self._session.rows(due)
        ]

    async def claim(
        self: SqlDeliveries, ids: Collection[MessageId], *, lease: timedelta
    ) -> list[Claim]:
        due = select(table).where(table.c.message_id.in_(ids)).order_by(table.c.message_id)
        return [
            Claim(
                message_id=row.message_id,
                customer_id=row.customer_id,
                token="",
                attempts=1,
                queued_at=row.queued_at,
                first_claimed_at=row.queued_at,
                expires_at=row.queued_at + lease,
            )
            for row in await self._session.rows(due)
        ]

    async def held(self: SqlDeliveries, claims: Collection[Claim]) -> list[Claim]:
        return list(claims)

    SqlDeliveries.candidates = candidates  # type: ignore[method-assign]
    SqlDeliveries.claim = claim  # type: ignore[method-assign]
    SqlDeliveries.held = held  # type: ignore[method-assign]


def answer_before_writing() -> None:
    """A webhook is answered at once, and its body written half a second later."""
    write = SqliteJournal.append
    under_way: set[asyncio.Task[JournaledBody]] = set()

    async def late(
        journal: SqliteJournal, provider: ProviderName, body: bytes, at: datetime
    ) -> JournaledBody:
        await asyncio.sleep(0.5)
        return await write(journal, provider, body, received_at=at)

    async def append(
        self: SqliteJournal, provider: ProviderName, body: bytes, *, received_at: datetime
    ) -> JournaledBody:
        task = asyncio.create_task(late(self, provider, body, received_at))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        # Nothing is asked to be filed: the sweep does, once it is written.
        return JournaledBody(
            key=BodyKey(self.name, 0), provider=provider, received_at=received_at, body=b""
        )

    SqliteJournal.append = append  # type: ignore[method-assign]


def no_sweep() -> None:
    """What a lost job should have filed is not asked for again."""

    async def sweep(self: housekeeping.SweepJournal) -> None:
        return None

    housekeeping.SweepJournal.__call__ = sweep  # type: ignore[method-assign]


def halving_for_any_error() -> None:
    """Whatever goes wrong is the body's fault."""
    receive_messages.DATA_ERRORS = (Exception,)  # type: ignore[assignment]


def statuses_go_back() -> None:
    """The last word counts, not the furthest."""

    def outranks(self: DeliveryStatus, other: DeliveryStatus) -> bool:
        return self is not other

    DeliveryStatus.outranks = outranks  # type: ignore[method-assign]


def no_event_rows() -> None:
    """Events are told after the commit, and kept nowhere until then."""

    async def add(self: SqlEvents, events_: Sequence[Event]) -> None:
        self.added.extend(events_)

    SqlEvents.add = add  # type: ignore[method-assign]


GUARDS: dict[str, Callable[[], None]] = {
    "unique key and customer lock": no_customer_lock,
    "claim": no_claim,
    "write before answer": answer_before_writing,
    "sweep": no_sweep,
    "halving only for bad data": halving_for_any_error,
    "forward-only statuses": statuses_go_back,
    "event rows": no_event_rows,
}


def main() -> None:
    guard, scale, *command = sys.argv[1:]
    if seconds := int(os.environ.pop(CLOCK, "0")):
        wrong = datetime.now(UTC) + timedelta(seconds=seconds)
        time_machine.travel(wrong, tick=True).start()
    if scale == SHORT:
        at_short_scale()
    if guard != NONE:
        GUARDS[guard]()
    sys.argv = ["khalifa", *command]
    from khalifa.entrypoints.cli.main import main as khalifa  # noqa: PLC0415 - once all is set

    khalifa()


if __name__ == "__main__":
    main()
