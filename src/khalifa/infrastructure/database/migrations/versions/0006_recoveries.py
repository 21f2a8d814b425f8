"""How far each provider's chats are on file, for what was said while nobody listened."""

import sqlalchemy as sa

from khalifa.infrastructure.database.migrations.building import create_table, drop_table, moment

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    create_table(
        "recoveries",
        sa.Column("provider", sa.String(50), nullable=False),
        sa.Column("covered_until", moment(), nullable=False),
        sa.Column("claimed_until", moment()),
        sa.Column("checked_at", moment()),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("found_at", moment()),
        sa.PrimaryKeyConstraint("provider", name="pk_recoveries"),
    )


def downgrade() -> None:
    drop_table("recoveries")
