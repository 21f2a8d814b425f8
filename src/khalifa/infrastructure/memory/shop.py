"""Branches and the audit record in dictionaries."""

from copy import copy
from dataclasses import replace

from khalifa.application.ports.unit_of_work import Audit, Branches
from khalifa.domain.audit import AuditEntry, AuditId
from khalifa.domain.branches import Branch, BranchId
from khalifa.domain.errors import NameTaken, NotFound
from khalifa.infrastructure.memory.store import Tables, require_storable


class MemoryBranches(Branches):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def all(self) -> list[Branch]:
        by_name = sorted(self._tables.branches.values(), key=lambda one: one.name.casefold())
        return [copy(branch) for branch in by_name]

    async def get(self, branch_id: BranchId) -> Branch:
        if branch_id not in self._tables.branches:
            reason = "There is no such branch."
            raise NotFound(reason)
        return copy(self._tables.branches[branch_id])

    async def add(self, branch: Branch) -> None:
        self._require_free(branch)
        branch.id = BranchId(next(self._tables.ids))
        self._tables.branches[branch.id] = copy(branch)

    async def save(self, branch: Branch) -> None:
        self._require_free(branch)
        self._tables.branches[branch.id] = copy(branch)

    def _require_free(self, branch: Branch) -> None:
        require_storable([branch.name])
        for other in self._tables.branches.values():
            if other.name.casefold() == branch.name.casefold() and other.id != branch.id:
                reason = "Another branch has this name."
                raise NameTaken(reason)


class MemoryAudit(Audit):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, entry: AuditEntry) -> None:
        self._tables.audit.append(replace(entry, id=AuditId(next(self._tables.ids))))

    async def page(self, *, before: AuditId | None, limit: int) -> list[AuditEntry]:
        older = [one for one in self._tables.audit if before is None or one.id < before]
        return older[::-1][:limit]
