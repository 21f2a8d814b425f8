"""Replies on their way out, claimed by one worker at a time."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Select, delete, exists, insert, literal, select, update

from khalifa.application.ports.unit_of_work import Claim, Deliveries
from khalifa.domain.messages import Message, MessageId
from khalifa.infrastructure.database.mapping import claim_of
from khalifa.infrastructure.database.session import Session, chunks
from khalifa.infrastructure.database.tables import message_deliveries as deliveries
from khalifa.infrastructure.database.tables import messages
from khalifa.infrastructure.database.types import DatabaseTime

_NOW = DatabaseTime()


def _first_due(limit: int) -> Select[Any]:
    """Return the query for messages that are first in their conversation and due."""
    other = deliveries.alias("other")
    in_the_way = exists().where(
        other.c.customer_id == deliveries.c.customer_id,
        other.c.message_id < deliveries.c.message_id,
    )
    return (
        select(deliveries.c.message_id)
        .where(deliveries.c.next_attempt_at <= _NOW, deliveries.c.token.is_(None), ~in_the_way)
        .order_by(deliveries.c.next_attempt_at, deliveries.c.message_id)
        .limit(limit)
    )


class SqlDeliveries(Deliveries):
    """
    A claimed row stays in place, so what is behind it is not first: one in flight.

    Messages of a conversation are queued under its customer's lock, in the order
    of their ids; so whatever is first stays first until it is settled.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    async def queue(self, messages_: Sequence[Message]) -> None:
        for chunk in chunks(message.id for message in messages_):
            rows = select(messages.c.id, messages.c.customer_id, _NOW, _NOW, literal(0)).where(
                messages.c.id.in_(chunk)
            )
            columns = ["message_id", "customer_id", "queued_at", "next_attempt_at", "attempts"]
            await self._session.run(insert(deliveries).from_select(columns, rows))

    async def claim(self, *, limit: int, lease: timedelta) -> list[Claim]:
        # In two steps, so that only the rows to be claimed are ever locked. Whoever reads
        # the same candidates finds them locked, or claimed: the second step looks again.
        candidates = [row.message_id for row in await self._session.rows(_first_due(limit))]
        if not candidates:
            return []
        query = (
            select(deliveries.c.message_id)
            .where(
                deliveries.c.message_id.in_(candidates),
                deliveries.c.token.is_(None),
                deliveries.c.next_attempt_at <= _NOW,
            )
            .order_by(deliveries.c.message_id)
            .with_for_update(skip_locked=True)
        )
        ids = [row.message_id for row in await self._session.rows(query)]
        if not ids:
            return []
        token = uuid4().hex
        await self._session.run(
            update(deliveries)
            .where(deliveries.c.message_id.in_(ids))
            .values(
                token=token,
                attempts=deliveries.c.attempts + 1,
                expires_at=DatabaseTime(lease),
            )
        )
        claimed = select(deliveries).where(deliveries.c.message_id.in_(ids))
        rows = await self._session.rows(claimed.order_by(deliveries.c.message_id))
        return [claim_of(row) for row in rows]

    async def held(self, claims: Collection[Claim]) -> list[Claim]:
        held: set[tuple[MessageId, str | None]] = set()
        for chunk in chunks(sorted({claim.message_id for claim in claims})):
            query = (
                select(deliveries.c.message_id, deliveries.c.token)
                .where(deliveries.c.message_id.in_(chunk), deliveries.c.expires_at > _NOW)
                .order_by(deliveries.c.message_id)
                .with_for_update()
            )
            held |= {(row.message_id, row.token) for row in await self._session.rows(query)}
        return [claim for claim in claims if (claim.message_id, claim.token) in held]

    async def put_back(self, claim: Claim, *, pause: timedelta) -> None:
        await self._session.run(
            update(deliveries)
            .where(deliveries.c.message_id == claim.message_id, deliveries.c.token == claim.token)
            .values(token=None, expires_at=None, next_attempt_at=DatabaseTime(pause))
        )

    async def postpone(self, claims: Collection[Claim], *, pause: timedelta) -> None:
        tokens = sorted({claim.token for claim in claims})
        for chunk in chunks(sorted({claim.message_id for claim in claims})):
            await self._session.run(
                update(deliveries)
                .where(deliveries.c.message_id.in_(chunk), deliveries.c.token.in_(tokens))
                .values(
                    token=None,
                    expires_at=None,
                    queued_at=_NOW,
                    next_attempt_at=DatabaseTime(pause),
                )
            )

    async def settle(self, message_ids: Collection[MessageId]) -> None:
        for chunk in chunks(sorted(set(message_ids))):
            await self._session.run(delete(deliveries).where(deliveries.c.message_id.in_(chunk)))

    async def expired(self, limit: int) -> list[Claim]:
        query = (
            select(deliveries)
            .where(deliveries.c.token.is_not(None), deliveries.c.expires_at <= _NOW)
            .order_by(deliveries.c.expires_at, deliveries.c.message_id)
            .limit(limit)
        )
        return [claim_of(row) for row in await self._session.rows(query)]

    async def due(self) -> bool:
        return bool(await self._session.rows(_first_due(1)))
