"""Seals over the ledger, and what an audit looks for."""

import sqlalchemy as sa

from khalifa.infrastructure.database.migrations.building import (
    create_index,
    create_table,
    drop_index,
    drop_table,
    ident,
    moment,
    now,
)

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | None = None
depends_on: str | None = None

_INDEXES = {
    "ix_intake_ledger_filed_at_journal_number": (
        "intake_ledger",
        ("filed_at", "journal", "number"),
    ),
    "ix_intake_ledger_received_at": ("intake_ledger", ("received_at",)),
    # A message knows its body; so does the body its messages.
    "ix_messages_journal_number": ("messages", ("journal", "number")),
}


def upgrade() -> None:
    for name, (table, columns) in _INDEXES.items():
        create_index(name, table, columns)
    create_table(
        "ledger_seals",
        sa.Column("number", ident(), nullable=False, autoincrement=False),
        sa.Column("sealed_until", moment(), nullable=False),
        sa.Column("sealed_at", moment(), server_default=now(), nullable=False),
        sa.Column("bodies", ident(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_ledger_seals"),
    )


def downgrade() -> None:
    drop_table("ledger_seals")
    for name, (table, _) in _INDEXES.items():
        drop_index(name, table)
