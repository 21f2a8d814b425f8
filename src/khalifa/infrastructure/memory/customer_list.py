"""Customers as the desk lists them, read from the store's committed rows."""

from khalifa.application.customer_views import CustomerSummaryView
from khalifa.application.ports.customer_list import CustomerList, CustomerQuery
from khalifa.application.ports.readers import Holder, InvalidCursor
from khalifa.application.views import Page
from khalifa.domain.agents import AgentId
from khalifa.domain.contacts import IdentityKind
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.folding import folded_letters
from khalifa.infrastructure.memory.store import MemoryStore, Tables

_LONGEST_CURSOR = 19


class MemoryCustomerList(CustomerList):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def find(
        self, query: CustomerQuery, *, holder: AgentId | Holder, cursor: str, limit: int
    ) -> Page[CustomerSummaryView]:
        tables = self._store.read()
        last = read_id_cursor(cursor)
        rows = [
            customer
            for customer in sorted(tables.customers.values(), key=lambda row: -row.id)
            if customer.merged_into is None
            and (last is None or customer.id < last)
            and _is_meant(customer, query)
            and _is_seen(tables, customer.id, holder)
        ]
        page = rows[:limit]
        return Page(
            items=[CustomerSummaryView.of(row) for row in page],
            next_cursor=str(page[-1].id) if len(rows) > limit else None,
        )

    async def is_with(self, customer_id: CustomerId, agent_id: AgentId) -> bool:
        return _is_seen(self._store.read(), customer_id, agent_id)


def _is_meant(customer: Customer, query: CustomerQuery) -> bool:
    if query.phones:
        numbers = [
            identity.id_ext
            for identity in (*customer.identities, *customer.former)
            if identity.kind is IdentityKind.PHONE
        ]
        return any(number.startswith(query.phones) for number in numbers)
    return query.name in folded_letters(customer.name or "") if query.name else True


def _is_seen(tables: Tables, customer_id: CustomerId, holder: AgentId | Holder) -> bool:
    if holder is Holder.ANYONE:
        return True
    wanted = None if holder is Holder.NOBODY else holder
    return any(
        ticket.customer_id == customer_id and ticket.agent_id == wanted
        for ticket in tables.tickets.values()
    )


def read_id_cursor(cursor: str) -> int | None:
    """
    Return the id that *cursor* is, None at the beginning.

    Raises:
        InvalidCursor: it is none.
    """
    if not cursor:
        return None
    if cursor.isascii() and cursor.isdigit() and len(cursor) <= _LONGEST_CURSOR:
        return int(cursor)
    reason = "This is not a cursor of this list."
    raise InvalidCursor(reason)
