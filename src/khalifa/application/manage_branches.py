"""Use cases: the shop's branches."""

from dataclasses import dataclass

from khalifa.application.ports.clock import Clock
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.domain.agents import Agent
from khalifa.domain.audit import Act, AuditEntry
from khalifa.domain.branches import Branch, BranchId


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageBranches:
    """List, add and rename branches. Administrators change them; everybody may see them."""

    transact: Transact
    clock: Clock

    async def all(self) -> list[Branch]:
        """Return every branch, by name."""

        async def work(uow: UnitOfWork) -> list[Branch]:
            return await uow.branches.all()

        return await self.transact.read(work)

    async def add(self, by: Agent, name: str) -> Branch:
        """
        Raises:
            NotAllowed: *by* is no administrator.
            InvalidBranch, NameTaken: the name cannot be used.
        """
        by.require_admin()

        async def work(uow: UnitOfWork) -> Branch:
            branch = Branch(name=name)
            await uow.branches.add(branch)
            await self._record(uow, Act.BRANCH_ADDED, branch, by, name=branch.name)
            return branch

        return await self.transact(work)

    async def rename(self, by: Agent, branch_id: BranchId, name: str) -> Branch:
        """Raises as `add` does, and `NotFound`."""
        by.require_admin()

        async def work(uow: UnitOfWork) -> Branch:
            before = (await uow.branches.get(branch_id)).name
            branch = Branch(id=branch_id, name=name)
            await uow.branches.save(branch)
            await self._record(uow, Act.BRANCH_CHANGED, branch, by, name=[before, branch.name])
            return branch

        return await self.transact(work)

    async def _record(
        self, uow: UnitOfWork, act: Act, branch: Branch, by: Agent, **details: object
    ) -> None:
        entry = AuditEntry(
            at=self.clock.now(),
            by=by.id,
            act=act,
            subject=f"branch {branch.id}",
            details=details,
        )
        await uow.audit.add(entry)
