"""Where sessions come from, and passwords that were tried."""

import sqlalchemy as sa

from khalifa.infrastructure.database.migrations.building import (
    add_column,
    create_index,
    create_table,
    drop_column,
    drop_table,
    ident,
    moment,
)

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    add_column("access_tokens", sa.Column("address", sa.String(45)))
    add_column("access_tokens", sa.Column("device", sa.String(200)))
    create_table(
        "sign_in_attempts",
        sa.Column("id", ident(), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("address", sa.String(45), nullable=False),
        sa.Column("tried", sa.Integer(), nullable=False),
        sa.Column("last_at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_attempts"),
        sa.UniqueConstraint("account", "address", name="uq_sign_in_attempts_account_address"),
    )
    create_index("ix_sign_in_attempts_last_at", "sign_in_attempts", ("last_at",))


def downgrade() -> None:
    drop_table("sign_in_attempts")
    drop_column("access_tokens", "device")
    drop_column("access_tokens", "address")
