"""When somebody last signed in as each agent: until then, since the sessions that are left."""

import sqlalchemy as sa
from alembic import op

from khalifa.infrastructure.database.migrations.building import add_column, drop_column, moment

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    add_column("agents", sa.Column("last_signed_in_at", moment()))
    op.execute(
        "UPDATE agents SET last_signed_in_at = (SELECT MAX(created_at) FROM access_tokens "
        "WHERE access_tokens.agent_id = agents.id AND kind = 'session') "
        "WHERE last_signed_in_at IS NULL"
    )


def downgrade() -> None:
    drop_column("agents", "last_signed_in_at")
