"""Branches, of agents and of customers; the audit record."""

import sqlalchemy as sa

from khalifa.infrastructure.database.migrations.building import (
    add_column,
    create_table,
    drop_column,
    drop_table,
    ident,
    long_text,
    moment,
)

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    create_table(
        "branches",
        sa.Column("id", ident(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("folded_name", sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_branches"),
        sa.UniqueConstraint("folded_name", name="uq_branches_folded_name"),
    )
    add_column("agents", sa.Column("branch_id", ident()))
    add_column("customers", sa.Column("branch_id", ident()))
    create_table(
        "audit_entries",
        sa.Column("id", ident(), nullable=False),
        sa.Column("at", moment(), nullable=False),
        sa.Column("by_agent_id", ident()),
        sa.Column("act", sa.String(50), nullable=False),
        sa.Column("subject", sa.String(100), nullable=False),
        sa.Column("details", long_text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entries"),
        counted=True,
    )


def downgrade() -> None:
    drop_table("audit_entries")
    drop_column("customers", "branch_id")
    drop_column("agents", "branch_id")
    drop_table("branches")
