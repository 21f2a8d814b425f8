"""Two-step sign-in in dictionaries."""

from collections.abc import Collection

from khalifa.application.ports.two_step import TwoSteps
from khalifa.domain.agents import AgentId
from khalifa.domain.two_step import TwoStep
from khalifa.infrastructure.memory.store import Tables


class MemoryTwoSteps(TwoSteps):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def find(self, agent_id: AgentId) -> TwoStep | None:
        return self._tables.two_steps.get(agent_id)

    async def begin(self, agent_id: AgentId, secret: str) -> bool:
        known = await self.find(agent_id)
        if agent_id not in self._tables.agents or (known and known.is_on):
            return False
        self._tables.two_steps[agent_id] = TwoStep(secret=secret)
        return True

    async def switch_on(
        self, agent_id: AgentId, secret: str, *, step: int, recovery_hashes: Collection[str]
    ) -> bool:
        if await self.find(agent_id) != TwoStep(secret=secret):
            return False
        self._tables.two_steps[agent_id] = TwoStep(secret=secret, last_step=step)
        self._tables.recovery_codes[agent_id] = frozenset(recovery_hashes)
        return True

    async def use_step(self, agent_id: AgentId, secret: str, step: int) -> bool:
        known = await self.find(agent_id)
        if known is None or known.secret != secret or known.last_step is None:
            return False
        if known.last_step >= step:
            return False
        self._tables.two_steps[agent_id] = TwoStep(secret=secret, last_step=step)
        return True

    async def use_recovery_code(self, agent_id: AgentId, code_hash: str) -> bool:
        left = self._tables.recovery_codes.get(agent_id, frozenset())
        self._tables.recovery_codes[agent_id] = left - {code_hash}
        return code_hash in left

    async def recovery_codes_left(self, agent_id: AgentId) -> int:
        return len(self._tables.recovery_codes.get(agent_id, ()))

    async def switch_off(self, agent_id: AgentId) -> None:
        self._tables.two_steps.pop(agent_id, None)
        self._tables.recovery_codes.pop(agent_id, None)

    async def all_on(self) -> set[AgentId]:
        return {agent_id for agent_id, one in self._tables.two_steps.items() if one.is_on}
