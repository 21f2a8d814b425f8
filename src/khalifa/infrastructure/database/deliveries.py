"""Replies on their way out, claimed by one worker at a time."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Select, case, delete, exists, func, insert, literal, select, update

from khalifa.application.ports.deliveries import Candidate, Claim, Deliveries
from khalifa.domain.customers import CustomerId
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
        select(deliveries.c.message_id, deliveries.c.customer_id, deliveries.c.attempts)
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

    async def candidates(self, limit: int) -> list[Candidate]:
        return [
            Candidate(
                message_id=MessageId(row.message_id),
                customer_id=CustomerId(row.customer_id),
                attempts=row.attempts,
            )
            for row in await self._session.rows(_first_due(limit))
        ]

    async def claim(self, ids: Collection[MessageId], *, lease: timedelta) -> list[Claim]:
        # Apart from the looking for candidates, so that only the rows to be claimed are ever
        # locked. Whoever has the same candidates finds them locked, or claimed. What was
        # first in its conversation stays first until it is settled.
        return [
            claim
            for chunk in chunks(sorted(set(ids)))
            for claim in await self._claim(chunk, lease=lease)
        ]

    async def _claim(self, ids: Sequence[MessageId], *, lease: timedelta) -> list[Claim]:
        query = (
            select(deliveries.c.message_id)
            .where(
                deliveries.c.message_id.in_(ids),
                deliveries.c.token.is_(None),
                deliveries.c.next_attempt_at <= _NOW,
            )
            .order_by(deliveries.c.message_id)
            .with_for_update(skip_locked=True)
        )
        free = [row.message_id for row in await self._session.rows(query)]
        if not free:
            return []
        token = uuid4().hex
        await self._session.run(
            update(deliveries)
            .where(deliveries.c.message_id.in_(free))
            .values(
                token=token,
                attempts=deliveries.c.attempts + 1,
                first_claimed_at=func.coalesce(deliveries.c.first_claimed_at, _NOW),
                expires_at=DatabaseTime(lease),
            )
        )
        claimed = select(deliveries).where(deliveries.c.message_id.in_(free))
        rows = await self._session.rows(claimed.order_by(deliveries.c.message_id))
        return [claim_of(row) for row in rows]

    async def hold_off(self, pauses: Mapping[MessageId, timedelta]) -> None:
        for chunk in chunks(sorted(pauses)):
            whens = {id_: pauses[id_] // timedelta(microseconds=1) for id_ in chunk}
            # Each pause in one statement; bound as numbers, for a clock must add them up.
            pause = case(whens, value=deliveries.c.message_id, else_=literal(0))
            await self._session.run(
                update(deliveries)
                .where(deliveries.c.message_id.in_(chunk), deliveries.c.token.is_(None))
                .values(next_attempt_at=DatabaseTime(pause))
            )

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
                    first_claimed_at=None,
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

    async def waiting_of(self, customers: Collection[CustomerId]) -> dict[CustomerId, int]:
        waiting: dict[CustomerId, int] = {}
        for chunk in chunks(sorted(set(customers))):
            query = (
                select(deliveries.c.customer_id, func.count().label("replies"))
                .where(deliveries.c.customer_id.in_(chunk), deliveries.c.token.is_(None))
                .group_by(deliveries.c.customer_id)
            )
            for row in await self._session.rows(query):
                waiting[CustomerId(row.customer_id)] = row.replies
        return waiting

    async def due(self) -> bool:
        return bool(await self._session.rows(_first_due(1)))
