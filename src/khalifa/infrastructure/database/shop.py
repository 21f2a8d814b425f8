"""Branches and the audit record."""

import json
from typing import Any

from sqlalchemy import Row, select, update

from khalifa.application.ports.unit_of_work import Audit, Branches
from khalifa.domain.agents import AgentId
from khalifa.domain.audit import Act, AuditEntry, AuditId
from khalifa.domain.branches import Branch, BranchId
from khalifa.domain.errors import NotFound
from khalifa.infrastructure.database.mapping import Values
from khalifa.infrastructure.database.session import Session
from khalifa.infrastructure.database.tables import audit_entries, branches


class SqlBranches(Branches):
    def __init__(self, session: Session) -> None:
        self._session = session

    async def all(self) -> list[Branch]:
        rows = await self._session.rows(select(branches).order_by(branches.c.folded_name))
        return [Branch(id=BranchId(row.id), name=row.name) for row in rows]

    async def get(self, branch_id: BranchId) -> Branch:
        query = select(branches).where(branches.c.id == branch_id)
        for row in await self._session.rows(query):
            return Branch(id=BranchId(row.id), name=row.name)
        raise NotFound("There is no such branch.")

    async def add(self, branch: Branch) -> None:
        branch.id = BranchId(await self._session.insert(branches, _names(branch)))

    async def save(self, branch: Branch) -> None:
        await self._session.run(
            update(branches).where(branches.c.id == branch.id).values(_names(branch))
        )


def _names(branch: Branch) -> Values:
    return {"name": branch.name, "folded_name": branch.name.casefold()}


class SqlAudit(Audit):
    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, entry: AuditEntry) -> None:
        row = {
            "at": entry.at,
            "by_agent_id": entry.by,
            "act": entry.act.value,
            "subject": entry.subject,
            "details": json.dumps(dict(entry.details), ensure_ascii=False),
        }
        await self._session.insert(audit_entries, row)

    async def page(self, *, before: AuditId | None, limit: int) -> list[AuditEntry]:
        query = select(audit_entries).order_by(audit_entries.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(audit_entries.c.id < before)
        return [_entry(row) for row in await self._session.rows(query)]


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(
        id=AuditId(row.id),
        at=row.at,
        by=None if row.by_agent_id is None else AgentId(row.by_agent_id),
        act=Act(row.act),
        subject=row.subject,
        details=json.loads(row.details),
    )
