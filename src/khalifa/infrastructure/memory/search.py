"""Messages found in the store's committed rows: folded when somebody looks."""

from collections.abc import Collection
from datetime import datetime

from khalifa.application.ports.readers import Holder
from khalifa.application.ports.search import (
    MessageHits,
    MessageHitView,
    MessageSearch,
    SearchTexts,
)
from khalifa.application.views import CustomerView
from khalifa.domain.agents import AgentId
from khalifa.domain.folding import Search, folded
from khalifa.domain.messages import Message
from khalifa.infrastructure.memory.customer_list import read_id_cursor
from khalifa.infrastructure.memory.inbox import is_held
from khalifa.infrastructure.memory.store import MemoryStore, Tables

MOST_SHOWN = 300


class MemoryMessageSearch(MessageSearch):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def find(
        self, search: Search, *, holder: AgentId | Holder, cursor: str, limit: int
    ) -> MessageHits:
        tables = self._store.read()
        before = read_id_cursor(cursor)
        found = [
            message
            for message in sorted(tables.messages.values(), key=lambda row: -row.id)
            if (before is None or message.id < before)
            and message.text
            and message.revoked_at is None
            and is_held(tables.tickets[message.ticket_id], holder)
            and search.finds(folded(message.text))
        ]
        page = found[:limit]
        return MessageHits(
            items=[_shown(tables, message, search) for message in page],
            next_cursor=str(page[-1].id) if len(found) > limit else None,
            searched_until=None,
        )

    async def newest_tickets(
        self, customers: Collection[int], *, holder: AgentId | Holder
    ) -> dict[int, int]:
        newest: dict[int, int] = {}
        for ticket in self._store.read().tickets.values():
            if ticket.customer_id in customers and is_held(ticket, holder):
                newest[ticket.customer_id] = max(newest.get(ticket.customer_id, 0), ticket.id)
        return newest


class MemorySearchTexts(SearchTexts):
    """Nothing is kept folded here."""

    async def fold_new(self, limit: int, *, settled: datetime) -> int:
        return 0

    async def fold_again(self, messages: Collection[Message]) -> None:
        pass


def _shown(tables: Tables, message: Message, search: Search) -> MessageHitView:
    return MessageHitView(
        id=message.id,
        ticket_id=message.ticket_id,
        customer=CustomerView.of(tables.customers[message.customer_id]),
        direction=message.direction,
        kind=message.kind,
        text=search.excerpt(message.text or "", MOST_SHOWN),
        sent_at=message.sent_at,
    )
