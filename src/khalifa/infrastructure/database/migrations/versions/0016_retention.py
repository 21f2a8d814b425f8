"""Up to which message what was kept for long enough is forgotten."""

import sqlalchemy as sa

from khalifa.infrastructure.database.migrations.building import create_table, drop_table, ident

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    create_table(
        "retention_marks",
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("message_id", ident(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name="pk_retention_marks"),
    )


def downgrade() -> None:
    drop_table("retention_marks")
