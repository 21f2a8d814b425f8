"""Reactions, edits and deletions of messages; what a ticket's last message is."""

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

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    add_column("messages", sa.Column("original_text", long_text()))
    add_column("messages", sa.Column("edited_at", moment()))
    add_column("messages", sa.Column("revoked_at", moment()))
    add_column("tickets", sa.Column("last_message_kind", sa.String(20)))
    create_table(
        "message_changes",
        sa.Column("id", ident(), nullable=False),
        sa.Column("provider", sa.String(50), nullable=False),
        sa.Column("whatsapp_message_id", sa.String(512), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("target", sa.String(512), nullable=False),
        sa.Column("target_key", sa.String(512)),
        sa.Column("identities", sa.Text(), nullable=False),
        sa.Column("from_us", sa.Boolean(), nullable=False),
        sa.Column("text", long_text()),
        sa.Column("at", moment(), nullable=False),
        sa.Column("received_at", moment(), nullable=False),
        sa.Column("number", ident(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("message_id", ident()),
        sa.PrimaryKeyConstraint("id", name="pk_message_changes"),
        sa.UniqueConstraint(
            "provider",
            "whatsapp_message_id",
            name="uq_message_changes_provider_whatsapp_message_id",
        ),
    )
    create_index("ix_message_changes_message_id", "message_changes", ("message_id",))


def downgrade() -> None:
    drop_table("message_changes")
    drop_column("tickets", "last_message_kind")
    for column in ("revoked_at", "edited_at", "original_text"):
        drop_column("messages", column)
