"""How content customers were; and tickets by the days they were opened and closed on."""

import sqlalchemy as sa

from khalifa.infrastructure.database.migrations.building import (
    add_column,
    create_index,
    drop_column,
    drop_index,
    moment,
)

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | None = None
depends_on: str | None = None

_INDEXED = ("opened_at", "closed_at")


def upgrade() -> None:
    add_column("tickets", sa.Column("rating", sa.Integer()))
    add_column("tickets", sa.Column("rating_asked_at", moment()))
    for column in _INDEXED:
        create_index(f"ix_tickets_{column}", "tickets", (column,))


def downgrade() -> None:
    for column in reversed(_INDEXED):
        drop_index(f"ix_tickets_{column}", "tickets")
    drop_column("tickets", "rating_asked_at")
    drop_column("tickets", "rating")
