"""Finding messages: the newest window by looking at each, what is older by its rarest word."""

import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.dialects.mysql import match
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from khalifa.application.ports.readers import Holder
from khalifa.application.ports.search import MessageHits, MessageHitView, MessageSearch
from khalifa.application.ports.unit_of_work import DatabaseUnavailable
from khalifa.domain.agents import AgentId
from khalifa.domain.folding import Search
from khalifa.infrastructure.database.cursors import read_cursor, write_cursor
from khalifa.infrastructure.database.engine import READ_ONLY
from khalifa.infrastructure.database.inbox import CUSTOMER_SHOWN, customer_view, held_by
from khalifa.infrastructure.database.refusals import answered_within, khalifas_own
from khalifa.infrastructure.database.session import time_limited
from khalifa.infrastructure.database.tables import customers, message_texts, messages, tickets

READ_SECONDS = 10.0
# Messages that are looked at one by one, at a time.
WINDOW = 20_000
# Of an agent who holds few tickets; of one who holds more, everybody's are looked at: by those
# tickets, all that was ever said on them would be read before the newest is known.
OWN_WINDOW = 5_000
FEW_TICKETS = 500
# In seconds: how long another window is begun, how long an index may be asked, and when
# that must be over: a page with its customers is meant to be there within a fifth of a second,
# and a server may take half as long again to cut a statement off.
PATIENCE = 0.1
INDEX_PATIENCE = 0.15
OVER_AFTER = 0.12
LEAST_PATIENCE = 0.02
# An index is asked for a word that is in at most so many of a window's newest: for a common one
# it takes seconds at a million messages, and a window of those is soon full anyway.
SAMPLE = 5_000
RARE = 25
# And among all that is older, by as large a sample, in so many pieces: a word of last summer's
# is rare now. No server can stop its index before it has read all of a word's places.
PIECES = 50
MOST_PLACES = 20_000
# InnoDB's index knows no shorter words.
FEWEST_INDEXED = 3
MOST_SHOWN = 300
# So many of an index are looked into at a time: whose they are must be seen of each.
MOST_INDEXED = 1000

_LIST = "s"
_NOTHING = 2**63 - 1


class SqlMessageSearch(MessageSearch):
    """Raises `DatabaseUnavailable` when the database is away."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(**READ_ONLY)
        self._has_index = engine.dialect.name != "sqlite"

    async def find(
        self, search: Search, *, holder: AgentId | Holder, cursor: str, limit: int
    ) -> MessageHits:
        before = read_cursor(_LIST, cursor, 1)[0] if cursor else _NOTHING
        async with answered_within(READ_SECONDS), self._engine.connect() as connection:
            looking = _Looking(connection, search, holder, limit, self._has_index)
            await looking.back_from(before)
            hits = await looking.shown()
            until = await looking.seen_until()
        return MessageHits(items=hits, next_cursor=looking.cursor, searched_until=until)

    async def newest_tickets(
        self, customers: Collection[int], *, holder: AgentId | Holder
    ) -> dict[int, int]:
        newest = (
            select(tickets.c.customer_id, func.max(tickets.c.id).label("ticket_id"))
            .where(tickets.c.customer_id.in_(customers), held_by(holder))
            .group_by(tickets.c.customer_id)
        )
        async with answered_within(READ_SECONDS), self._engine.connect() as connection:
            rows = (await connection.execute(newest)).all()
        return {row.customer_id: row.ticket_id for row in rows}


@dataclass(frozen=True, slots=True)
class _Window:
    """So many messages: their folded ``texts``, and the oldest one's id."""

    texts: Select[Any]
    floor: int | None
    is_full: bool


class _Looking:
    """One search, going back from the newest; ``found`` are ids of messages."""

    def __init__(
        self,
        connection: AsyncConnection,
        search: Search,
        holder: AgentId | Holder,
        limit: int,
        has_index: bool,
    ) -> None:
        self._connection = connection
        self._search = search
        self._holder = holder
        self._limit = limit
        self._has_index = has_index
        self._from_tickets = False
        self._meant = [message_texts.c.folded.contains(part) for part in search.parts]
        self.found: list[int] = []
        # Below it nothing was looked at; None: there is nothing.
        self._floor: int | None = None

    @property
    def cursor(self) -> str | None:
        if len(self.found) > self._limit:
            return write_cursor(_LIST, self.found[self._limit - 1])
        return None if self._floor is None else write_cursor(_LIST, self._floor)

    async def back_from(self, before: int) -> None:
        begun = time.monotonic()
        self._from_tickets = await self._holds_few()
        while True:
            window = await self._window(before)
            self._floor = window.floor if window.is_full else None
            await self._take(window.texts)
            if self._floor is None or len(self.found) > self._limit:
                return
            rarest = await self._rarest(window.texts)
            left = min(INDEX_PATIENCE, begun + OVER_AFTER - time.monotonic())
            if (
                rarest is not None
                and await self._was_rare(rarest)
                and await self._ask_index(rarest, max(left, LEAST_PATIENCE))
            ):
                return
            if time.monotonic() > begun + PATIENCE:
                return
            before = self._floor

    async def _holds_few(self) -> bool:
        if self._holder is Holder.ANYONE:
            return False
        held = select(tickets.c.id).where(held_by(self._holder)).limit(FEW_TICKETS + 1)
        return len((await self._connection.scalars(held)).all()) <= FEW_TICKETS

    async def _window(self, before: int) -> "_Window":
        """Return the newest messages below *before* that may be looked through."""
        if self._from_tickets:
            return await self._own_window(before)
        id_ = message_texts.c.message_id
        below = select(id_).where(id_ < before)
        floor = await self._connection.scalar(
            below.order_by(id_.desc()).offset(WINDOW - 1).limit(1)
        )
        # A range: it is read from its end, no further than the page goes.
        return _Window(texts=below.where(id_ >= (floor or 0)), floor=floor, is_full=bool(floor))

    async def _own_window(self, before: int) -> "_Window":
        # From the tickets on: by the messages' ids, all of everybody's would be read.
        size = min(WINDOW, OWN_WINDOW)
        visible = (
            select(messages.c.id)
            .select_from(tickets.join(messages, messages.c.ticket_id == tickets.c.id))
            .where(messages.c.id < before, held_by(self._holder))
            .prefix_with("STRAIGHT_JOIN", dialect="mysql")
            .order_by(messages.c.id.desc())
            .limit(size)
            .subquery("visible")
        )
        measured = select(func.min(visible.c.id), func.count()).select_from(visible)
        floor, count = (await self._connection.execute(measured)).one()
        # From those on, too: else every text there is would be looked through for a rare word.
        texts = (
            select(message_texts.c.message_id)
            .select_from(visible.join(message_texts, message_texts.c.message_id == visible.c.id))
            .prefix_with("STRAIGHT_JOIN", dialect="mysql")
        )
        return _Window(texts=texts, floor=floor, is_full=count == size)

    async def _rarest(self, window: Select[Any]) -> str | None:
        """Return a word that is rare among the newest of *window*, and can be asked for."""
        words = self._indexed()
        if not words:
            return None
        newest = (
            window.with_only_columns(message_texts.c.folded)
            .order_by(message_texts.c.message_id.desc())
            .limit(SAMPLE)
            .subquery("newest")
        )
        texts = select(
            *(func.sum(case((newest.c.folded.contains(f" {word}"), 1), else_=0)) for word in words)
        )
        counts = (await self._connection.execute(texts)).one()
        often = {word: int(times or 0) for word, times in zip(words, counts, strict=True)}
        rarest = min(often, key=lambda word: (often[word], -len(word)))
        return rarest if often[rarest] <= RARE else None

    async def _was_rare(self, word: str) -> bool:
        """Say whether *word* has few places among all that is older than the window."""
        floor = self._floor or 0
        length = SAMPLE // PIECES
        if floor <= SAMPLE:
            return True
        pieces = or_(
            *(
                message_texts.c.message_id.between(first, first + length - 1)
                for first in range(1, floor - length, max(length, floor // PIECES))
            )
        )
        places = select(func.count()).where(pieces, message_texts.c.folded.contains(f" {word}"))
        found = int(await self._connection.scalar(places) or 0)
        return found * floor // SAMPLE <= MOST_PLACES

    def _indexed(self) -> list[str]:
        """Return the words that an index can be asked for."""
        if not self._has_index:
            return []
        words = [word for part in self._search.parts for word in part.split()]
        return [word for word in dict.fromkeys(words) if len(word) >= FEWEST_INDEXED]

    async def _ask_index(self, word: str, within: float) -> bool:
        """Look through all that is older for *word*; say whether that was done in time."""
        against = match(message_texts.c.folded, against=f"+{word}*").in_boolean_mode()
        older = message_texts.c.message_id < self._floor
        query = self._newest(select(message_texts.c.message_id).where(against, older))
        ids: list[int] = []
        with suppress(DatabaseUnavailable):
            async with time_limited(self._connection, within):
                with khalifas_own():
                    ids = list(await self._connection.scalars(query.limit(MOST_INDEXED + 1)))
            self.found += (await self._visible(ids[:MOST_INDEXED]))[: self._room]
            if len(ids) <= MOST_INDEXED:
                self._floor = None
            else:
                self._floor = ids[MOST_INDEXED - 1]
            return True
        return False

    @property
    def _room(self) -> int:
        return self._limit + 1 - len(self.found)

    async def _take(self, window: Select[Any]) -> None:
        """Add what is meant among *window* and may be seen, as far as there is room."""
        meant = self._newest(window)
        if self._holder is not Holder.ANYONE and not self._from_tickets:
            # Whose it is, only of what is meant.
            meant = (
                meant.join(messages, messages.c.id == message_texts.c.message_id)
                .join(tickets, tickets.c.id == messages.c.ticket_id)
                .where(held_by(self._holder))
                .prefix_with("STRAIGHT_JOIN", dialect="mysql")
            )
        self.found += await self._connection.scalars(meant.limit(self._room))

    def _newest(self, texts: Select[Any]) -> Select[Any]:
        """Of *texts* those that are meant, the newest first."""
        return texts.where(*self._meant).order_by(message_texts.c.message_id.desc())

    async def _visible(self, ids: list[int]) -> list[int]:
        """Return those of *ids* that may be seen, in their order."""
        if self._holder is Holder.ANYONE or not ids:
            return ids
        # From the messages on, by their ids.
        seen = (
            select(messages.c.id)
            .select_from(messages.join(tickets, tickets.c.id == messages.c.ticket_id))
            .where(messages.c.id.in_(ids), held_by(self._holder))
            .prefix_with("STRAIGHT_JOIN", dialect="mysql")
        )
        visible = set(await self._connection.scalars(seen))
        return [one for one in ids if one in visible]

    async def shown(self) -> list[MessageHitView]:
        ids = self.found[: self._limit]
        rows = await self._connection.execute(
            select(messages, *CUSTOMER_SHOWN)
            .join(customers, customers.c.id == messages.c.customer_id)
            .where(messages.c.id.in_(ids), messages.c.revoked_at.is_(None))
            .order_by(messages.c.id.desc())
        )
        return [
            MessageHitView(
                id=row.id,
                ticket_id=row.ticket_id,
                customer=customer_view(row),
                direction=row.direction,
                kind=row.kind,
                text=self._search.excerpt(row.text or "", MOST_SHOWN),
                sent_at=row.sent_at,
            )
            for row in rows
        ]

    async def seen_until(self) -> datetime | None:
        if self._floor is None or len(self.found) > self._limit:
            return None
        at = select(messages.c.stored_at).where(messages.c.id == self._floor)
        moment: datetime | None = await self._connection.scalar(at)
        return moment
