"""Writing back only what changed."""

from collections.abc import Callable, Iterable
from typing import Generic, Protocol, TypeVar

from khalifa.infrastructure.database.mapping import Values


class Stored(Protocol):
    """What has a row of its own."""

    @property
    def id(self) -> int: ...


E = TypeVar("E", bound=Stored)


class Changes(Generic[E]):
    """What differs in entities from what was read, so that only that is written back."""

    def __init__(self, row_of: Callable[[E], Values]) -> None:
        self._row_of = row_of
        self._read: dict[int, Values] = {}

    def remember(self, entity: E) -> E:
        """Take *entity* as being what its row holds now."""
        self._read[entity.id] = self._row_of(entity)
        return entity

    def of(self, entities: Iterable[E]) -> list[Values]:
        """
        Return ``id`` and new values for each of *entities* that changed; all with the same columns.

        What comes is taken as written. Of an entity never read, everything is new.
        """
        changed: dict[int, Values] = {}
        columns: dict[str, None] = {}
        for entity in entities:
            row = self._row_of(entity)
            before = self._read.get(entity.id, {})
            different = row.items() - before.items()
            if different:
                columns.update(dict.fromkeys(sorted(name for name, _ in different)))
                changed[entity.id] = self._read[entity.id] = row
        return [
            {"id": entity_id, **{name: row[name] for name in columns}}
            for entity_id, row in changed.items()
        ]
