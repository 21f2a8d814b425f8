"""When each ticket's customer first asked, and was first answered: figures read it there."""

from contextlib import nullcontext

import sqlalchemy as sa
from alembic import op

from khalifa.infrastructure.database.migrations.building import (
    add_column,
    create_index,
    drop_column,
    drop_index,
    is_sqlite,
    moment,
)

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | None = None
depends_on: str | None = None

_AT_ONCE = 1000
_COLUMNS = ("first_asked_at", "first_answered_at")
_NEW, _OLD = "ix_tickets_opened", "ix_tickets_opened_at_agent_id"


def upgrade() -> None:
    for name in _COLUMNS:
        add_column("tickets", sa.Column(name, moment()))
    # Nobody who files waits for more than some tickets. SQLite's upgrade is one transaction.
    with nullcontext() if is_sqlite() else op.get_context().autocommit_block():
        _look_up(op.get_bind())
    create_index(_NEW, "tickets", ("opened_at", "agent_id", *_COLUMNS))
    drop_index(_OLD, "tickets")


def _look_up(connection: sa.Connection) -> None:
    """
    Look up the first responses of closed tickets.

    Open ones are in the hands of processes that are still the older khalifa, which would not
    note what changes them: figures go on looking these few up.
    """
    tickets = sa.table("tickets", *map(sa.column, ("id", "status", *_COLUMNS)))
    messages = sa.table(
        "messages", *map(sa.column, ("ticket_id", "sender_type", "received_at", "stored_at"))
    )
    asked_at = (
        sa.select(sa.func.min(messages.c.received_at))
        .where(messages.c.ticket_id == tickets.c.id, messages.c.sender_type == "customer")
        .scalar_subquery()
    )
    answered_at = (
        sa.select(sa.func.min(messages.c.stored_at))
        .where(
            messages.c.ticket_id == tickets.c.id,
            messages.c.sender_type == "agent",
            messages.c.stored_at >= tickets.c.first_asked_at,
        )
        .scalar_subquery()
    )
    last = connection.scalar(sa.select(sa.func.max(tickets.c.id))) or 0
    for first in range(0, last, _AT_ONCE):
        some = sa.update(tickets).where(
            tickets.c.id > first, tickets.c.id <= first + _AT_ONCE, tickets.c.status == "closed"
        )
        connection.execute(some.values(first_asked_at=asked_at))
        connection.execute(some.values(first_answered_at=answered_at))


def downgrade() -> None:
    create_index(_OLD, "tickets", ("opened_at", "agent_id"))
    drop_index(_NEW, "tickets")
    for name in reversed(_COLUMNS):
        drop_column("tickets", name)
