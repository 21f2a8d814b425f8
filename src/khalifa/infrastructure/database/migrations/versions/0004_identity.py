"""What people say of customers; identities given up, still to be asked for; merges."""

import sqlalchemy as sa
from alembic import op

from khalifa.infrastructure.database.migrations.building import (
    add_column,
    create_index,
    create_table,
    drop_column,
    drop_index,
    drop_table,
    ident,
    long_text,
    moment,
)

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | None = None
depends_on: str | None = None

_GIVEN_UP = "ix_customer_identities_given_up_at"


def upgrade() -> None:
    _customers()
    _identities()
    _merges()
    add_column("messages", sa.Column("id_ext", sa.String(512)))


def downgrade() -> None:
    drop_column("messages", "id_ext")
    for table in ("identity_lookups", "customer_merge_messages", "customer_merges"):
        drop_table(table)
    drop_index(_GIVEN_UP, "customer_identities")
    drop_column("customer_identities", "given_up_at")
    for column in (
        "merged_into",
        "blocked_at",
        "tags",
        "notes",
        "named_by_hand",
        "whatsapp_name",
        "folded_name",
    ):
        drop_column("customers", column)


def _customers() -> None:
    add_column("customers", sa.Column("folded_name", sa.Text()))
    add_column("customers", sa.Column("whatsapp_name", sa.Text()))
    add_column(
        "customers",
        sa.Column("named_by_hand", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    add_column("customers", sa.Column("notes", long_text()))
    add_column("customers", sa.Column("tags", sa.Text()))
    add_column("customers", sa.Column("blocked_at", moment()))
    add_column("customers", sa.Column("merged_into", ident()))
    # Until now every name was WhatsApp's.
    op.execute(
        "UPDATE customers SET whatsapp_name = name, folded_name = LOWER(name) "
        "WHERE name IS NOT NULL AND whatsapp_name IS NULL AND named_by_hand = 0"
    )


def _identities() -> None:
    add_column("customer_identities", sa.Column("given_up_at", moment()))
    create_index(_GIVEN_UP, "customer_identities", ["given_up_at"])
    create_table(
        "identity_lookups",
        sa.Column("id", ident(), nullable=False),
        sa.Column("provider", sa.String(50), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("id_ext", sa.String(512), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_identity_lookups"),
        sa.UniqueConstraint(
            "provider", "kind", "id_ext", name="uq_identity_lookups_provider_kind_id_ext"
        ),
    )
    create_index("ix_identity_lookups_due_at", "identity_lookups", ["due_at"])


def _merges() -> None:
    create_table(
        "customer_merges",
        sa.Column("id", ident(), nullable=False),
        sa.Column("kept_id", ident(), nullable=False),
        sa.Column("absorbed_id", ident(), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("by_agent_id", ident()),
        sa.Column("merged_at", moment(), nullable=False),
        sa.Column("details", long_text(), nullable=False),
        sa.Column("undone_at", moment()),
        sa.Column("undone_by_agent_id", ident()),
        sa.PrimaryKeyConstraint("id", name="pk_customer_merges"),
        counted=True,
    )
    create_index("ix_customer_merges_kept_id", "customer_merges", ["kept_id"])
    create_index("ix_customer_merges_absorbed_id", "customer_merges", ["absorbed_id"])
    create_table(
        "customer_merge_messages",
        sa.Column("merge_id", ident(), autoincrement=False, nullable=False),
        sa.Column("message_id", ident(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("merge_id", "message_id", name="pk_customer_merge_messages"),
    )
