"""Fields of a change that were left out, as use cases know them."""

from typing import TypeVar

import msgspec

from khalifa.application.edit_customer import UNCHANGED, Unchanged
from khalifa.domain.branches import BranchId

T = TypeVar("T")


def given(value: T | msgspec.UnsetType) -> T | Unchanged:
    """Return *value*, or what stands for a field that is left as it is."""
    return UNCHANGED if isinstance(value, msgspec.UnsetType) else value


def given_branch(value: int | msgspec.UnsetType | None) -> BranchId | Unchanged | None:
    """Return as `given` does, of a branch's id."""
    return BranchId(value) if isinstance(value, int) else given(value)
