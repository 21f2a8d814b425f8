"""Open tickets whose customers wait for too long, by an index."""

from khalifa.infrastructure.database.migrations.building import create_index, drop_index

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | None = None
depends_on: str | None = None

_NAME = "ix_tickets_status_delayed_at_waiting_since"


def upgrade() -> None:
    create_index(_NAME, "tickets", ("status", "delayed_at", "waiting_since"))


def downgrade() -> None:
    drop_index(_NAME, "tickets")
