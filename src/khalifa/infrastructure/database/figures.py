"""Figures, counted by the database: a statement for each kind of fact."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from khalifa.application.ports.figures import FiguresReader
from khalifa.domain.figures import Day, Fact
from khalifa.domain.messages import Direction, SenderType
from khalifa.infrastructure.database.engine import READ_ONLY
from khalifa.infrastructure.database.refusals import answered_within
from khalifa.infrastructure.database.tables import messages, ticket_delays, tickets

READ_SECONDS = 20.0

_BY_AN_AGENT = and_(
    messages.c.direction == Direction.OUT.value,
    messages.c.sender_type == SenderType.AGENT.value,
)


class SqlFigures(FiguresReader):
    """Raises `DatabaseUnavailable` when the database is away."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(**READ_ONLY)

    async def read(self, days: Sequence[Day]) -> list[Fact]:
        opened, closed = tickets.c.opened_at, tickets.c.closed_at
        async with answered_within(READ_SECONDS), self._engine.connect() as connection:

            async def rows(query: Select[Any]) -> Sequence[Any]:
                found: Sequence[Any] = (await connection.execute(query)).all()
                return found

            facts = [
                Fact(day=row.day, agent_id=row.agent_id, tickets=row.count)
                for row in await rows(_counted(days, opened, tickets.c.agent_id))
            ]
            facts += [
                Fact(day=row.day, agent_id=row.agent_id, closed=row.count)
                for row in await rows(_counted(days, closed, tickets.c.agent_id))
            ]
            facts += [
                Fact(day=row.day, agent_id=row.agent_id, delays=row.count)
                for row in await rows(
                    _counted(days, ticket_delays.c.started_at, ticket_delays.c.agent_id)
                )
            ]
            # By when it was stored: that has an index, and is when an agent wrote it.
            written = _counted(days, messages.c.stored_at, messages.c.agent_id)
            facts += [
                Fact(day=row.day, agent_id=row.agent_id, messages=row.count)
                for row in await rows(written.where(_BY_AN_AGENT))
            ]
            facts += [
                Fact(
                    day=row.day,
                    agent_id=row.agent_id,
                    first_response=row.answered_at - row.asked_at,
                )
                for row in await rows(_answered(days))
            ]
        return facts


def _counted(
    days: Sequence[Day], at: ColumnElement[Any], agent_id: ColumnElement[Any]
) -> Select[Any]:
    day = _day_of(at, days).label("day")
    return (
        select(day, agent_id.label("agent_id"), func.count().label("count"))
        .where(at >= days[0].begins, at < days[-1].ends)
        .group_by(day, agent_id)
    )


def _answered(days: Sequence[Day]) -> Select[Any]:
    opened = tickets.c.opened_at
    asked = (
        select(tickets.c.id, func.min(messages.c.received_at).label("asked_at"))
        .join(messages, messages.c.ticket_id == tickets.c.id)
        .where(opened >= days[0].begins, opened < days[-1].ends)
        .where(messages.c.direction == Direction.IN.value)
        .group_by(tickets.c.id)
        .subquery("asked")
    )
    answered_at = func.min(messages.c.stored_at).label("answered_at")
    return (
        select(
            _day_of(opened, days).label("day"), tickets.c.agent_id, asked.c.asked_at, answered_at
        )
        .join(asked, asked.c.id == tickets.c.id)
        .join(messages, messages.c.ticket_id == tickets.c.id)
        .where(_BY_AN_AGENT, messages.c.stored_at >= asked.c.asked_at)
        .group_by(tickets.c.id, tickets.c.agent_id, opened, asked.c.asked_at)
    )


def _day_of(at: ColumnElement[Any], days: Sequence[Day]) -> ColumnElement[int]:
    """Return which of *days* the moment is in; no later one than the last is asked for."""
    return case(*((at < day.ends, n) for n, day in enumerate(days)), else_=len(days))
