"""How loud voice notes are over their time; those that are there already stay undrawn."""

import sqlalchemy as sa

from khalifa.infrastructure.database.migrations.building import add_column, drop_column

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    add_column("media", sa.Column("waveform", sa.String(255)))


def downgrade() -> None:
    drop_column("media", "waveform")
