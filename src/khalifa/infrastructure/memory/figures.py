"""Figures, counted in the store's committed rows."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from khalifa.application.ports.figures import FiguresReader
from khalifa.application.ports.unit_of_work import DatabaseUnavailable
from khalifa.domain.figures import Day, Fact, Traffic
from khalifa.domain.messages import Direction, Message, SenderType
from khalifa.domain.tickets import Ticket
from khalifa.infrastructure.memory.store import MemoryStore, Tables

_MICROSECOND = timedelta(microseconds=1)


class MemoryFigures(FiguresReader):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def read(self, days: Sequence[Day]) -> list[Fact]:
        self._require_there()
        return list(_facts(self._store.tables, days))

    async def traffic(self, since: datetime, *, step: timedelta, steps: int) -> list[Traffic]:
        self._require_there()
        messages = self._store.tables.messages.values()
        starts = [since + n * step for n in range(steps)]
        return [
            Traffic(
                at=start,
                received=sum(one.direction is Direction.IN for one in said),
                sent=sum(map(_is_by_an_agent, said)),
            )
            for start in starts
            for said in [[one for one in messages if start <= one.stored_at < start + step]]
        ]

    def _require_there(self) -> None:
        if self._store.away:
            reason = "the store is away"
            raise DatabaseUnavailable(reason)


def _facts(tables: Tables, days: Sequence[Day]) -> Iterator[Fact]:
    yield from _facts_of_tickets(tables, days)
    for delay in tables.delays:
        if (day := _day_of(delay.started_at, days)) is not None:
            yield Fact(day=day, agent_id=delay.agent_id, delays=1)
    for message in tables.messages.values():
        if _is_by_an_agent(message) and (day := _day_of(message.stored_at, days)) is not None:
            yield Fact(day=day, agent_id=message.agent_id, messages=1)


def _facts_of_tickets(tables: Tables, days: Sequence[Day]) -> Iterator[Fact]:
    for ticket in tables.tickets.values():
        said = [one for one in tables.messages.values() if one.ticket_id == ticket.id]
        if (day := _day_of(ticket.opened_at, days)) is not None:
            yield Fact(day=day, agent_id=ticket.agent_id, tickets=1)
            if any(delay.ticket_id == ticket.id for delay in tables.delays):
                yield Fact(day=day, agent_id=ticket.agent_id, delayed=1)
            if (response := _first_response(ticket, said)) is not None:
                yield Fact(day=day, agent_id=ticket.agent_id, responses=[response // _MICROSECOND])
        if (day := _day_of(ticket.closed_at, days)) is not None:
            yield Fact(day=day, agent_id=ticket.agent_id, closed=1)
            if ticket.rating is not None:
                yield Fact(day=day, agent_id=ticket.agent_id, rated=1, stars=ticket.rating)


def _first_response(ticket: Ticket, said: Sequence[Message]) -> timedelta | None:
    asked = [one.received_at for one in said if one.direction is Direction.IN]
    since = ticket.first_asked_at or min(asked, default=None)
    if since is None:
        return None
    answers = [one.stored_at for one in said if _is_by_an_agent(one) and one.stored_at >= since]
    answered_at = ticket.first_answered_at or min(answers, default=None)
    return answered_at - since if answered_at else None


def _is_by_an_agent(message: Message) -> bool:
    return message.direction is Direction.OUT and message.sender_type is SenderType.AGENT


def _day_of(at: datetime | None, days: Sequence[Day]) -> int | None:
    if at is None:
        return None
    return next((n for n, day in enumerate(days) if day.begins <= at < day.ends), None)
