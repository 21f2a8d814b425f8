"""Column types and the database's own clock, the same on MySQL, MariaDB and SQLite."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Integer,
    String,
    Text,
    bindparam,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import LargeBinary, TypeDecorator, TypeEngine

# SQLite counts up by itself only in a column that is INTEGER to the letter.
Id = BigInteger().with_variant(Integer(), "sqlite")
LongText = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
Bytes = LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")

_WITHOUT_ZONE = len("2026-01-01 12:00:00.000000")


class _Limited(TypeDecorator[str]):
    """Refuses what is too long for its column: SQLite itself would take it."""

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is not None and len(value) > self.length:
            raise ValueError("the text is too long for its column")
        return value

    def coerce_compared_value(self, op: object, value: object) -> TypeEngine[Any]:
        # Looking for something too long is no mistake; it finds nothing.
        return String()


def short_text(length: int) -> String:
    """Return the type of a text of at most *length* characters, which every database insists on."""
    return String(length).with_variant(_Limited(length), "sqlite")


def to_utc_text(value: datetime) -> str:
    """
    Return *value* as MySQL reads it: UTC, with microseconds, without a zone.

    Raises:
        ValueError: *value* does not say which zone it is in.
    """
    if value.tzinfo is None:
        raise ValueError("a time without a zone cannot be stored")
    return value.astimezone(UTC).isoformat(" ", "microseconds")[:_WITHOUT_ZONE]


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python, naive UTC with microseconds in the column."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in {"mysql", "mariadb"}:
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        if value is None:
            return None
        text = to_utc_text(value)
        # SQLite's type makes its text itself, of a datetime only.
        return datetime.fromisoformat(text) if dialect.name == "sqlite" else text

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class DatabaseTime(FunctionElement[datetime]):
    """The database's clock when the statement runs, plus *ahead*, or plus so many microseconds."""

    type = UtcDateTime()
    inherit_cache = True

    def __init__(self, ahead: timedelta | ColumnElement[int] = timedelta()) -> None:
        if isinstance(ahead, timedelta):
            ahead = bindparam(None, ahead // timedelta(microseconds=1), type_=BigInteger())
        super().__init__(ahead)


@compiles(DatabaseTime, "mysql")
@compiles(DatabaseTime, "mariadb")
def _mysql_time(element: DatabaseTime, compiler: SQLCompiler, **options: object) -> str:
    microseconds = compiler.process(element.clauses, **options)
    return f"TIMESTAMPADD(MICROSECOND, {microseconds}, UTC_TIMESTAMP(6))"


@compiles(DatabaseTime, "sqlite")
def _sqlite_time(element: DatabaseTime, compiler: SQLCompiler, **options: object) -> str:
    # SQLite's clock has milliseconds; the zeros make it compare as text with stored times.
    microseconds = compiler.process(element.clauses, **options)
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', (({microseconds}) / 1000000.0) || ' seconds')"


class Microseconds(FunctionElement[int]):
    """From one time to another."""

    type = BigInteger()
    inherit_cache = True


@compiles(Microseconds, "mysql")
@compiles(Microseconds, "mariadb")
def _mysql_microseconds(element: Microseconds, compiler: SQLCompiler, **options: object) -> str:
    return f"TIMESTAMPDIFF(MICROSECOND, {compiler.process(element.clauses, **options)})"


@compiles(Microseconds, "sqlite")
def _sqlite_microseconds(element: Microseconds, compiler: SQLCompiler, **options: object) -> str:
    first, second = (
        f"(CAST(strftime('%s', {at}) AS INTEGER) * 1000000 + CAST(substr({at}, 21, 6) AS INTEGER))"
        for at in (compiler.process(clause, **options) for clause in element.clauses)
    )
    return f"({second} - {first})"
