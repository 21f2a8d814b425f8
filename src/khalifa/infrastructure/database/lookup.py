"""Queries for many keys that are asked all day: prepared once, their rows cheap to read."""

import json
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    CompoundSelect,
    Executable,
    LargeBinary,
    Select,
    bindparam,
    func,
    union_all,
)
from sqlalchemy.sql.expression import BindParameter
from sqlalchemy.types import TypeEngine

from khalifa.infrastructure.database.types import UtcDateTime

# A row with its columns as attributes, be it SQLAlchemy's or one unpacked here.
LookupRow = Any


def listed(name: str) -> BindParameter[Any]:
    """Return the place of a list of values in a lookup's condition, as in ``column.in_(…)``."""
    return bindparam(name, expanding=True)


class Lookup:
    """
    A query, or a union of queries with the same columns, whose lists of keys come later.

    Built anew each time, a query costs SQLAlchemy more than the server. And MySQL's driver
    reads in Python: of each result all columns' descriptions, 30 us a piece, and each
    value. So there a row is one column: a JSON array, which is read in C. That halves
    what reading costs; it is for tables of many columns, and for what every filing asks.
    """

    def __init__(self, *queries: Select[Any]) -> None:
        columns = queries[0].selected_columns
        self.plain: Executable = _together(queries)
        self.packed: Executable = _together(
            [
                query.with_only_columns(
                    func.json_array(*query.selected_columns), maintain_column_froms=True
                )
                for query in queries
            ]
        )
        names = [column.name for column in columns]
        self._row: Callable[[list[Any]], LookupRow]
        self._row = namedtuple("_row", names)._make  # type: ignore[attr-defined]  # noqa: PYI024
        self._read = [
            (place, read)
            for place, column in enumerate(columns)
            if (read := _reader_of(column)) is not None
        ]

    def unpack(self, rows: Iterable[Sequence[str]]) -> list[LookupRow]:
        """Return what the rows of `packed` hold, as the rows of `plain` would."""
        found = []
        for (text,) in rows:
            values = json.loads(text)
            for place, read in self._read:
                if values[place] is not None:
                    values[place] = read(values[place])
            found.append(self._row(values))
        return found


def _together(queries: Sequence[Select[Any]]) -> Select[Any] | CompoundSelect[Any]:
    return queries[0] if len(queries) == 1 else union_all(*queries)


def _reader_of(column: ColumnElement[Any]) -> Callable[[Any], object] | None:
    readers: Mapping[type[TypeEngine[Any]], Callable[[Any], object]] = {
        UtcDateTime: _time,
        Boolean: bool,
    }
    if isinstance(column.type, LargeBinary):
        raise TypeError(f"{column.name}: bytes cannot stand in JSON")
    return readers.get(type(column.type))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
