"""Ports: branches, ready replies, and the record of what was done. Parts of a unit of work."""

from abc import abstractmethod
from typing import Protocol

from khalifa.domain.agents import AgentId
from khalifa.domain.audit import AuditEntry, AuditId
from khalifa.domain.branches import Branch, BranchId
from khalifa.domain.ready_replies import ReadyReply, ReadyReplyId


class Branches(Protocol):
    @abstractmethod
    async def all(self) -> list[Branch]:
        """Return every branch, by name."""

    @abstractmethod
    async def get(self, branch_id: BranchId) -> Branch:
        """Return the branch, or raise `NotFound`."""

    @abstractmethod
    async def add(self, branch: Branch) -> None:
        """
        Store a new branch; gives it its id.

        Raises:
            NameTaken: another branch is called so, letters' case aside.
        """

    @abstractmethod
    async def save(self, branch: Branch) -> None:
        """Write a branch back; raises as `add` does."""


class ReadyReplies(Protocol):
    @abstractmethod
    async def usable_by(self, agent_id: AgentId) -> list[ReadyReply]:
        """Return the shared ones and this agent's own, by shortcut."""

    @abstractmethod
    async def find(self, reply_id: ReadyReplyId) -> ReadyReply | None: ...

    @abstractmethod
    async def add(self, reply: ReadyReply) -> None:
        """
        Store a new one; gives it its id.

        Raises:
            ShortcutTaken: another of the same owner has this shortcut.
        """

    @abstractmethod
    async def save(self, reply: ReadyReply) -> None:
        """Write one back; raises as `add` does."""

    @abstractmethod
    async def remove(self, reply_id: ReadyReplyId) -> None: ...


class Audit(Protocol):
    """Every administrative act, a row of the transaction that does it. Nothing is removed."""

    @abstractmethod
    async def add(self, entry: AuditEntry) -> None: ...

    @abstractmethod
    async def page(self, *, before: AuditId | None, limit: int) -> list[AuditEntry]:
        """Return up to *limit* entries, the newest first; only those older than *before*."""
