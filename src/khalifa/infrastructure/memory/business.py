"""What the rules of the business keep, in dictionaries."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from khalifa.application.ports.business import (
    AutomaticKind,
    AutomaticMessages,
    Delays,
    SettingsRecord,
)
from khalifa.application.ports.unit_of_work import ConcurrentChange
from khalifa.domain.agents import AgentId
from khalifa.domain.business_settings import BusinessSettings
from khalifa.domain.delays import Delay
from khalifa.domain.messages import Direction, MessageId
from khalifa.domain.tickets import Ticket, TicketId
from khalifa.infrastructure.memory.store import Tables


class MemorySettingsRecord(SettingsRecord):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def newest(self) -> BusinessSettings | None:
        return self._tables.settings[-1] if self._tables.settings else None

    async def add(self, settings: BusinessSettings) -> None:
        if any(settings.version == one.version for one in self._tables.settings):
            reason = "somebody else has changed the settings"
            raise ConcurrentChange(reason)
        self._tables.settings.append(settings)


class MemoryDelays(Delays):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def overdue(self, since: datetime, *, limit: int) -> list[TicketId]:
        waiting = sorted(
            (ticket.waiting_since, ticket.id)
            for ticket in self._tables.tickets.values()
            if ticket.is_open
            and ticket.delayed_at is None
            and ticket.waiting_since is not None
            and ticket.waiting_since <= since
        )
        return [ticket_id for _, ticket_id in waiting[:limit]]

    async def begin(self, delays: Sequence[Delay]) -> None:
        self._tables.delays.extend(delays)

    async def end(self, ends: Mapping[TicketId, datetime], *, by: AgentId | None) -> None:
        self._tables.delays = [
            replace(delay, ended_at=ends[delay.ticket_id], ended_by=by)
            if delay.ticket_id in ends and delay.ended_at is None
            else delay
            for delay in self._tables.delays
        ]

    async def left_over(self, *, limit: int) -> list[Delay]:
        tickets = self._tables.tickets
        over = (
            delay
            for delay in self._tables.delays
            if delay.ended_at is None and tickets[delay.ticket_id].delayed_at != delay.started_at
        )
        return [delay for delay, _ in zip(over, range(limit), strict=False)]

    async def hand_over(self, ticket_id: TicketId, to: TicketId) -> None:
        self._tables.delays = [
            replace(delay, ticket_id=to)
            if delay.ticket_id == ticket_id and delay.ended_at is None
            else delay
            for delay in self._tables.delays
        ]

    async def of_ticket(self, ticket_id: TicketId) -> list[Delay]:
        mine = (delay for delay in self._tables.delays if delay.ticket_id == ticket_id)
        return sorted(mine, key=lambda delay: delay.started_at)


class MemoryAutomaticMessages(AutomaticMessages):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def newly_written(self, since: datetime, *, limit: int) -> list[TicketId]:
        def said_at(ticket: Ticket) -> datetime | None:
            return ticket.last_message_at if ticket.is_open and ticket.waiting_since else None

        written = sorted(
            (at, ticket.id)
            for ticket in self._tables.tickets.values()
            if (at := said_at(ticket)) is not None and at >= since
        )
        return [ticket_id for _, ticket_id in reversed(written)][:limit]

    async def spoken_to(self, ticket_ids: Collection[TicketId]) -> set[TicketId]:
        return {
            message.ticket_id
            for message in self._tables.messages.values()
            if message.direction is Direction.OUT and message.ticket_id in ticket_ids
        }

    async def said(self, kind: AutomaticKind, about: Collection[int]) -> set[int]:
        return {one for one in about if (kind, one) in self._tables.automatic}

    async def record(self, kind: AutomaticKind, messages: Mapping[int, MessageId]) -> None:
        for about_id, message_id in messages.items():
            if (kind, about_id) in self._tables.automatic:
                reason = "it was said already"
                raise ConcurrentChange(reason)
            self._tables.automatic[kind, about_id] = message_id
