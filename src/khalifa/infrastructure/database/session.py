"""Statements inside a transaction: set-based, and failing in khalifa's own words."""

from base64 import b64encode
from collections.abc import (
    AsyncIterator,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import islice
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Executable,
    Row,
    Table,
    and_,
    bindparam,
    false,
    insert,
    or_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import LargeBinary

from khalifa.infrastructure.database.lookup import Lookup, LookupRow
from khalifa.infrastructure.database.refusals import khalifas_own
from khalifa.infrastructure.database.types import to_utc_text

K = TypeVar("K")
Values = Mapping[str, Any]
# Its text, and the values for its marks.
_Statement: TypeAlias = tuple[str, tuple[object, ...]]

# Lists in a statement stop here: beyond, planning them costs more than another round trip.
CHUNK = 500


def chunks(items: Iterable[K], size: int = CHUNK) -> Iterator[list[K]]:
    """Yield *items* in lists of at most *size*."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def one_of(
    columns: Sequence[ColumnElement[str]], keys: Iterable[tuple[str, ...]]
) -> ColumnElement[bool]:
    """
    Return the condition that *columns* together are one of *keys*.

    Grouped by all but the last column: of ``(a, b, c) IN (…)`` two thirds of the
    values would be the same few again and again.
    """
    groups: dict[tuple[str, ...], list[str]] = {}
    for *group, last in keys:
        groups.setdefault(tuple(group), []).append(last)
    return or_(
        false(),
        *(
            and_(
                *(column == value for column, value in zip(columns, group, strict=False)),
                columns[-1].in_(lasts),
            )
            for group, lasts in groups.items()
        ),
    )


@asynccontextmanager
async def time_limited(connection: AsyncConnection, seconds: float) -> AsyncIterator[None]:
    """Have MariaDB or MySQL cut statements off: a time-out here would leave them running there."""
    await _limit_time(connection, f"{seconds:.3f}", f"{round(seconds * 1000)}")
    try:
        yield
    finally:
        await _limit_time(connection, "DEFAULT", "DEFAULT")


async def _limit_time(connection: AsyncConnection, seconds: str, milliseconds: str) -> None:
    if getattr(connection.dialect, "is_mariadb", False):
        limit = f"max_statement_time = {seconds}"
    else:
        limit = f"max_execution_time = {milliseconds}"
    await connection.exec_driver_sql(f"SET SESSION {limit}")


class Session:
    """
    A connection within a transaction.

    What `insert_all` and `update_all` write may wait for the next statement and go to the
    server with it; `flush` sends what still waits. So their errors may be raised there.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._is_sqlite = connection.dialect.name == "sqlite"
        # Only MariaDB takes several statements as one, outside of a stored procedure.
        self._joins = getattr(connection.dialect, "is_mariadb", False)
        self._waiting: list[_Statement] = []

    async def rows(self, statement: Executable) -> Sequence[Row[Any]]:
        """Return all rows of a query."""
        await self.flush()
        with khalifas_own():
            return (await self._connection.execute(statement)).all()

    async def look(self, lookup: Lookup, **lists: Collection[Any]) -> Sequence[LookupRow]:
        """Return all rows of *lookup* for the given *lists* of keys."""
        await self.flush()
        with khalifas_own():
            if self._is_sqlite:
                return (await self._connection.execute(lookup.plain, lists)).all()
            return lookup.unpack(await self._connection.execute(lookup.packed, lists))

    async def run(self, statement: Executable) -> int:
        """Run a statement that changes rows; return how many it found."""
        await self.flush()
        with khalifas_own():
            return (await self._connection.execute(statement)).rowcount

    async def insert(self, table: Table, row: Values) -> int:
        """Store one row; return the id it was given, 0 in a table that gives none."""
        key = table.autoincrement_column
        if self._joins:
            told = await self.insert_all(table, [row], () if key is None else (key,))
            return told[0][0] if told else 0
        with khalifas_own():
            result = await self._connection.execute(insert(table), row)
            stored = result.inserted_primary_key
            return 0 if key is None or stored is None else stored[0]

    async def insert_all(
        self, table: Table, rows: Sequence[Values], returning: Sequence[ColumnElement[Any]] = ()
    ) -> Sequence[Row[Any]] | None:
        """
        Store rows that all have the same columns.

        Return the columns *returning* of each where the same round trip can tell
        them, which only MariaDB's can; otherwise None, and they are to be read.

        Columns that are None in all rows stay out: every value is written into the
        statement by the driver, in Python, and of a message half are None.
        """
        if not rows:
            return None
        columns = [name for name in rows[0] if any(row[name] is not None for row in rows)]
        with khalifas_own():
            if self._is_sqlite:
                await self._connection.execute(insert(table), [_only(columns, row) for row in rows])
                return None
            if not returning or not self._connection.dialect.insert_returning:
                await self._write(_many(_inserted, table, columns, rows))
                return None
            told = f" RETURNING {_names(column.name for column in returning)}"
            found: list[Row[Any]] = []
            for text, values in _many(_inserted, table, columns, rows):
                found += (await self._send((text + told, values))).all()
            return found

    async def update_all(self, table: Table, rows: Collection[Values]) -> None:
        """
        Write each row's values to the row of the same ``id``; all have the same columns.

        Not an upsert: that would also fire on any other unique key.
        """
        ordered = sorted(rows, key=lambda row: row["id"])
        if not ordered:
            return
        columns = list(ordered[0])
        with khalifas_own():
            if self._is_sqlite:
                # Within the process a statement for each row costs next to nothing.
                changed = [name for name in columns if name != "id"]
                changes: Values = {name: bindparam(name) for name in changed}
                await self._connection.execute(
                    update(table).where(table.c.id == bindparam("row_id")).values(changes),
                    [{"row_id": row["id"], **_only(changed, row)} for row in ordered],
                )
            else:
                await self._write(_many(_updated, table, columns, ordered))

    async def flush(self) -> None:
        """Send the writes that wait."""
        if self._waiting:
            with khalifas_own():
                await self._send()

    async def _write(self, statements: Iterable[_Statement]) -> None:
        for statement in statements:
            if self._joins:
                self._waiting.append(statement)
            else:
                await self._send(statement)

    async def _send(self, *statements: _Statement) -> CursorResult[Any]:
        """Send *statements* in one round trip with those that wait; return the last one's rows."""
        together, self._waiting = [*self._waiting, *statements], []
        texts = [text for text, _ in together]
        text = texts[0] if len(texts) == 1 else f"BEGIN NOT ATOMIC {'; '.join(texts)}; END"
        values = tuple(value for _, values in together for value in values)
        return await self._connection.exec_driver_sql(text, values)


def _many(
    statement: Callable[[str, Mapping[str, str], int], str],
    table: Table,
    columns: Sequence[str],
    rows: Sequence[Values],
) -> Iterator[_Statement]:
    """
    Yield one statement for many rows on MySQL, which has none that is prepared for it.

    The driver would send updates one by one: 35 ms for 150 tickets, 8 so. It
    joins inserts by itself, and takes a third longer.
    """
    marks = {name: _mark(table, name) for name in columns}
    for chunk in chunks(rows):
        values = tuple(
            value if (plain := _PLAIN.get(type(value))) is None else plain(value)
            for row in chunk
            for value in map(row.__getitem__, columns)
        )
        yield statement(table.name, marks, len(chunk)), values


# Only names of our own tables and columns are put together below, never a value.


def _mark(table: Table, column: str) -> str:
    # The driver escapes bytes letter by letter, JSON's many quotes slowly: 50 us for a
    # webhook's body, 5 so. Base64 has nothing to escape.
    return "FROM_BASE64(%s)" if isinstance(table.c[column].type, LargeBinary) else "%s"


def _inserted(table: str, marks: Mapping[str, str], count: int) -> str:
    row = f"({', '.join(marks.values())})"
    return f"INSERT INTO `{table}` ({_names(marks)}) VALUES {', '.join([row] * count)}"  # noqa: S608


def _updated(table: str, marks: Mapping[str, str], count: int) -> str:
    # The values are a table of their own, joined by primary key in the order of the ids.
    # STRAIGHT_JOIN keeps the planner from reading, and locking, the whole of a small table.
    first = ", ".join(f"{mark} AS `{name}`" for name, mark in marks.items())
    others = f" UNION ALL SELECT {', '.join(marks.values())}" * (count - 1)
    changes = ", ".join(f"t.`{name}` = v.`{name}`" for name in marks if name != "id")
    return (
        f"UPDATE (SELECT {first}{others}) AS v "  # noqa: S608
        f"STRAIGHT_JOIN `{table}` AS t ON t.id = v.id SET {changes}"
    )


def _names(columns: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in columns)


def _only(columns: Iterable[str], row: Values) -> Values:
    return {name: row[name] for name in columns}


# What the driver would write slowly, or not as it should be.
_PLAIN: Mapping[type, Callable[[Any], str]] = {
    datetime: to_utc_text,
    bytes: lambda value: b64encode(value).decode(),
}
