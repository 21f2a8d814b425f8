"""Replies on their way out, in a dictionary."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from secrets import token_hex

from khalifa.application.ports.clock import Clock
from khalifa.application.ports.deliveries import Candidate, Claim, Deliveries
from khalifa.domain.customers import CustomerId
from khalifa.domain.messages import Message, MessageId
from khalifa.infrastructure.memory.store import Delivery, Tables


class MemoryDeliveries(Deliveries):
    def __init__(self, tables: Tables, clock: Clock) -> None:
        self._tables = tables
        self._clock = clock

    async def queue(self, messages: Sequence[Message]) -> None:
        now = self._clock.now()
        for message in messages:
            self._tables.deliveries[message.id] = Delivery(
                message_id=message.id, customer_id=message.customer_id, queued_at=now, due_at=now
            )

    async def waiting_of(self, customers: Collection[CustomerId]) -> dict[CustomerId, int]:
        rows = self._tables.deliveries.values()
        waiting = Counter(row.customer_id for row in rows if row.token is None)
        return {id_: waiting[id_] for id_ in customers if waiting[id_]}

    async def candidates(self, limit: int) -> list[Candidate]:
        return [
            Candidate(message_id=row.message_id, customer_id=row.customer_id, attempts=row.attempts)
            for row in self._claimable(self._clock.now())[:limit]
        ]

    async def claim(self, ids: Collection[MessageId], *, lease: timedelta) -> list[Claim]:
        now = self._clock.now()
        wanted = set(ids)
        still = [row for row in self._claimable(now) if row.message_id in wanted]
        return [self._give(row, now=now, lease=lease) for row in still]

    async def hold_off(self, pauses: Mapping[MessageId, timedelta]) -> None:
        for message_id, pause in pauses.items():
            row = self._tables.deliveries.get(message_id)
            if row is not None and row.token is None:
                due_at = self._clock.now() + pause
                self._tables.deliveries[message_id] = replace(row, due_at=due_at)

    async def held(self, claims: Collection[Claim]) -> list[Claim]:
        now = self._clock.now()
        rows = self._tables.deliveries
        return [
            claim
            for claim in claims
            if _holds(rows.get(claim.message_id), claim) and claim.expires_at > now
        ]

    async def put_back(self, claim: Claim, *, pause: timedelta) -> None:
        row = self._tables.deliveries.get(claim.message_id)
        if row is not None and _holds(row, claim):
            due_at = self._clock.now() + pause
            back = replace(row, due_at=due_at, token=None, expires_at=None)
            self._tables.deliveries[claim.message_id] = back

    async def postpone(self, claims: Collection[Claim], *, pause: timedelta) -> None:
        now = self._clock.now()
        for claim in claims:
            row = self._tables.deliveries.get(claim.message_id)
            if row is not None and _holds(row, claim):
                self._tables.deliveries[claim.message_id] = replace(
                    row,
                    queued_at=now,
                    due_at=now + pause,
                    first_claimed_at=None,
                    token=None,
                    expires_at=None,
                )

    async def settle(self, message_ids: Collection[MessageId]) -> None:
        for message_id in message_ids:
            self._tables.deliveries.pop(message_id, None)

    async def expired(self, limit: int) -> list[Claim]:
        now = self._clock.now()
        claims = [_claim(row) for row in self._tables.deliveries.values() if row.token]
        ran_out = [claim for claim in claims if claim.expires_at <= now]
        return sorted(ran_out, key=lambda claim: (claim.expires_at, claim.message_id))[:limit]

    async def due(self) -> bool:
        return bool(self._claimable(self._clock.now()))

    def _claimable(self, now: datetime) -> list[Delivery]:
        first: dict[CustomerId, Delivery] = {}
        busy: set[CustomerId] = set()
        for _, row in sorted(self._tables.deliveries.items()):
            first.setdefault(row.customer_id, row)
            if row.token is not None:
                busy.add(row.customer_id)
        free = (row for row in first.values() if row.customer_id not in busy and row.due_at <= now)
        return sorted(free, key=lambda row: (row.due_at, row.message_id))

    def _give(self, row: Delivery, *, now: datetime, lease: timedelta) -> Claim:
        claimed = replace(
            row,
            attempts=row.attempts + 1,
            first_claimed_at=row.first_claimed_at or now,
            token=token_hex(16),
            expires_at=now + lease,
        )
        self._tables.deliveries[row.message_id] = claimed
        return _claim(claimed)


def _holds(row: Delivery | None, claim: Claim) -> bool:
    return row is not None and row.token == claim.token


def _claim(row: Delivery) -> Claim:
    if row.token is None or row.expires_at is None:
        reason = "this message is not claimed"
        raise ValueError(reason)
    return Claim(
        message_id=row.message_id,
        customer_id=row.customer_id,
        token=row.token,
        attempts=row.attempts,
        queued_at=row.queued_at,
        first_claimed_at=row.first_claimed_at or row.queued_at,
        expires_at=row.expires_at,
    )
