"""Figures, counted in the store's committed rows."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from khalifa.application.ports.figures import FiguresReader
from khalifa.application.ports.unit_of_work import DatabaseUnavailable
from khalifa.domain.figures import Day, Fact
from khalifa.domain.messages import Direction, Message, SenderType
from khalifa.infrastructure.memory.store import MemoryStore, Tables


class MemoryFigures(FiguresReader):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def read(self, days: Sequence[Day]) -> list[Fact]:
        if self._store.away:
            reason = "the store is away"
            raise DatabaseUnavailable(reason)
        return list(_facts(self._store.tables, days))


def _facts(tables: Tables, days: Sequence[Day]) -> Iterator[Fact]:
    for ticket in tables.tickets.values():
        said = [one for one in tables.messages.values() if one.ticket_id == ticket.id]
        if (day := _day_of(ticket.opened_at, days)) is not None:
            yield Fact(day=day, agent_id=ticket.agent_id, tickets=1)
            asked = [one.received_at for one in said if one.direction is Direction.IN]
            since = min(asked, default=None)
            answers = [
                one.stored_at
                for one in said
                if _is_by_an_agent(one) and since is not None
                if one.stored_at >= since
            ]
            if since is not None and answers:
                response = min(answers) - since
                yield Fact(day=day, agent_id=ticket.agent_id, first_response=response)
        if (day := _day_of(ticket.closed_at, days)) is not None:
            yield Fact(day=day, agent_id=ticket.agent_id, closed=1)
    for delay in tables.delays:
        if (day := _day_of(delay.started_at, days)) is not None:
            yield Fact(day=day, agent_id=delay.agent_id, delays=1)
    for message in tables.messages.values():
        if _is_by_an_agent(message) and (day := _day_of(message.stored_at, days)) is not None:
            yield Fact(day=day, agent_id=message.agent_id, messages=1)


def _is_by_an_agent(message: Message) -> bool:
    return message.direction is Direction.OUT and message.sender_type is SenderType.AGENT


def _day_of(at: datetime | None, days: Sequence[Day]) -> int | None:
    if at is None:
        return None
    return next((n for n, day in enumerate(days) if day.begins <= at < day.ends), None)
