"""When customers last wrote through which provider; the channels and their holds."""

import sqlalchemy as sa
from alembic import op

from khalifa.infrastructure.database.migrations.building import (
    add_column,
    create_table,
    drop_column,
    drop_table,
    is_sqlite,
    moment,
)

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None

# What a customer does without saying anything opens no window.
_SPOKEN = "direction = 'in' AND kind NOT IN ('reaction', 'system', 'edit', 'revoke')"
_HEARD_MYSQL = f"""
UPDATE customers JOIN (
    SELECT customer_id,
        JSON_OBJECTAGG(provider, DATE_FORMAT(at, '%Y-%m-%dT%H:%i:%s+00:00')) AS heard
    FROM (
        SELECT customer_id, provider, MAX(sent_at) AS at FROM messages
        WHERE {_SPOKEN} GROUP BY customer_id, provider
    ) AS latest
    GROUP BY customer_id
) AS times ON times.customer_id = customers.id
SET customers.last_inbound_at = times.heard
WHERE customers.last_inbound_at IS NULL
"""  # noqa: S608
_HEARD_SQLITE = f"""
UPDATE customers SET last_inbound_at = (
    SELECT json_group_object(provider, at) FROM (
        SELECT provider, strftime('%Y-%m-%dT%H:%M:%S+00:00', MAX(sent_at)) AS at FROM messages
        WHERE customer_id = customers.id AND {_SPOKEN} GROUP BY provider
    )
)
WHERE last_inbound_at IS NULL AND EXISTS (
    SELECT 1 FROM messages WHERE customer_id = customers.id AND {_SPOKEN}
)
"""  # noqa: S608


def upgrade() -> None:
    add_column("customers", sa.Column("last_inbound_at", sa.Text))
    op.execute(_HEARD_SQLITE if is_sqlite() else _HEARD_MYSQL)
    add_column("message_deliveries", sa.Column("first_claimed_at", moment()))
    create_table(
        "channels",
        sa.Column("provider", sa.String(50), primary_key=True),
        sa.Column("phone", sa.String(20)),
        sa.Column("paired_at", moment()),
        sa.Column("held_until", moment()),
        sa.Column("held_because", sa.Text),
    )


def downgrade() -> None:
    drop_table("channels")
    drop_column("message_deliveries", "first_claimed_at")
    drop_column("customers", "last_inbound_at")
