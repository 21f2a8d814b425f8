"""The tables as statements see them. What creates them are the migrations; a test compares."""

from sqlalchemy import (
    Boolean,
    Column,
    Computed,
    FetchedValue,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from khalifa.infrastructure.database.types import Bytes, Id, LongText, UtcDateTime, short_text

PROVIDER = 50
ID_EXT = 512
WORD = 20

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _provider_index(table: Table, name: str, *columns: str) -> None:
    """Index *columns* under *name*; in SQLite no other table's index may have the same."""
    on = [table.c[column] for column in columns]
    Index(name, *on, info={"dialects": {"mysql", "mariadb"}})
    Index(f"{table.name}_{name}", *on, info={"dialects": {"sqlite"}})


customers = Table(
    "customers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("provider", short_text(PROVIDER), nullable=False),
    Column("id_ext", short_text(ID_EXT), nullable=False),
    Column("name", Text),
    # The shown name, so that it can be looked for whatever its letters' case.
    Column("folded_name", Text),
    Column("whatsapp_name", Text),
    Column("named_by_hand", Boolean, nullable=False),
    Column("phone", short_text(20)),
    Column("notes", LongText),
    Column("tags", Text),
    Column("blocked_at", UtcDateTime),
    Column("last_provider", short_text(PROVIDER)),
    Column("pinned_provider", short_text(PROVIDER)),
    Column("last_inbound_at", Text),
    Column("branch_id", Id),
    Column("merged_into", Id),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, "folded_name", mysql_prefix="FULLTEXT", info={"dialects": {"mysql", "mariadb"}}),
)
_provider_index(customers, "idx_provider_id_ext", "provider", "id_ext")

customer_identities = Table(
    "customer_identities",
    metadata,
    Column("id", Id, primary_key=True),
    Column("customer_id", Id, ForeignKey("customers.id"), nullable=False, index=True),
    Column("provider", short_text(PROVIDER), nullable=False),
    Column("kind", short_text(10), nullable=False),
    Column("id_ext", short_text(ID_EXT), nullable=False),
    # When the customer went by another one from then on.
    Column("given_up_at", UtcDateTime, index=True),
    UniqueConstraint("provider", "kind", "id_ext"),
)

customer_merges = Table(
    "customer_merges",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kept_id", Id, nullable=False, index=True),
    Column("absorbed_id", Id, nullable=False, index=True),
    Column("reason", short_text(500), nullable=False),
    Column("by_agent_id", Id),
    Column("merged_at", UtcDateTime, nullable=False),
    # What moved, and how things were before: only ever read whole, to undo it.
    Column("details", LongText, nullable=False),
    Column("undone_at", UtcDateTime),
    Column("undone_by_agent_id", Id),
)

customer_merge_messages = Table(
    "customer_merge_messages",
    metadata,
    Column("merge_id", Id, primary_key=True, autoincrement=False),
    Column("message_id", Id, primary_key=True, autoincrement=False),
)

identity_lookups = Table(
    "identity_lookups",
    metadata,
    Column("id", Id, primary_key=True),
    Column("provider", short_text(PROVIDER), nullable=False),
    Column("kind", short_text(10), nullable=False),
    Column("id_ext", short_text(ID_EXT), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False, index=True),
    UniqueConstraint("provider", "kind", "id_ext"),
)

# Agents are never deleted, and a foreign key to them would make every reply and every
# filing lock the agent's row: these ids have none.
tickets = Table(
    "tickets",
    metadata,
    Column("id", Id, primary_key=True),
    Column("customer_id", Id, ForeignKey("customers.id"), nullable=False),
    Column("provider", short_text(PROVIDER), nullable=False),
    Column("id_ext", short_text(ID_EXT), nullable=False),
    Column("status", short_text(WORD), nullable=False),
    Column("agent_id", Id),
    Column("unread", Integer, nullable=False),
    Column("waiting_since", UtcDateTime),
    Column("delayed_at", UtcDateTime),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("close_reason", short_text(500)),
    Column("last_message_at", UtcDateTime),
    Column("last_message", short_text(200)),
    Column("last_message_kind", short_text(WORD)),
    # None is normal: nearly all are.
    Column("priority", short_text(WORD)),
    Column("category", short_text(50)),
    Column("tags", Text),
    Column("rating", Integer),
    Column("rating_asked_at", UtcDateTime),
    # None: there is none, or it is looked up among the messages; see `figures`.
    Column("first_asked_at", UtcDateTime),
    Column("first_answered_at", UtcDateTime),
    Column("version", Integer, nullable=False),
    # Unique, so that a customer has one open ticket; generated, so that it cannot drift.
    Column(
        "active_customer_id",
        Id,
        Computed("CASE WHEN status <> 'closed' THEN customer_id END", persisted=True),
    ),
    UniqueConstraint("active_customer_id"),
    Index(None, "agent_id", "status", "last_message_at", "id"),
    Index(None, "agent_id", "last_message_at", "id"),
    Index(None, "status", "last_message_at", "id"),
    Index(None, "last_message_at", "id"),
    Index(None, "status", "agent_id", "waiting_since"),
    # Who waits for too long, looked for once a second: few of all that are open.
    Index(None, "status", "delayed_at", "waiting_since"),
    Index(None, "customer_id", "status", "closed_at"),
    # Whom somebody talked to, the newest first.
    Index(None, "agent_id", "customer_id"),
    # What was done on some days, with what figures count, and who was just closed.
    Index("ix_tickets_opened", "opened_at", "agent_id", "first_asked_at", "first_answered_at"),
    Index(None, "closed_at", "agent_id", "rating"),
)
_provider_index(tickets, "idx_provider_id_ext", "provider", "id_ext")

ticket_events = Table(
    "ticket_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("ticket_id", Id, ForeignKey("tickets.id"), nullable=False, index=True),
    Column("kind", short_text(WORD), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("by_agent_id", Id),
    Column("from_agent_id", Id),
    Column("to_agent_id", Id),
    Column("reason", short_text(500)),
)

ticket_notes = Table(
    "ticket_notes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("ticket_id", Id, ForeignKey("tickets.id"), nullable=False, index=True),
    Column("agent_id", Id, nullable=False),
    Column("text", LongText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

ticket_delays = Table(
    "ticket_delays",
    metadata,
    Column("id", Id, primary_key=True),
    Column("ticket_id", Id, ForeignKey("tickets.id"), nullable=False, index=True),
    Column("agent_id", Id),
    Column("started_at", UtcDateTime, nullable=False),
    # None while it lasts: those are few, and found by it.
    Column("ended_at", UtcDateTime, index=True),
    Column("ended_by", Id),
    Index(None, "started_at", "agent_id"),
)

business_settings = Table(
    "business_settings",
    metadata,
    Column("version", Id, primary_key=True, autoincrement=False),
    # Only ever read whole.
    Column("content", LongText, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("changed_by", Id),
)

automatic_messages = Table(
    "automatic_messages",
    metadata,
    Column("kind", short_text(WORD), primary_key=True),
    # A customer's or a ticket's id, as the kind has it: each is told once.
    Column("about_id", Id, primary_key=True, autoincrement=False),
    Column("message_id", Id, nullable=False),
)

agents = Table(
    "agents",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", short_text(100), nullable=False),
    # Folding may make three letters of one.
    Column("folded_name", short_text(300), nullable=False),
    Column("role", short_text(WORD), nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("branch_id", Id),
    Column("presence", short_text(WORD), nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("last_seen_at", UtcDateTime),
    Column("last_assigned_at", UtcDateTime),
    Column("last_signed_in_at", UtcDateTime),
    Column("password_hash", short_text(255)),
    Column("totp_secret", short_text(64)),
    # Null until the first code: two-step sign-in is not on.
    Column("totp_last_step", Id),
    Column("created_at", UtcDateTime, nullable=False),
    Column("version", Integer, nullable=False),
    UniqueConstraint("folded_name"),
)

branches = Table(
    "branches",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", short_text(100), nullable=False),
    Column("folded_name", short_text(300), nullable=False),
    UniqueConstraint("folded_name"),
)

ready_replies = Table(
    "ready_replies",
    metadata,
    Column("id", Id, primary_key=True),
    # An agent's id, 0 when everybody's.
    Column("owner_id", Id, nullable=False),
    Column("shortcut", short_text(30), nullable=False),
    Column("title", short_text(100), nullable=False),
    Column("text", LongText, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    UniqueConstraint("owner_id", "shortcut"),
)

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by_agent_id", Id),
    Column("act", short_text(50), nullable=False),
    Column("subject", short_text(100), nullable=False),
    Column("details", LongText, nullable=False),
)

access_tokens = Table(
    "access_tokens",
    metadata,
    Column("token_hash", short_text(128), primary_key=True),
    Column("agent_id", Id, ForeignKey("agents.id"), nullable=False, index=True),
    Column("kind", short_text(WORD), nullable=False),
    Column("created_at", UtcDateTime, nullable=False, server_default=FetchedValue()),
    Column("expires_at", UtcDateTime),
    Column("address", short_text(45)),
    Column("device", short_text(200)),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("agent_id", Id, ForeignKey("agents.id"), primary_key=True),
    Column("code_hash", short_text(64), primary_key=True),
)

sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    Column("id", Id, primary_key=True),
    # A digest: people type passwords where names belong.
    Column("account", short_text(64), nullable=False),
    Column("address", short_text(45), nullable=False),
    Column("tried", Integer, nullable=False),
    Column("last_at", UtcDateTime, nullable=False, index=True),
    UniqueConstraint("account", "address"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Id, primary_key=True),
    Column("ticket_id", Id, ForeignKey("tickets.id"), nullable=False),
    Column("customer_id", Id, nullable=False),
    Column("direction", short_text(3), nullable=False),
    Column("sender_type", short_text(WORD), nullable=False),
    Column("agent_id", Id),
    Column("kind", short_text(WORD), nullable=False),
    Column("text", LongText),
    Column("media", LongText),
    Column("content", LongText),
    Column("status", short_text(WORD), nullable=False),
    Column("error", Text),
    Column("error_ar", Text),
    Column("error_code", short_text(50)),
    Column("provider", short_text(PROVIDER)),
    Column("whatsapp_message_id", short_text(ID_EXT)),
    Column("message_key", short_text(ID_EXT)),
    Column("opaque_id", short_text(100)),
    Column("idempotency_key", short_text(200)),
    Column("reply_to", short_text(ID_EXT)),
    Column("reply_to_id", Id),
    Column("resend_of", Id),
    Column("reactions", LongText),
    Column("original_text", LongText),
    Column("edited_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    Column("sent_at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("journal", short_text(100)),
    Column("number", Id, nullable=False),
    Column("position", Integer, nullable=False),
    Column("id_ext", short_text(ID_EXT)),
    Column("stored_at", UtcDateTime, nullable=False),
    Column("version", Integer, nullable=False),
    UniqueConstraint("provider", "whatsapp_message_id"),
    UniqueConstraint("message_key"),
    UniqueConstraint("opaque_id"),
    UniqueConstraint("agent_id", "idempotency_key"),
    # In the order in which they were said; with what first responses are measured by.
    Index(
        "ix_messages_conversation",
        *("ticket_id", "sent_at", "received_at", "number", "position", "id"),
        *("sender_type", "stored_at"),
    ),
    Index(None, "customer_id", "status"),
    Index(None, "journal", "number"),
    # With what figures count, so that no message itself is read for them.
    Index("ix_messages_written", "stored_at", "sender_type", "agent_id"),
)
_provider_index(messages, "idx_provider", "provider")
# The order in which the messages of a conversation are shown; ``ix_messages_conversation`` has it.
IN_ORDER = (
    messages.c.sent_at,
    messages.c.received_at,
    messages.c.number,
    messages.c.position,
    messages.c.id,
)
NEWEST_FIRST = tuple(column.desc() for column in IN_ORDER)

# Written behind the filing; see `search_texts`.
message_texts = Table(
    "message_texts",
    metadata,
    Column("message_id", Id, primary_key=True, autoincrement=False),
    Column("folded", LongText, nullable=False),
    Index(None, "folded", mysql_prefix="FULLTEXT", info={"dialects": {"mysql", "mariadb"}}),
)

search_progress = Table(
    "search_progress",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("folded_until", Id, nullable=False),
)

media = Table(
    "media",
    metadata,
    # Whoever knows it may ask for the file: it cannot be guessed.
    Column("id", short_text(64), primary_key=True),
    Column("message_id", Id, index=True),
    Column("agent_id", Id),
    Column("provider", short_text(PROVIDER)),
    Column("id_ext", short_text(ID_EXT)),
    Column("url", Text),
    Column("kind", short_text(WORD), nullable=False),
    Column("declared_type", short_text(255)),
    Column("mime_type", short_text(255)),
    Column("filename", short_text(255)),
    Column("size", Id),
    Column("sha256", short_text(64)),
    Column("declared_size", Id),
    Column("declared_sha256", short_text(255)),
    # 48 numbers, as JSON.
    Column("waveform", short_text(255)),
    Column("status", short_text(WORD), nullable=False),
    Column("error", Text),
    Column("error_ar", Text),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", UtcDateTime),
    Column("token", short_text(32), index=True),
    Column("expires_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, "status", "next_attempt_at"),
)

message_changes = Table(
    "message_changes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("provider", short_text(PROVIDER), nullable=False),
    Column("whatsapp_message_id", short_text(ID_EXT), nullable=False),
    Column("kind", short_text(WORD), nullable=False),
    Column("target", short_text(ID_EXT), nullable=False),
    Column("target_key", short_text(ID_EXT)),
    # By whom, in case it is not yet known what it was done to.
    Column("identities", Text, nullable=False),
    Column("from_us", Boolean, nullable=False),
    Column("text", LongText),
    Column("at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("number", Id, nullable=False),
    Column("position", Integer, nullable=False),
    # None while it waits for its message: those are few, and found by it.
    Column("message_id", Id, index=True),
    UniqueConstraint("provider", "whatsapp_message_id"),
)

message_deliveries = Table(
    "message_deliveries",
    metadata,
    Column("message_id", Id, ForeignKey("messages.id"), primary_key=True, autoincrement=False),
    Column("customer_id", Id, nullable=False),
    Column("queued_at", UtcDateTime, nullable=False),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_claimed_at", UtcDateTime),
    Column("token", short_text(32)),
    Column("expires_at", UtcDateTime),
    Index(None, "next_attempt_at", "message_id"),
    Index(None, "customer_id", "message_id"),
    Index(None, "expires_at"),
)

unmatched_statuses = Table(
    "unmatched_statuses",
    metadata,
    Column("id", Id, primary_key=True),
    Column("provider", short_text(PROVIDER), nullable=False),
    Column("whatsapp_message_id", short_text(ID_EXT), nullable=False),
    Column("opaque_id", Text),
    Column("status", short_text(WORD), nullable=False),
    Column("error", Text),
    Column("error_ar", Text),
    Column("error_code", short_text(50)),
    Column("at", UtcDateTime),
    Column("kept_at", UtcDateTime, nullable=False, index=True),
    Index(None, "provider", "whatsapp_message_id"),
)

intake_ledger = Table(
    "intake_ledger",
    metadata,
    Column("journal", short_text(100), primary_key=True),
    Column("number", Id, primary_key=True, autoincrement=False),
    Column("provider", short_text(PROVIDER), nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("filed_at", UtcDateTime, nullable=False, server_default=FetchedValue()),
    Column("found", Integer, nullable=False),
    Column("stored", Integer, nullable=False),
    Column("duplicate", Integer, nullable=False),
    Column("ignored", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Index(None, "filed_at", "journal", "number"),
    Index(None, "received_at"),
)

ledger_seals = Table(
    "ledger_seals",
    metadata,
    Column("number", Id, primary_key=True, autoincrement=False),
    Column("sealed_until", UtcDateTime, nullable=False),
    Column("sealed_at", UtcDateTime, nullable=False, server_default=FetchedValue()),
    Column("bodies", Id, nullable=False),
    Column("digest", short_text(64), nullable=False),
)

intake_items = Table(
    "intake_items",
    metadata,
    Column("id", Id, primary_key=True),
    Column("journal", short_text(100), nullable=False),
    Column("number", Id, nullable=False),
    Column("position", Integer, nullable=False),
    Column("outcome", short_text(WORD), nullable=False),
    Column("reason", Text, nullable=False),
    Column("whatsapp_message_id", Text),
    Index(None, "journal", "number"),
)

intake_bodies = Table(
    "intake_bodies",
    metadata,
    Column("journal", short_text(100), primary_key=True),
    Column("number", Id, primary_key=True, autoincrement=False),
    Column("received_at", UtcDateTime, nullable=False, index=True),
    Column("body", Bytes, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("sequence", Id, primary_key=True),
    Column("id", short_text(64), nullable=False),
    Column("kind", short_text(WORD), nullable=False),
    Column("entity_id", short_text(100), nullable=False),
    Column("version", Id, nullable=False),
    Column("recipients", Text, nullable=False),
    Column("entity", Bytes, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    UniqueConstraint("id"),
)

provider_switches = Table(
    "provider_switches",
    metadata,
    Column("id", Id, primary_key=True),
    Column("provider", short_text(PROVIDER), nullable=False),
    Column("configured", short_text(PROVIDER), nullable=False),
    Column("source", short_text(100), nullable=False),
    Column("switched_at", UtcDateTime, nullable=False),
    Column("switched_by", short_text(100)),
)

retired_providers = Table(
    "retired_providers",
    metadata,
    Column("provider", short_text(PROVIDER), primary_key=True),
    Column("retired_at", UtcDateTime, nullable=False),
    Column("retired_by", short_text(100)),
)

channels = Table(
    "channels",
    metadata,
    Column("provider", short_text(PROVIDER), primary_key=True),
    Column("phone", short_text(20)),
    Column("paired_at", UtcDateTime),
    Column("held_until", UtcDateTime),
    Column("held_because", Text),
)

retention_marks = Table(
    "retention_marks",
    metadata,
    Column("kind", short_text(WORD), primary_key=True),
    # What has a smaller id is forgotten.
    Column("message_id", Id, nullable=False),
)

recoveries = Table(
    "recoveries",
    metadata,
    Column("provider", short_text(PROVIDER), primary_key=True),
    Column("covered_until", UtcDateTime, nullable=False),
    Column("claimed_until", UtcDateTime),
    Column("checked_at", UtcDateTime),
    Column("complete", Boolean, nullable=False),
    Column("found", Integer, nullable=False),
    Column("found_at", UtcDateTime),
)
