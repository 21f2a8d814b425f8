"""The first schema."""

import sqlalchemy as sa

from khalifa.infrastructure.database.migrations.building import (
    create_index,
    create_provider_index,
    create_table,
    drop_table,
    ident,
    long_bytes,
    long_text,
    moment,
    now,
)

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

# Children first: a foreign key keeps its parent.
_TABLES_DOWN = (
    "provider_switches",
    "events",
    "intake_bodies",
    "intake_items",
    "intake_ledger",
    "unmatched_statuses",
    "message_deliveries",
    "messages",
    "access_tokens",
    "agents",
    "ticket_events",
    "tickets",
    "customer_identities",
    "customers",
)


def upgrade() -> None:
    _customers()
    _tickets()
    _agents()
    _messages()
    _deliveries()
    _intake()
    _events()


def downgrade() -> None:
    for table in _TABLES_DOWN:
        drop_table(table)


def _customers() -> None:
    create_table(
        "customers",
        sa.Column("id", ident(), nullable=False),
        sa.Column("provider", sa.String(50), nullable=False),
        sa.Column("id_ext", sa.String(512), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("phone", sa.String(20)),
        sa.Column("last_provider", sa.String(50)),
        sa.Column("pinned_provider", sa.String(50)),
        sa.Column("created_at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_customers"),
        counted=True,
    )
    create_provider_index("idx_provider_id_ext", "customers", ["provider", "id_ext"])
    create_table(
        "customer_identities",
        sa.Column("id", ident(), nullable=False),
        sa.Column("customer_id", ident(), nullable=False),
        sa.Column("provider", sa.String(50), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("id_ext", sa.String(512), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_customer_identities"),
        sa.UniqueConstraint(
            "provider", "kind", "id_ext", name="uq_customer_identities_provider_kind_id_ext"
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_customer_identities_customer_id"
        ),
    )
    create_index("ix_customer_identities_customer_id", "customer_identities", ["customer_id"])


def _tickets() -> None:
    create_table(
        "tickets",
        sa.Column("id", ident(), nullable=False),
        sa.Column("customer_id", ident(), nullable=False),
        sa.Column("provider", sa.String(50), nullable=False),
        sa.Column("id_ext", sa.String(512), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("agent_id", ident()),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.Column("waiting_since", moment()),
        sa.Column("delayed_at", moment()),
        sa.Column("opened_at", moment(), nullable=False),
        sa.Column("closed_at", moment()),
        sa.Column("close_reason", sa.String(500)),
        sa.Column("last_message_at", moment()),
        sa.Column("last_message", sa.String(200)),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "active_customer_id",
            ident(),
            sa.Computed("CASE WHEN status <> 'closed' THEN customer_id END", persisted=True),
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tickets"),
        sa.UniqueConstraint("active_customer_id", name="uq_tickets_active_customer_id"),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_tickets_customer_id"),
        counted=True,
    )
    create_provider_index("idx_provider_id_ext", "tickets", ["provider", "id_ext"])
    for columns in (
        ("agent_id", "status", "last_message_at", "id"),
        ("status", "last_message_at", "id"),
        ("last_message_at", "id"),
        ("status", "agent_id", "waiting_since"),
        ("customer_id", "status", "closed_at"),
    ):
        create_index("_".join(("ix_tickets", *columns)), "tickets", columns)
    create_table(
        "ticket_events",
        sa.Column("id", ident(), nullable=False),
        sa.Column("ticket_id", ident(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("at", moment(), nullable=False),
        sa.Column("by_agent_id", ident()),
        sa.Column("from_agent_id", ident()),
        sa.Column("to_agent_id", ident()),
        sa.Column("reason", sa.String(500)),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_events"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_ticket_events_ticket_id"),
    )
    create_index("ix_ticket_events_ticket_id", "ticket_events", ["ticket_id"])


def _agents() -> None:
    create_table(
        "agents",
        sa.Column("id", ident(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("folded_name", sa.String(300), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("presence", sa.String(20), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("last_seen_at", moment()),
        sa.Column("last_assigned_at", moment()),
        sa.Column("password_hash", sa.String(255)),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_agents"),
        sa.UniqueConstraint("folded_name", name="uq_agents_folded_name"),
        counted=True,
    )
    create_table(
        "access_tokens",
        sa.Column("token_hash", sa.String(128), nullable=False),
        sa.Column("agent_id", ident(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("created_at", moment(), nullable=False, server_default=now()),
        sa.Column("expires_at", moment()),
        sa.PrimaryKeyConstraint("token_hash", name="pk_access_tokens"),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name="fk_access_tokens_agent_id"),
    )
    create_index("ix_access_tokens_agent_id", "access_tokens", ["agent_id"])


def _messages() -> None:
    create_table(
        "messages",
        sa.Column("id", ident(), nullable=False),
        sa.Column("ticket_id", ident(), nullable=False),
        sa.Column("customer_id", ident(), nullable=False),
        sa.Column("direction", sa.String(3), nullable=False),
        sa.Column("sender_type", sa.String(20), nullable=False),
        sa.Column("agent_id", ident()),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("text", long_text()),
        sa.Column("media", long_text()),
        sa.Column("content", long_text()),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("provider", sa.String(50)),
        sa.Column("whatsapp_message_id", sa.String(512)),
        sa.Column("message_key", sa.String(512)),
        sa.Column("opaque_id", sa.String(100)),
        sa.Column("idempotency_key", sa.String(200)),
        sa.Column("reply_to", sa.String(512)),
        sa.Column("sent_at", moment(), nullable=False),
        sa.Column("received_at", moment(), nullable=False),
        sa.Column("journal", sa.String(100)),
        sa.Column("number", ident(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("stored_at", moment(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sa.UniqueConstraint(
            "provider", "whatsapp_message_id", name="uq_messages_provider_whatsapp_message_id"
        ),
        sa.UniqueConstraint("message_key", name="uq_messages_message_key"),
        sa.UniqueConstraint("opaque_id", name="uq_messages_opaque_id"),
        sa.UniqueConstraint(
            "agent_id", "idempotency_key", name="uq_messages_agent_id_idempotency_key"
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_messages_ticket_id"),
        counted=True,
    )
    create_provider_index("idx_provider", "messages", ["provider"])
    create_index(
        "ix_messages_order",
        "messages",
        ["ticket_id", "sent_at", "received_at", "number", "position", "id"],
    )
    create_index("ix_messages_customer_id_status", "messages", ["customer_id", "status"])


def _deliveries() -> None:
    create_table(
        "message_deliveries",
        sa.Column("message_id", ident(), autoincrement=False, nullable=False),
        sa.Column("customer_id", ident(), nullable=False),
        sa.Column("queued_at", moment(), nullable=False),
        sa.Column("next_attempt_at", moment(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(32)),
        sa.Column("expires_at", moment()),
        sa.PrimaryKeyConstraint("message_id", name="pk_message_deliveries"),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name="fk_message_deliveries_message_id"
        ),
    )
    for columns in (
        ("next_attempt_at", "message_id"),
        ("customer_id", "message_id"),
        ("expires_at",),
    ):
        create_index("_".join(("ix_message_deliveries", *columns)), "message_deliveries", columns)
    create_table(
        "unmatched_statuses",
        sa.Column("id", ident(), nullable=False),
        sa.Column("provider", sa.String(50), nullable=False),
        sa.Column("whatsapp_message_id", sa.String(512), nullable=False),
        sa.Column("opaque_id", sa.Text()),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("at", moment()),
        sa.Column("kept_at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_unmatched_statuses"),
    )
    create_index("ix_unmatched_statuses_kept_at", "unmatched_statuses", ["kept_at"])
    create_index(
        "ix_unmatched_statuses_provider_whatsapp_message_id",
        "unmatched_statuses",
        ["provider", "whatsapp_message_id"],
    )


def _intake() -> None:
    create_table(
        "intake_ledger",
        sa.Column("journal", sa.String(100), nullable=False),
        sa.Column("number", ident(), autoincrement=False, nullable=False),
        sa.Column("provider", sa.String(50), nullable=False),
        sa.Column("received_at", moment(), nullable=False),
        sa.Column("filed_at", moment(), nullable=False, server_default=now()),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("stored", sa.Integer(), nullable=False),
        sa.Column("duplicate", sa.Integer(), nullable=False),
        sa.Column("ignored", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("journal", "number", name="pk_intake_ledger"),
    )
    create_table(
        "intake_items",
        sa.Column("id", ident(), nullable=False),
        sa.Column("journal", sa.String(100), nullable=False),
        sa.Column("number", ident(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("whatsapp_message_id", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_intake_items"),
    )
    create_index("ix_intake_items_journal_number", "intake_items", ["journal", "number"])
    create_table(
        "intake_bodies",
        sa.Column("journal", sa.String(100), nullable=False),
        sa.Column("number", ident(), autoincrement=False, nullable=False),
        sa.Column("received_at", moment(), nullable=False),
        sa.Column("body", long_bytes(), nullable=False),
        sa.PrimaryKeyConstraint("journal", "number", name="pk_intake_bodies"),
    )
    create_index("ix_intake_bodies_received_at", "intake_bodies", ["received_at"])


def _events() -> None:
    create_table(
        "events",
        sa.Column("sequence", ident(), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("entity_id", sa.String(100), nullable=False),
        sa.Column("version", ident(), nullable=False),
        sa.Column("recipients", sa.Text(), nullable=False),
        sa.Column("entity", long_bytes(), nullable=False),
        sa.Column("at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_events"),
        sa.UniqueConstraint("id", name="uq_events_id"),
    )
    create_index("ix_events_at", "events", ["at"])
    create_table(
        "provider_switches",
        sa.Column("id", ident(), nullable=False),
        sa.Column("provider", sa.String(50), nullable=False),
        sa.Column("configured", sa.String(50), nullable=False),
        sa.Column("source", sa.String(100), nullable=False),
        sa.Column("switched_at", moment(), nullable=False),
        sa.Column("switched_by", sa.String(100)),
        sa.PrimaryKeyConstraint("id", name="pk_provider_switches"),
        counted=True,
    )
