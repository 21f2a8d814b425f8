"""
Bounds that Litestar leaves out of the API's document.

Those of what may be null or left out, and that a body has no other fields.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

_BOUNDS = frozenset({"minimum", "maximum", "minLength", "maxLength", "pattern"})
_OURS = __name__.rpartition(".")[0]

Described = dict[str, Any]


def with_bounds(schemas: Described) -> Described:
    """Return a document's *schemas* with the bounds that bodies are checked against."""
    structs = {one.__name__: one for one in _structs(Struct)}
    known = {name: one for name, one in structs.items() if name in schemas}
    _, checked = msgspec.json.schema_components(known.values())
    return {
        name: _bounded(described, checked[name]) if _has_fields(name, checked) else described
        for name, described in schemas.items()
    }


def _has_fields(name: str, checked: Described) -> bool:
    """Say whether it is an object; a choice of words is checked, too."""
    return "properties" in checked.get(name, {})


def _structs(root: type[Struct]) -> Iterator[type[Struct]]:
    for one in root.__subclasses__():
        if one.__module__.startswith(_OURS):
            yield one
        yield from _structs(one)


def _bounded(described: Described, checked: Described) -> Described:
    properties = described.get("properties", {})
    closed = {key: value for key, value in checked.items() if key == "additionalProperties"}
    return {
        **described,
        **closed,
        "properties": {
            name: _field(field, checked["properties"].get(name, {}))
            for name, field in properties.items()
        },
    }


def _field(described: Described, checked: Described) -> Described:
    """Return *described* with what is *checked*: a bound is one of its own type alone."""
    choices = [checked, *checked.get("anyOf", ())]
    bounds = {key: value for one in choices for key, value in one.items() if key in _BOUNDS}
    return {**described, **bounds}
