"""Providers that were retired; what was stored since when, by an index."""

import sqlalchemy as sa

from khalifa.infrastructure.database.migrations.building import (
    create_index,
    create_table,
    drop_index,
    drop_table,
    moment,
)

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    create_table(
        "retired_providers",
        sa.Column("provider", sa.String(50), nullable=False),
        sa.Column("retired_at", moment(), nullable=False),
        sa.Column("retired_by", sa.String(100)),
        sa.PrimaryKeyConstraint("provider", name="pk_retired_providers"),
    )
    create_index("ix_messages_stored_at", "messages", ("stored_at",))


def downgrade() -> None:
    drop_index("ix_messages_stored_at", "messages")
    drop_table("retired_providers")
