"""Comparing the tables as statements see them with the schema as migrations made it."""

from collections.abc import Callable

from sqlalchemy.sql.schema import SchemaItem

Belongs = Callable[[SchemaItem, str | None, str, bool, SchemaItem | None], bool]


def belongs(dialect: str) -> Belongs:
    """Return Alembic's filter of what *dialect* has; some indexes are named by dialect."""

    def _belongs(
        item: SchemaItem,
        _name: str | None,
        _kind: str,
        _reflected: bool,
        _compared_to: SchemaItem | None,
    ) -> bool:
        dialects = item.info.get("dialects")
        return dialects is None or dialect in dialects

    return _belongs
