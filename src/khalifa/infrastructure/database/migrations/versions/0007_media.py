"""The files of messages."""

import sqlalchemy as sa

from khalifa.infrastructure.database.migrations.building import (
    create_index,
    create_table,
    drop_table,
    ident,
    moment,
)

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    create_table(
        "media",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("message_id", ident()),
        sa.Column("agent_id", ident()),
        sa.Column("provider", sa.String(50)),
        sa.Column("id_ext", sa.String(512)),
        sa.Column("url", sa.Text()),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("declared_type", sa.String(255)),
        sa.Column("mime_type", sa.String(255)),
        sa.Column("filename", sa.String(255)),
        sa.Column("size", ident()),
        sa.Column("sha256", sa.String(64)),
        sa.Column("declared_size", ident()),
        sa.Column("declared_sha256", sa.String(255)),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("error_ar", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", moment()),
        sa.Column("token", sa.String(32)),
        sa.Column("expires_at", moment()),
        sa.Column("created_at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_media"),
    )
    create_index("ix_media_message_id", "media", ("message_id",))
    create_index("ix_media_token", "media", ("token",))
    create_index("ix_media_status_next_attempt_at", "media", ("status", "next_attempt_at"))


def downgrade() -> None:
    drop_table("media")
