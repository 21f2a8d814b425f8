"""Customers as the desk lists them; by name, the newest one by one and what is older by a word."""

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, or_, select, true
from sqlalchemy.dialects.mysql import match
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from khalifa.application.customer_views import CustomerSummaryView
from khalifa.application.ports.customer_list import CustomerList, CustomerQuery
from khalifa.application.ports.readers import Holder
from khalifa.application.ports.unit_of_work import DatabaseUnavailable
from khalifa.application.views import Page
from khalifa.domain.agents import AgentId
from khalifa.domain.contacts import ANY_PROVIDER, IdentityKind
from khalifa.domain.customers import CustomerId
from khalifa.infrastructure.database.cursors import read_cursor, write_cursor
from khalifa.infrastructure.database.engine import READ_ONLY
from khalifa.infrastructure.database.inbox import held_by
from khalifa.infrastructure.database.mapping import customer_of
from khalifa.infrastructure.database.refusals import answered_within, khalifas_own
from khalifa.infrastructure.database.session import time_limited
from khalifa.infrastructure.database.tables import customer_identities, customers, tickets

READ_SECONDS = 10.0
# Customers whose names are looked at one by one; of an agent's own, which lie apart, fewer.
WINDOW = 20_000
OWN_WINDOW = 2_500
# In seconds: how long the index of names may be asked for what is older.
INDEX_PATIENCE = 0.06
# InnoDB's index knows no shorter words.
FEWEST_INDEXED = 3

_LIST = "c"
_NOTHING = 2**63 - 1
_WORD = re.compile(r"[^\W_]+")


class SqlCustomerList(CustomerList):
    """Raises `DatabaseUnavailable` when the database is away."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(**READ_ONLY)
        self._has_index = engine.dialect.name != "sqlite"

    async def find(
        self, query: CustomerQuery, *, holder: AgentId | Holder, cursor: str, limit: int
    ) -> Page[CustomerSummaryView]:
        before = read_cursor(_LIST, cursor, 1)[0] if cursor else _NOTHING
        async with answered_within(READ_SECONDS), self._engine.connect() as connection:
            looking = _Looking(connection, holder, before, limit)
            if query.phones:
                await looking.take(_listed(_with_phone(query.phones)).where(looking.is_seen))
            elif query.name and not self._has_index:
                await looking.take(_listed(_is_called(query.name)).where(looking.is_seen))
            elif query.name:
                await looking.by_name(query.name)
            else:
                await looking.newest()
        return Page(
            items=[CustomerSummaryView.of(customer_of(row, {})) for row in looking.rows[:limit]],
            next_cursor=looking.cursor,
        )

    async def is_with(self, customer_id: CustomerId, agent_id: AgentId) -> bool:
        held = select(tickets.c.id).where(
            tickets.c.customer_id == customer_id, tickets.c.agent_id == agent_id
        )
        async with answered_within(READ_SECONDS), self._engine.connect() as connection:
            return (await connection.execute(held.limit(1))).first() is not None


class _Looking:
    """One look through the customers that are older than ``before``; ``rows`` are found."""

    def __init__(
        self, connection: AsyncConnection, holder: AgentId | Holder, before: int, limit: int
    ) -> None:
        self._connection = connection
        self._holder = holder
        self._before = before
        self._limit = limit
        self.rows: list[Row[Any]] = []
        # Below it nothing was looked at; None: there is nothing.
        self._floor: int | None = None

    @property
    def cursor(self) -> str | None:
        if len(self.rows) > self._limit:
            return write_cursor(_LIST, self.rows[self._limit - 1].id)
        return None if self._floor is None else write_cursor(_LIST, self._floor)

    @property
    def is_seen(self) -> ColumnElement[bool]:
        if self._holder is Holder.ANYONE:
            return customers.c.id < self._before
        held = (
            select(tickets.c.id)
            .where(tickets.c.customer_id == customers.c.id, held_by(self._holder))
            .exists()
        )
        return (customers.c.id < self._before) & held

    def _ids(self) -> Select[Any]:
        """Return the ids of who is seen, the newest first; also of who is part of another."""
        if self._holder is Holder.ANYONE:
            return (
                select(customers.c.id)
                .where(customers.c.id < self._before)
                .order_by(customers.c.id.desc())
            )
        return (
            select(tickets.c.customer_id.label("id"))
            .where(held_by(self._holder), tickets.c.customer_id < self._before)
            .distinct()
            .order_by(tickets.c.customer_id.desc())
        )

    async def take(self, found: Select[Any]) -> None:
        """Add the newest of *found*, as far as there is room."""
        room = self._limit + 1 - len(self.rows)
        newest = found.order_by(customers.c.id.desc()).limit(room)
        self.rows += (await self._connection.execute(newest)).all()

    async def newest(self) -> None:
        """Take whoever is seen; who holds few tickets reads few, in the order of their index."""
        if self._holder is Holder.ANYONE:
            await self.take(_listed(customers.c.id < self._before))
        else:
            await self._window(true())

    async def by_name(self, name: str) -> None:
        """
        Look at the newest names one by one, and ask the index for the older.

        It is exact of what it gives, and knows how words begin. Where it takes too
        long, or there is no word to ask it for, the cursor goes on from the window.
        """
        await self._window(_is_called(name))
        words = [word for word in _WORD.findall(name) if len(word) >= FEWEST_INDEXED]
        if self._floor is None or len(self.rows) > self._limit or not words:
            return
        with suppress(DatabaseUnavailable):
            await self._take_older(name, max(words, key=len), self._floor)
            self._floor = None

    async def _window(self, condition: ColumnElement[bool]) -> None:
        """Take those of the newest for whom *condition* holds."""
        size = WINDOW if self._holder is Holder.ANYONE else OWN_WINDOW
        ids = self._ids()
        self._floor = await self._connection.scalar(ids.offset(size - 1).limit(1))
        if self._holder is Holder.ANYONE:
            # A range: it is read from its end, no further than the page goes.
            older = customers.c.id < self._before
            await self.take(_listed(older, customers.c.id >= (self._floor or 0), condition))
        else:
            await self.take(_joined(ids.limit(size)).where(condition))

    async def _take_older(self, name: str, word: str, floor: int) -> None:
        begins = match(customers.c.folded_name, against=f"+{word}*").in_boolean_mode()
        older = _listed(begins, _is_called(name), customers.c.id < floor).where(self.is_seen)
        async with time_limited(self._connection, INDEX_PATIENCE):
            with khalifas_own():
                await self.take(older)


def _listed(*conditions: ColumnElement[bool]) -> Select[Any]:
    return select(customers).where(customers.c.merged_into.is_(None), *conditions)


def _joined(ids: Select[Any]) -> Select[Any]:
    """Select the customers of *ids*, from those on."""
    seen = ids.subquery("seen")
    return (
        _listed()
        .select_from(seen.join(customers, customers.c.id == seen.c.id))
        .prefix_with("STRAIGHT_JOIN", dialect="mysql")
    )


def _with_phone(phones: Sequence[str]) -> ColumnElement[bool]:
    # By the index of identities: numbers are asked for far more often than names of digits.
    by_number = select(customer_identities.c.customer_id).where(
        customer_identities.c.provider == ANY_PROVIDER,
        customer_identities.c.kind == IdentityKind.PHONE.value,
        or_(*(customer_identities.c.id_ext.startswith(phone) for phone in phones)),
    )
    return customers.c.id.in_(by_number)


def _is_called(name: str) -> ColumnElement[bool]:
    return customers.c.folded_name.contains(name, autoescape=True)
