"""Branches, ready replies and the audit record."""

import json
from typing import Any

from sqlalchemy import Row, delete, select, update

from khalifa.application.ports.shop import Audit, Branches, ReadyReplies
from khalifa.domain.agents import AgentId
from khalifa.domain.audit import Act, AuditEntry, AuditId
from khalifa.domain.branches import Branch, BranchId
from khalifa.domain.errors import NotFound
from khalifa.domain.ready_replies import ReadyReply, ReadyReplyId
from khalifa.infrastructure.database.mapping import Values
from khalifa.infrastructure.database.session import Session
from khalifa.infrastructure.database.tables import audit_entries, branches, ready_replies


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


class SqlReadyReplies(ReadyReplies):
    def __init__(self, session: Session) -> None:
        self._session = session

    async def usable_by(self, agent_id: AgentId) -> list[ReadyReply]:
        query = (
            select(ready_replies)
            .where(ready_replies.c.owner_id.in_((_EVERYBODY, agent_id)))
            .order_by(ready_replies.c.shortcut, ready_replies.c.id)
        )
        return [_reply(row) for row in await self._session.rows(query)]

    async def find(self, reply_id: ReadyReplyId) -> ReadyReply | None:
        query = select(ready_replies).where(ready_replies.c.id == reply_id)
        rows = await self._session.rows(query)
        return _reply(rows[0]) if rows else None

    async def add(self, reply: ReadyReply) -> None:
        reply.id = ReadyReplyId(await self._session.insert(ready_replies, _reply_row(reply)))

    async def save(self, reply: ReadyReply) -> None:
        await self._session.run(
            update(ready_replies).where(ready_replies.c.id == reply.id).values(_reply_row(reply))
        )

    async def remove(self, reply_id: ReadyReplyId) -> None:
        await self._session.run(delete(ready_replies).where(ready_replies.c.id == reply_id))


# Of unique keys no two NULLs are the same; no agent has this id.
_EVERYBODY = 0


def _reply(row: Row[Any]) -> ReadyReply:
    return ReadyReply(
        id=ReadyReplyId(row.id),
        agent_id=None if row.owner_id == _EVERYBODY else AgentId(row.owner_id),
        shortcut=row.shortcut,
        title=row.title,
        text=row.text,
        changed_at=row.changed_at,
    )


def _reply_row(reply: ReadyReply) -> Values:
    return {
        "owner_id": reply.agent_id or _EVERYBODY,
        "shortcut": reply.shortcut,
        "title": reply.title,
        "text": reply.text,
        "changed_at": reply.changed_at,
    }


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
