"""Lists of what is known of a provider, each with the tests that keep it."""

import importlib


def require_test(place: str, name: str) -> None:
    """Fail unless there is a test *name* in *place*: a module, and after a colon a class in it."""
    module, _, owner = place.partition(":")
    found: object = importlib.import_module(module)
    if owner:
        found = getattr(found, owner)
    assert callable(getattr(found, name, None)), f"{place} has no {name}"
