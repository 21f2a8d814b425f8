"""Branches: where agents work and customers belong."""

from dataclasses import dataclass
from typing import NewType

from khalifa.domain.errors import InvalidBranch
from khalifa.domain.words import Words

BranchId = NewType("BranchId", int)

UNSAVED = BranchId(0)
MAX_NAME = 100
_NAME = Words(
    f"A branch's name has 1 to {MAX_NAME} characters.",
    f"اسم الفرع من حرف واحد إلى {MAX_NAME} حرف.",
)


@dataclass(kw_only=True, eq=False, slots=True)
class Branch:
    """One of the shop's branches. Names differ, letters' case aside."""

    id: BranchId = UNSAVED
    name: str

    def __post_init__(self) -> None:
        self.name = self.name.strip()
        if not 1 <= len(self.name) <= MAX_NAME:
            raise InvalidBranch(_NAME)
