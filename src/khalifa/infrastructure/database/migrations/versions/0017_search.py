"""What messages say, folded, so that it is found; names folded the same way."""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

from khalifa.domain.folding import folded_letters
from khalifa.infrastructure.database.migrations.building import (
    create_table,
    drop_table,
    ident,
    is_sqlite,
    long_text,
)

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | None = None
depends_on: str | None = None

_AT_ONCE = 1000


def upgrade() -> None:
    create_table(
        "search_progress",
        sa.Column("id", ident(), autoincrement=False, nullable=False),
        sa.Column("folded_until", ident(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_search_progress"),
    )
    create_table(
        "message_texts",
        sa.Column("message_id", ident(), autoincrement=False, nullable=False),
        sa.Column("folded", long_text(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_message_texts"),
    )
    if not is_sqlite():
        _index_words()
    _fold_names(folded_letters)


def _index_words() -> None:
    indexes = sa.inspect(op.get_bind()).get_indexes("message_texts")
    if any(index["name"] == "ix_message_texts_folded" for index in indexes):
        return
    # The server's own stop words are English; whoever looks for "with" is to find it.
    op.execute("SET SESSION innodb_ft_enable_stopword = OFF")
    op.create_index("ix_message_texts_folded", "message_texts", ["folded"], mysql_prefix="FULLTEXT")
    op.execute("SET SESSION innodb_ft_enable_stopword = DEFAULT")


def _fold_names(fold: Callable[[str], str]) -> None:
    customers = sa.table(
        "customers",
        sa.column("id", sa.BigInteger),
        sa.column("name", sa.Text),
        sa.column("folded_name", sa.Text),
    )
    connection, last = op.get_bind(), 0
    while True:
        rows = connection.execute(
            sa.select(customers)
            .where(customers.c.id > last, customers.c.name.is_not(None))
            .order_by(customers.c.id)
            .limit(_AT_ONCE)
        ).all()
        if not rows:
            return
        changed = [
            {"row_id": row.id, "new": new}
            for row in rows
            if (new := fold(row.name)) != row.folded_name
        ]
        if changed:
            connection.execute(
                sa.update(customers)
                .where(customers.c.id == sa.bindparam("row_id"))
                .values(folded_name=sa.bindparam("new")),
                changed,
            )
        last = rows[-1].id


def downgrade() -> None:
    _fold_names(str.casefold)
    for table in ("message_texts", "search_progress"):
        drop_table(table)
