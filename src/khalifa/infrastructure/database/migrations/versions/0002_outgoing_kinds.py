"""What is sent beside texts: refusals in two languages, reactions, quotes, second sendings."""

import sqlalchemy as sa

from khalifa.infrastructure.database.migrations.building import (
    add_column,
    drop_column,
    ident,
    long_text,
)

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    for table in ("messages", "unmatched_statuses"):
        add_column(table, sa.Column("error_ar", sa.Text()))
        add_column(table, sa.Column("error_code", sa.String(50)))
    add_column("messages", sa.Column("reply_to_id", ident()))
    add_column("messages", sa.Column("resend_of", ident()))
    add_column("messages", sa.Column("reactions", long_text()))


def downgrade() -> None:
    for column in ("reactions", "resend_of", "reply_to_id", "error_code", "error_ar"):
        drop_column("messages", column)
    for column in ("error_code", "error_ar"):
        drop_column("unmatched_statuses", column)
