"""Two-step sign-in: what codes are made from, the last one accepted, and recovery codes."""

import sqlalchemy as sa

from khalifa.infrastructure.database.migrations.building import (
    add_column,
    create_table,
    drop_column,
    drop_table,
    ident,
)

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    add_column("agents", sa.Column("totp_secret", sa.String(64)))
    add_column("agents", sa.Column("totp_last_step", ident()))
    create_table(
        "recovery_codes",
        sa.Column("agent_id", ident(), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("agent_id", "code_hash", name="pk_recovery_codes"),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name="fk_recovery_codes_agent_id"),
    )


def downgrade() -> None:
    drop_table("recovery_codes")
    drop_column("agents", "totp_last_step")
    drop_column("agents", "totp_secret")
