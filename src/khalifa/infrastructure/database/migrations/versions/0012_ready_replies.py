"""Ready replies."""

import sqlalchemy as sa

from khalifa.infrastructure.database.migrations.building import (
    create_table,
    drop_table,
    ident,
    long_text,
    moment,
)

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    create_table(
        "ready_replies",
        sa.Column("id", ident(), nullable=False),
        sa.Column("owner_id", ident(), nullable=False),
        sa.Column("shortcut", sa.String(30), nullable=False),
        sa.Column("title", sa.String(100), nullable=False),
        sa.Column("text", long_text(), nullable=False),
        sa.Column("changed_at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ready_replies"),
        sa.UniqueConstraint("owner_id", "shortcut", name="uq_ready_replies_owner_id_shortcut"),
    )


def downgrade() -> None:
    drop_table("ready_replies")
