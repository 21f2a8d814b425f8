"""What the rules of the business keep: settings, delays, what was said automatically."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select, update

from khalifa.application.ports.business import (
    AutomaticKind,
    AutomaticMessages,
    Delays,
    SettingsRecord,
)
from khalifa.domain.agents import AgentId
from khalifa.domain.business_settings import BusinessSettings
from khalifa.domain.delays import Delay
from khalifa.domain.messages import Direction, MessageId
from khalifa.domain.tickets import TicketId, TicketStatus
from khalifa.infrastructure.database.business_mapping import (
    delay_of,
    delay_row,
    settings_of,
    settings_row,
)
from khalifa.infrastructure.database.session import Session, chunks
from khalifa.infrastructure.database.tables import (
    automatic_messages,
    business_settings,
    messages,
    ticket_delays,
    tickets,
)


class SqlSettingsRecord(SettingsRecord):
    def __init__(self, session: Session) -> None:
        self._session = session

    async def newest(self) -> BusinessSettings | None:
        query = select(business_settings).order_by(business_settings.c.version.desc()).limit(1)
        rows = await self._session.rows(query)
        return settings_of(rows[0]) if rows else None

    async def add(self, settings: BusinessSettings) -> None:
        await self._session.insert(business_settings, settings_row(settings))


class SqlDelays(Delays):
    def __init__(self, session: Session) -> None:
        self._session = session

    async def overdue(self, since: datetime, *, limit: int) -> list[TicketId]:
        query = (
            select(tickets.c.id)
            .where(
                tickets.c.status == TicketStatus.OPEN.value,
                tickets.c.waiting_since <= since,
                tickets.c.delayed_at.is_(None),
            )
            .order_by(tickets.c.waiting_since, tickets.c.id)
            .limit(limit)
        )
        return [TicketId(row.id) for row in await self._session.rows(query)]

    async def begin(self, delays: Sequence[Delay]) -> None:
        await self._session.insert_all(ticket_delays, [delay_row(delay) for delay in delays])

    async def end(self, ends: Mapping[TicketId, datetime], *, by: AgentId | None) -> None:
        for chunk in chunks(sorted(ends)):
            lasting = await self._session.rows(
                select(ticket_delays.c.id, ticket_delays.c.ticket_id).where(
                    ticket_delays.c.ticket_id.in_(chunk), ticket_delays.c.ended_at.is_(None)
                )
            )
            await self._session.update_all(
                ticket_delays,
                [
                    {"id": row.id, "ended_at": ends[TicketId(row.ticket_id)], "ended_by": by}
                    for row in lasting
                ],
            )

    async def left_over(self, *, limit: int) -> list[Delay]:
        # One that was merged away and back may be delayed again, since another moment.
        is_over = or_(
            tickets.c.delayed_at.is_(None), tickets.c.delayed_at != ticket_delays.c.started_at
        )
        query = (
            select(ticket_delays)
            .join(tickets, tickets.c.id == ticket_delays.c.ticket_id)
            .where(ticket_delays.c.ended_at.is_(None), is_over)
            .order_by(ticket_delays.c.id)
            .limit(limit)
        )
        return [delay_of(row) for row in await self._session.rows(query)]

    async def hand_over(self, ticket_id: TicketId, to: TicketId) -> None:
        await self._session.run(
            update(ticket_delays)
            .where(ticket_delays.c.ticket_id == ticket_id, ticket_delays.c.ended_at.is_(None))
            .values(ticket_id=to)
        )

    async def of_ticket(self, ticket_id: TicketId) -> list[Delay]:
        query = (
            select(ticket_delays)
            .where(ticket_delays.c.ticket_id == ticket_id)
            .order_by(ticket_delays.c.started_at, ticket_delays.c.id)
        )
        return [delay_of(row) for row in await self._session.rows(query)]


class SqlAutomaticMessages(AutomaticMessages):
    def __init__(self, session: Session) -> None:
        self._session = session

    async def newly_written(self, since: datetime, *, limit: int) -> list[TicketId]:
        query = (
            select(tickets.c.id)
            .where(
                tickets.c.status == TicketStatus.OPEN.value,
                tickets.c.last_message_at >= since,
                tickets.c.waiting_since.is_not(None),
            )
            .order_by(tickets.c.last_message_at.desc(), tickets.c.id.desc())
            .limit(limit)
        )
        return [TicketId(row.id) for row in await self._session.rows(query)]

    async def spoken_to(self, ticket_ids: Collection[TicketId]) -> set[TicketId]:
        query = select(messages.c.ticket_id).distinct()
        return {
            TicketId(row.ticket_id)
            for chunk in chunks(sorted(set(ticket_ids)))
            for row in await self._session.rows(
                query.where(
                    messages.c.ticket_id.in_(chunk), messages.c.direction == Direction.OUT.value
                )
            )
        }

    async def said(self, kind: AutomaticKind, about: Collection[int]) -> set[int]:
        query = select(automatic_messages.c.about_id)
        return {
            row.about_id
            for chunk in chunks(sorted(set(about)))
            for row in await self._session.rows(
                query.where(
                    and_(
                        automatic_messages.c.kind == kind.value,
                        automatic_messages.c.about_id.in_(chunk),
                    )
                )
            )
        }

    async def record(self, kind: AutomaticKind, messages: Mapping[int, MessageId]) -> None:
        await self._session.insert_all(
            automatic_messages,
            [
                {"kind": kind.value, "about_id": about_id, "message_id": message_id}
                for about_id, message_id in sorted(messages.items())
            ],
        )
