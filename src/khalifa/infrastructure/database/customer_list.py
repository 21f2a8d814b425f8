"""Customers as the desk lists them: one statement a page."""

from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select, true
from sqlalchemy.ext.asyncio import AsyncEngine

from khalifa.application.customer_views import CustomerSummaryView
from khalifa.application.ports.customer_list import CustomerList, CustomerQuery
from khalifa.application.ports.readers import Holder
from khalifa.application.views import Page
from khalifa.domain.agents import AgentId
from khalifa.domain.contacts import ANY_PROVIDER, IdentityKind
from khalifa.domain.customers import CustomerId
from khalifa.infrastructure.database.cursors import read_cursor, write_cursor
from khalifa.infrastructure.database.engine import READ_ONLY
from khalifa.infrastructure.database.mapping import customer_of
from khalifa.infrastructure.database.refusals import answered_within
from khalifa.infrastructure.database.tables import customer_identities, customers, tickets

READ_SECONDS = 10.0
_LIST = "c"


class SqlCustomerList(CustomerList):
    """Raises `DatabaseUnavailable` when the database is away."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(**READ_ONLY)

    async def find(
        self, query: CustomerQuery, *, holder: AgentId | Holder, cursor: str, limit: int
    ) -> Page[CustomerSummaryView]:
        conditions = [customers.c.merged_into.is_(None), _meant(query), _seen_by(holder)]
        if cursor:
            (last,) = read_cursor(_LIST, cursor, 1)
            conditions.append(customers.c.id < last)
        statement = (
            select(customers).where(*conditions).order_by(customers.c.id.desc()).limit(limit + 1)
        )
        rows = await self._rows(statement)
        page = rows[:limit]
        return Page(
            items=[CustomerSummaryView.of(customer_of(row, {})) for row in page],
            next_cursor=write_cursor(_LIST, page[-1].id) if len(rows) > limit else None,
        )

    async def is_with(self, customer_id: CustomerId, agent_id: AgentId) -> bool:
        held = select(tickets.c.id).where(
            tickets.c.customer_id == customer_id, tickets.c.agent_id == agent_id
        )
        return bool(await self._rows(held.limit(1)))

    async def _rows(self, statement: Any) -> list[Any]:
        async with answered_within(READ_SECONDS), self._engine.connect() as connection:
            return list((await connection.execute(statement)).all())


def _meant(query: CustomerQuery) -> ColumnElement[bool]:
    if query.phones:
        # By the index of identities: numbers are asked for far more often than names of digits.
        by_number = select(customer_identities.c.customer_id).where(
            customer_identities.c.provider == ANY_PROVIDER,
            customer_identities.c.kind == IdentityKind.PHONE.value,
            or_(*(customer_identities.c.id_ext.startswith(phone) for phone in query.phones)),
        )
        return customers.c.id.in_(by_number)
    if query.name:
        return customers.c.folded_name.contains(query.name, autoescape=True)
    return true()


def _seen_by(holder: AgentId | Holder) -> ColumnElement[bool]:
    held: ColumnElement[bool]
    match holder:
        case Holder.ANYONE:
            return true()
        case Holder.NOBODY:
            held = tickets.c.agent_id.is_(None)
        case agent_id:
            held = tickets.c.agent_id == agent_id
    return exists().where(tickets.c.customer_id == customers.c.id, held)
