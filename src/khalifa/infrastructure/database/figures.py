"""Figures, counted by the database: a statement for each kind of fact."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache, reduce
from itertools import groupby
from typing import Any

import msgspec
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    String,
    bindparam,
    case,
    cast,
    distinct,
    func,
    literal,
    literal_column,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncEngine

from khalifa.application.ports.figures import FiguresReader
from khalifa.domain.figures import Day, Fact, Traffic
from khalifa.domain.messages import SenderType
from khalifa.infrastructure.database.engine import READ_ONLY
from khalifa.infrastructure.database.refusals import answered_within
from khalifa.infrastructure.database.tables import messages, ticket_delays, tickets
from khalifa.infrastructure.database.types import Microseconds, UtcDateTime

READ_SECONDS = 20.0
# Longer than any transaction goes on, and than clocks differ.
_SETTLED_AFTER = timedelta(hours=1)
_DAYS_KEPT = 1000
# The desk asks for 1, 7, 14 and 30 days. A statement of 92 takes a megabyte.
_LENGTHS_KEPT = 8

# By who sent it alone: the indexes have that, and none says which way it went.
_BY_AN_AGENT = messages.c.sender_type == SenderType.AGENT.value
_BY_THE_CUSTOMER = messages.c.sender_type == SenderType.CUSTOMER.value
_MICROSECOND = timedelta(microseconds=1)
_ALL = 2**62
_FACTS = msgspec.json.Decoder(list[Fact])


class SqlFigures(FiguresReader):
    """Raises `DatabaseUnavailable` when the database is away."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(**READ_ONLY)
        self._settled: dict[Day, list[Fact]] = {}

    async def read(self, days: Sequence[Day]) -> list[Fact]:
        """Count on three connections at once, each with about a third to do."""
        many = len(days)
        counted = await asyncio.gather(
            self._facts(days, _opened(many), _delayed(days)),
            self._facts(days, _closed(many), _delays(days), _first_responses(days)),
            self._messages(days),
        )
        return [fact for facts in counted for fact in facts]

    async def _messages(self, days: Sequence[Day]) -> list[Fact]:
        """
        Count what agents wrote; what they wrote on a day that is over, once.

        Nothing changes that: it is stored as it is written, comes in no replay, and stays
        when customers are merged or forgotten.
        """
        unknown = [day for day in days if day not in self._settled]
        counted: dict[Day, list[Fact]] = {day: [] for day in unknown}
        for fact in await self._facts(unknown, _written(len(unknown))) if unknown else ():
            counted[unknown[fact.day]].append(fact)
        known = self._settled | counted
        settled = datetime.now(UTC) - _SETTLED_AFTER
        self._settled |= {day: facts for day, facts in counted.items() if day.ends <= settled}
        while len(self._settled) > _DAYS_KEPT:
            del self._settled[next(iter(self._settled))]
        return [
            Fact(n, fact.agent_id, messages=fact.messages)
            for n, day in enumerate(days)
            for fact in known[day]
        ]

    async def _facts(self, days: Sequence[Day], *queries: "_Packed") -> list[Fact]:
        bounds = _bounds_of(days)
        async with answered_within(READ_SECONDS), self._engine.connect() as connection:
            return [
                fact
                for query in queries
                for row in await connection.execute(query.statement, bounds)
                for fact in query.unpacked(row.facts)
            ]

    async def traffic(self, since: datetime, *, step: timedelta, steps: int) -> list[Traffic]:
        starts = [since + n * step for n in range(steps + 1)]
        at = messages.c.stored_at
        place = case(*((at < end, n) for n, end in enumerate(starts[1:])), else_=steps).label("n")
        query = (
            select(
                place,
                _how_many(_BY_THE_CUSTOMER).label("received"),
                _how_many(_BY_AN_AGENT).label("sent"),
            )
            .where(at >= since, at < starts[-1])
            .group_by(place)
        )
        async with answered_within(READ_SECONDS), self._engine.connect() as connection:
            found = {row.n: row for row in await connection.execute(query)}
        return [
            Traffic(at=start, received=int(found[n].received), sent=int(found[n].sent))
            if n in found
            else Traffic(at=start)
            for n, start in enumerate(starts[:-1])
        ]


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


class _Packed:
    """
    A query whose rows come as one text for each day: rows that the driver reads cost more.

    The text has each row as JSON, its fields as a `Fact` has them, so that nothing is
    done here for each of them.
    """

    def __init__(self, query: Select[Any]) -> None:
        found = query.subquery("found")
        last = max(map(Fact._fields.index, found.c.keys()))
        fields = [
            _json(found.c[name], name) if name in found.c else _text("0")
            for name in Fact._fields[: last + 1]
        ]
        fact = reduce(lambda before, field: before + _text(",") + field, fields)
        packed = func.group_concat(_text("[") + fact + _text("]")).label("facts")
        self.statement = select(packed).group_by(found.c.day)

    def unpacked(self, facts: str) -> list[Fact]:
        return _FACTS.decode(f"[{facts}]")


def _json(column: ColumnElement[Any], name: str) -> ColumnElement[str]:
    if name == "responses":
        return _text("[") + func.coalesce(column, "") + _text("]")
    return func.coalesce(type_coerce(column, String), _text("null"))


def _text(words: str) -> ColumnElement[str]:
    return literal_column(f"'{words}'", String)


def _of_each(
    days: int,
    at: ColumnElement[Any],
    agent_id: ColumnElement[Any],
    counts: Sequence[ColumnElement[Any]],
    *where: ColumnElement[bool],
) -> Select[Any]:
    """
    Count so many *days* one after the other, by agents; `_bounds_of` says which they are.

    For rows of which there are so many that finding out the day of each takes longer than
    reading them; *at* has an index. Such a statement is kept: to make one of 92 days takes
    20 ms.
    """
    counted = union_all(
        *(
            select(
                literal_column(str(number), Integer).label("day"),
                agent_id.label("agent_id"),
                *counts,
            )
            .where(at >= _bound("begins", number), at < _bound("ends", number), *where)
            .group_by(agent_id)
            for number in range(days)
        )
    ).subquery("counted")
    return select(counted)


def _bound(name: str, day: int) -> BindParameter[datetime]:
    return bindparam(f"{name}_{day}", type_=UtcDateTime())


def _bounds_of(days: Sequence[Day]) -> dict[str, datetime]:
    return {
        bound: at
        for number, day in enumerate(days)
        for bound, at in ((f"begins_{number}", day.begins), (f"ends_{number}", day.ends))
    }


def _of_all(
    days: Sequence[Day],
    at: ColumnElement[Any],
    agent_id: ColumnElement[Any],
    counts: Sequence[ColumnElement[Any]],
) -> Select[Any]:
    """Count all days at once, by agents: for few rows."""
    return (
        select(_day_of(at, days).label("day"), agent_id.label("agent_id"), *counts)
        .where(at >= days[0].begins, at < days[-1].ends)
        .group_by("day", agent_id)
    )


@lru_cache(maxsize=_LENGTHS_KEPT)
def _opened(days: int) -> _Packed:
    response = Microseconds(tickets.c.first_asked_at, tickets.c.first_answered_at)
    counts = (func.count().label("tickets"), func.group_concat(response).label("responses"))
    return _Packed(_of_each(days, tickets.c.opened_at, tickets.c.agent_id, counts))


def _delayed(days: Sequence[Day]) -> _Packed:
    # No delay began before its ticket: so they are found by their time, a few of many tickets.
    counts = (func.count(distinct(tickets.c.id)).label("delayed"),)
    return _Packed(
        _of_all(days, tickets.c.opened_at, tickets.c.agent_id, counts)
        .select_from(tickets.join(ticket_delays, ticket_delays.c.ticket_id == tickets.c.id))
        .where(ticket_delays.c.started_at >= days[0].begins)
    )


@lru_cache(maxsize=_LENGTHS_KEPT)
def _closed(days: int) -> _Packed:
    counts = (
        func.count().label("closed"),
        func.count(tickets.c.rating).label("rated"),
        cast(func.coalesce(func.sum(tickets.c.rating), 0), Integer).label("stars"),
    )
    return _Packed(_of_each(days, tickets.c.closed_at, tickets.c.agent_id, counts))


def _delays(days: Sequence[Day]) -> _Packed:
    counts = (func.count().label("delays"),)
    return _Packed(_of_all(days, ticket_delays.c.started_at, ticket_delays.c.agent_id, counts))


@lru_cache(maxsize=_LENGTHS_KEPT)
def _written(days: int) -> _Packed:
    # By when it was stored: that has an index, and is when an agent wrote it.
    counts = (func.count().label("messages"),)
    return _Packed(_of_each(days, messages.c.stored_at, messages.c.agent_id, counts, _BY_AN_AGENT))


def _first_responses(days: Sequence[Day]) -> _Packed:
    """Select the microseconds to first responses that tickets do not hold."""
    opened = tickets.c.opened_at
    asked_at = (
        select(func.min(messages.c.received_at))
        .where(messages.c.ticket_id == tickets.c.id, _BY_THE_CUSTOMER)
        .scalar_subquery()
    )
    # Limited, so that MariaDB works it out once: else it would wherever it is spoken of.
    asked = (
        select(
            tickets.c.id,
            tickets.c.agent_id,
            _day_of(opened, days).label("day"),
            func.coalesce(tickets.c.first_asked_at, asked_at).label("asked_at"),
        )
        .where(
            opened >= days[0].begins,
            opened < days[-1].ends,
            tickets.c.first_answered_at.is_(None),
        )
        .limit(_ALL)
        .subquery("asked")
    )
    answered_at = (
        select(func.min(messages.c.stored_at))
        .where(
            messages.c.ticket_id == asked.c.id,
            _BY_AN_AGENT,
            messages.c.stored_at >= asked.c.asked_at,
        )
        .scalar_subquery()
    )
    answered = (
        select(
            asked.c.day,
            asked.c.agent_id,
            Microseconds(asked.c.asked_at, answered_at).label("response"),
        )
        .limit(_ALL)
        .subquery("answered")
    )
    return _Packed(
        select(
            answered.c.day,
            answered.c.agent_id,
            func.group_concat(answered.c.response).label("responses"),
        )
        .where(answered.c.response.is_not(None))
        .group_by("day", "agent_id")
    )


def _day_of(at: ColumnElement[Any], days: Sequence[Day]) -> ColumnElement[int]:
    """Return which of *days* the moment is in; it is in one of them."""
    # Days of one length are divided by it: no more than where clocks are changed is compared.
    numbers: list[tuple[ColumnElement[bool], ColumnElement[int]]] = []
    first = 0
    for length, together in groupby(days, key=lambda day: day.ends - day.begins):
        run = list(together)
        since = Microseconds(literal(run[0].begins, UtcDateTime()), at)
        numbers.append((at < run[-1].ends, first + since // (length // _MICROSECOND)))
        first += len(run)
    return case(*numbers[:-1], else_=numbers[-1][1]) if numbers[1:] else numbers[0][1]
