"""Branches, ready replies and the audit record in dictionaries."""

from copy import copy
from dataclasses import replace

from khalifa.application.ports.shop import Audit, Branches, ReadyReplies
from khalifa.domain.agents import AgentId
from khalifa.domain.audit import AuditEntry, AuditId
from khalifa.domain.branches import Branch, BranchId
from khalifa.domain.errors import NameTaken, NotFound, ShortcutTaken
from khalifa.domain.ready_replies import ReadyReply, ReadyReplyId
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


class MemoryReadyReplies(ReadyReplies):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def usable_by(self, agent_id: AgentId) -> list[ReadyReply]:
        rows = self._tables.ready_replies.values()
        usable = [copy(one) for one in rows if one.agent_id in {None, agent_id}]
        return sorted(usable, key=lambda one: (one.shortcut, one.id))

    async def find(self, reply_id: ReadyReplyId) -> ReadyReply | None:
        found = self._tables.ready_replies.get(reply_id)
        return copy(found) if found else None

    async def add(self, reply: ReadyReply) -> None:
        self._require_free(reply)
        reply.id = ReadyReplyId(next(self._tables.ids))
        self._tables.ready_replies[reply.id] = copy(reply)

    async def save(self, reply: ReadyReply) -> None:
        self._require_free(reply)
        self._tables.ready_replies[reply.id] = copy(reply)

    async def remove(self, reply_id: ReadyReplyId) -> None:
        self._tables.ready_replies.pop(reply_id, None)

    def _require_free(self, reply: ReadyReply) -> None:
        require_storable([reply.shortcut, reply.title, reply.text])
        key = (reply.agent_id, reply.shortcut)
        for other in self._tables.ready_replies.values():
            if (other.agent_id, other.shortcut) == key and other.id != reply.id:
                reason = "Another ready reply has this shortcut."
                raise ShortcutTaken(reason)


class MemoryAudit(Audit):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, entry: AuditEntry) -> None:
        self._tables.audit.append(replace(entry, id=AuditId(next(self._tables.ids))))

    async def page(self, *, before: AuditId | None, limit: int) -> list[AuditEntry]:
        older = [one for one in self._tables.audit if before is None or one.id < before]
        return older[::-1][:limit]
