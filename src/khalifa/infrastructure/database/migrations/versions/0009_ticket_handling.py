"""A ticket's priority, category and tags; notes on tickets."""

import sqlalchemy as sa

from khalifa.infrastructure.database.migrations.building import (
    add_column,
    create_index,
    create_table,
    drop_column,
    drop_table,
    ident,
    long_text,
    moment,
)

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    add_column("tickets", sa.Column("priority", sa.String(20)))
    add_column("tickets", sa.Column("category", sa.String(50)))
    add_column("tickets", sa.Column("tags", sa.Text()))
    create_table(
        "ticket_notes",
        sa.Column("id", ident(), nullable=False),
        sa.Column("ticket_id", ident(), nullable=False),
        sa.Column("agent_id", ident(), nullable=False),
        sa.Column("text", long_text(), nullable=False),
        sa.Column("at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_notes"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_ticket_notes_ticket_id"),
    )
    create_index("ix_ticket_notes_ticket_id", "ticket_notes", ("ticket_id",))


def downgrade() -> None:
    drop_table("ticket_notes")
    for column in ("tags", "category", "priority"):
        drop_column("tickets", column)
