"""Steps of revisions that may be run again: MySQL commits after each, and may die between."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql


def ident() -> sa.BigInteger:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def moment() -> sa.DateTime:
    return sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def long_text() -> sa.Text:
    return sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


def long_bytes() -> sa.LargeBinary:
    return sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")


def now() -> sa.TextClause:
    """Return the default of a column that the database fills with the time, in UTC."""
    if is_sqlite():
        return sa.text("(strftime('%Y-%m-%d %H:%M:%f000', 'now'))")
    return sa.text("CURRENT_TIMESTAMP(6)")


def is_sqlite() -> bool:
    return op.get_context().dialect.name == "sqlite"


def create_table(name: str, *items: sa.schema.SchemaItem, counted: bool = False) -> None:
    """
    Create a table with its constraints unless it is there.

    *counted*: ids are never given twice, which SQLite must be told.
    """
    if sa.inspect(op.get_bind()).has_table(name):
        return
    op.create_table(name, *items, sqlite_autoincrement=counted, **_options())


def _options() -> dict[str, Any]:
    """
    Return what every table is on MySQL and MariaDB: texts compare by their bytes.

    Ids differ by letters' case, and to utf8mb4_general_ci 😀 equals 😁. utf8mb4_bin is
    not enough: it takes "id" and "id " for equal, so the one would be refused for ever
    because of the other. Either server has its own name for the collation that does not.
    """
    dialect = op.get_context().dialect
    collation = "utf8mb4_nopad_bin" if getattr(dialect, "is_mariadb", False) else "utf8mb4_0900_bin"
    return {
        f"{dialect.name}_{option}": value
        for option, value in (
            ("engine", "InnoDB"),
            ("charset", "utf8mb4"),
            ("collate", collation),
            ("row_format", "DYNAMIC"),
        )
        if dialect.name != "sqlite"
    }


def add_column(table: str, column: sa.Column[Any]) -> None:
    """Add a column unless it is there."""
    if column.name not in _columns(table):
        op.add_column(table, column)


def drop_column(table: str, name: str) -> None:
    """Drop a column unless it, or its whole table, is gone."""
    if sa.inspect(op.get_bind()).has_table(table) and name in _columns(table):
        op.drop_column(table, name)


def create_index(name: str, table: str, columns: Sequence[str]) -> None:
    """Create an index unless it is there."""
    if name not in _indexes(table):
        op.create_index(name, table, list(columns))


def create_word_index(name: str, table: str, column: str) -> None:
    """Create MySQL's or MariaDB's index of all words of *column* unless it is there."""
    if name in _indexes(table):
        return
    # The server's own stop words are English; whoever looks for "with" is to find it.
    op.execute("SET SESSION innodb_ft_enable_stopword = OFF")
    op.create_index(name, table, [column], mysql_prefix="FULLTEXT")
    op.execute("SET SESSION innodb_ft_enable_stopword = DEFAULT")


def create_provider_index(name: str, table: str, columns: Sequence[str]) -> None:
    """Create an index called *name*; in SQLite no other table's index may have the same."""
    create_index(f"{table}_{name}" if is_sqlite() else name, table, columns)


def drop_index(name: str, table: str) -> None:
    """Drop an index unless it, or its whole table, is gone."""
    if sa.inspect(op.get_bind()).has_table(table) and name in _indexes(table):
        op.drop_index(name, table)


def drop_table(name: str) -> None:
    """Drop a table, its indexes and its foreign keys, unless it is gone. Children go first."""
    if sa.inspect(op.get_bind()).has_table(name):
        op.drop_table(name)


def _columns(table: str) -> set[str]:
    return {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}


def _indexes(table: str) -> set[str | None]:
    return {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}
