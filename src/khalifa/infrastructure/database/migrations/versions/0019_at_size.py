"""
What is looked up among millions, by indexes alone.

Customers by the words of their names, and by whom they talked to; an agent's tickets of
all time; figures from what the indexes hold.
"""

from collections.abc import Mapping, Sequence

from khalifa.infrastructure.database.migrations.building import (
    create_index,
    create_word_index,
    drop_index,
    is_sqlite,
)

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | None = None
depends_on: str | None = None

_NAMES = "ix_customers_folded_name"
_OF_AN_AGENT: Mapping[str, Sequence[str]] = {
    "ix_tickets_agent_id_last_message_at_id": ("agent_id", "last_message_at", "id"),
    "ix_tickets_agent_id_customer_id": ("agent_id", "customer_id"),
}
_ORDER = ("ticket_id", "sent_at", "received_at", "number", "position", "id")
_NEW: Mapping[str, Mapping[str, Sequence[str]]] = {
    "messages": {
        "ix_messages_conversation": (*_ORDER, "sender_type", "stored_at"),
        "ix_messages_written": ("stored_at", "sender_type", "agent_id"),
    },
    "tickets": {
        "ix_tickets_opened_at_agent_id": ("opened_at", "agent_id"),
        "ix_tickets_closed_at_agent_id_rating": ("closed_at", "agent_id", "rating"),
    },
    "ticket_delays": {"ix_ticket_delays_started_at_agent_id": ("started_at", "agent_id")},
}
_OLD: Mapping[str, Mapping[str, Sequence[str]]] = {
    "messages": {"ix_messages_order": _ORDER, "ix_messages_stored_at": ("stored_at",)},
    "tickets": {"ix_tickets_opened_at": ("opened_at",), "ix_tickets_closed_at": ("closed_at",)},
    "ticket_delays": {"ix_ticket_delays_started_at": ("started_at",)},
}


def upgrade() -> None:
    if not is_sqlite():
        create_word_index(_NAMES, "customers", "folded_name")
    for name, columns in _OF_AN_AGENT.items():
        create_index(name, "tickets", columns)
    _replace(_OLD, _NEW)


def downgrade() -> None:
    _replace(_NEW, _OLD)
    for name in _OF_AN_AGENT:
        drop_index(name, "tickets")
    drop_index(_NAMES, "customers")


def _replace(
    these: Mapping[str, Mapping[str, Sequence[str]]],
    others: Mapping[str, Mapping[str, Sequence[str]]],
) -> None:
    # The new ones first: a foreign key is never without an index.
    for table, indexes in others.items():
        for name, columns in indexes.items():
            create_index(name, table, columns)
    for table, indexes in these.items():
        for name in indexes:
            drop_index(name, table)
