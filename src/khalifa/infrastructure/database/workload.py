"""The workload, counted by the database: one short statement for each table."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from khalifa.application.ports.workload import Workload, WorkloadReader
from khalifa.domain.agents import Presence
from khalifa.domain.media import MediaStatus
from khalifa.domain.tickets import TicketStatus
from khalifa.infrastructure.database.engine import READ_ONLY
from khalifa.infrastructure.database.refusals import answered_within
from khalifa.infrastructure.database.tables import agents, media, message_deliveries, tickets

READ_SECONDS = 5.0

_TICKETS = select(
    func.count().label("open"),
    # A count of a column leaves out what is NULL there.
    (func.count() - func.count(tickets.c.agent_id)).label("unassigned"),
    func.count(tickets.c.waiting_since).label("waiting"),
    func.count(tickets.c.delayed_at).label("delayed"),
    func.min(tickets.c.waiting_since).label("waiting_since"),
).where(tickets.c.status == TicketStatus.OPEN.value)
_AGENTS = (
    select(agents.c.presence, func.count().label("how_many"))
    .where(agents.c.disabled.is_(False))
    .group_by(agents.c.presence)
)
_REPLIES = select(
    (func.count() - func.count(message_deliveries.c.token)).label("queued"),
    func.count(message_deliveries.c.token).label("sending"),
    func.min(message_deliveries.c.queued_at).label("queued_since"),
)
_FILES = select(func.count().label("waiting")).where(media.c.status == MediaStatus.WAITING.value)


class SqlWorkload(WorkloadReader):
    """Raises `DatabaseUnavailable` when the database is away."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(**READ_ONLY)

    async def read(self) -> Workload:
        async with answered_within(READ_SECONDS), self._engine.connect() as connection:
            ticket = (await connection.execute(_TICKETS)).one()
            there = {row.presence: row.how_many for row in await connection.execute(_AGENTS)}
            reply = (await connection.execute(_REPLIES)).one()
            file = (await connection.execute(_FILES)).one()
        return Workload(
            open=ticket.open,
            unassigned=ticket.unassigned,
            waiting=ticket.waiting,
            delayed=ticket.delayed,
            waiting_since=ticket.waiting_since,
            agents={presence: there.get(presence.value, 0) for presence in Presence},
            queued=reply.queued,
            sending=reply.sending,
            queued_since=reply.queued_since,
            files_waiting=file.waiting,
        )
