"""Finding messages: the newest window by looking at each, what is older by its rarest word."""

import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, select
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
from khalifa.infrastructure.database.tables import customers, message_texts, messages, tickets

READ_SECONDS = 10.0
# Messages that are looked at one by one, at a time.
WINDOW = 20_000
# Of one agent's: those lie far apart, and each is a page of the database to be read.
OWN_WINDOW = 5_000
# In seconds: how long another window is begun, and how long an index may be asked.
PATIENCE = 0.1
INDEX_PATIENCE = 0.15
# An index is asked for a word that is in at most so many of a window: for a common one it
# takes seconds at a million messages, and a window of those is soon full anyway.
RARE = 100
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
        self._size = WINDOW if holder is Holder.ANYONE else min(WINDOW, OWN_WINDOW)
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
        end = time.monotonic() + PATIENCE
        while True:
            window = await self._window(before)
            self._floor = window.floor if window.is_full else None
            await self._take(window.texts)
            if self._floor is None or len(self.found) > self._limit:
                return
            rarest = await self._rarest(window.texts)
            if rarest is not None and await self._ask_index(rarest):
                return
            if time.monotonic() > end:
                return
            before = self._floor

    async def _window(self, before: int) -> "_Window":
        """Return the newest visible messages below *before*."""
        if self._holder is Holder.ANYONE:
            ids = select(message_texts.c.message_id.label("id")).where(
                message_texts.c.message_id < before
            )
        else:
            # From the tickets on: by the messages' ids, all of everybody's would be read.
            ids = (
                select(messages.c.id)
                .select_from(tickets.join(messages, messages.c.ticket_id == tickets.c.id))
                .where(messages.c.id < before, held_by(self._holder))
                .prefix_with("STRAIGHT_JOIN", dialect="mysql")
            )
        visible = ids.order_by(ids.selected_columns.id.desc()).limit(self._size).subquery("visible")
        measured = await self._connection.execute(
            select(func.min(visible.c.id), func.count()).select_from(visible)
        )
        floor, count = measured.one()
        texts = select(message_texts.c.message_id)
        if self._holder is Holder.ANYONE:
            # A range: it is read from its end, no further than the page goes.
            texts = texts.where(
                message_texts.c.message_id < before, message_texts.c.message_id >= (floor or 0)
            )
        else:
            # From those on, too: else every text there is would be looked through for a rare word.
            texts = texts.select_from(
                visible.join(message_texts, message_texts.c.message_id == visible.c.id)
            ).prefix_with("STRAIGHT_JOIN", dialect="mysql")
        return _Window(texts=texts, floor=floor, is_full=count == self._size)

    async def _rarest(self, window: Select[Any]) -> str | None:
        """Return a word that is rare in *window*, and can be asked for."""
        words = self._indexed()
        if not words:
            return None
        texts = window.with_only_columns(
            *(
                func.sum(case((message_texts.c.folded.contains(f" {word}"), 1), else_=0))
                for word in words
            )
        )
        counts = (await self._connection.execute(texts)).one()
        often = {word: int(times or 0) for word, times in zip(words, counts, strict=True)}
        rarest = min(often, key=lambda word: (often[word], -len(word)))
        return rarest if often[rarest] <= RARE else None

    def _indexed(self) -> list[str]:
        """Return the words that an index can be asked for."""
        if not self._has_index:
            return []
        words = [word for part in self._search.parts for word in part.split()]
        return [word for word in dict.fromkeys(words) if len(word) >= FEWEST_INDEXED]

    async def _ask_index(self, word: str) -> bool:
        """Look through all that is older for *word*; say whether that was done in time."""
        against = match(message_texts.c.folded, against=f"+{word}*").in_boolean_mode()
        older = message_texts.c.message_id < self._floor
        query = self._newest(select(message_texts.c.message_id).where(against, older))
        ids: list[int] = []
        with suppress(DatabaseUnavailable):
            await self._limit_time(f"{INDEX_PATIENCE}", f"{round(INDEX_PATIENCE * 1000)}")
            try:
                with khalifas_own():
                    ids = list(await self._connection.scalars(query.limit(MOST_INDEXED + 1)))
            finally:
                await self._limit_time("DEFAULT", "DEFAULT")
            self.found += (await self._visible(ids[:MOST_INDEXED]))[: self._room]
            if len(ids) <= MOST_INDEXED:
                self._floor = None
            else:
                self._floor = ids[MOST_INDEXED - 1]
            return True
        return False

    async def _limit_time(self, seconds: str, milliseconds: str) -> None:
        """Have the server itself cut statements off: a time-out here would leave them running."""
        if getattr(self._connection.dialect, "is_mariadb", False):
            limit = f"max_statement_time = {seconds}"
        else:
            limit = f"max_execution_time = {milliseconds}"
        await self._connection.exec_driver_sql(f"SET SESSION {limit}")

    @property
    def _room(self) -> int:
        return self._limit + 1 - len(self.found)

    async def _take(self, window: Select[Any]) -> None:
        """Add what is meant among *window*, as far as there is room."""
        self.found += await self._connection.scalars(self._newest(window).limit(self._room))

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
