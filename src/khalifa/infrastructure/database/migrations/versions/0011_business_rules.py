"""Settings of the business, delays, and what was said automatically."""

import sqlalchemy as sa

from khalifa.infrastructure.database.migrations.building import (
    create_index,
    create_table,
    drop_table,
    ident,
    long_text,
    moment,
)

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    create_table(
        "business_settings",
        sa.Column("version", ident(), autoincrement=False, nullable=False),
        sa.Column("content", long_text(), nullable=False),
        sa.Column("changed_at", moment(), nullable=False),
        sa.Column("changed_by", ident()),
        sa.PrimaryKeyConstraint("version", name="pk_business_settings"),
    )
    create_table(
        "ticket_delays",
        sa.Column("id", ident(), nullable=False),
        sa.Column("ticket_id", ident(), nullable=False),
        sa.Column("agent_id", ident()),
        sa.Column("started_at", moment(), nullable=False),
        sa.Column("ended_at", moment()),
        sa.Column("ended_by", ident()),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_delays"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_ticket_delays_ticket_id"),
    )
    for column in ("ticket_id", "started_at", "ended_at"):
        create_index(f"ix_ticket_delays_{column}", "ticket_delays", (column,))
    create_table(
        "automatic_messages",
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("about_id", ident(), autoincrement=False, nullable=False),
        sa.Column("message_id", ident(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "about_id", name="pk_automatic_messages"),
    )


def downgrade() -> None:
    for table in ("automatic_messages", "ticket_delays", "business_settings"):
        drop_table(table)
