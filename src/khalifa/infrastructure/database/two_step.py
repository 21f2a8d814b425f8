"""Two-step sign-in: each agent's secret, the last step accepted, and recovery codes."""

from collections.abc import Collection

from sqlalchemy import delete, func, select, update

from khalifa.application.ports.two_step import TwoSteps
from khalifa.domain.agents import AgentId
from khalifa.domain.two_step import TwoStep
from khalifa.infrastructure.database.session import Session
from khalifa.infrastructure.database.tables import agents, recovery_codes

_IS_ON = agents.c.totp_last_step.is_not(None)


class SqlTwoSteps(TwoSteps):
    """Who accepts a code says so in one statement: the row it finds is nobody else's to find."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def find(self, agent_id: AgentId) -> TwoStep | None:
        query = select(agents.c.totp_secret, agents.c.totp_last_step).where(
            agents.c.id == agent_id, agents.c.totp_secret.is_not(None)
        )
        for row in await self._session.rows(query):
            return TwoStep(secret=row.totp_secret, last_step=row.totp_last_step)
        return None

    async def begin(self, agent_id: AgentId, secret: str) -> bool:
        begun = await self._session.run(
            update(agents).where(agents.c.id == agent_id, ~_IS_ON).values(totp_secret=secret)
        )
        return begun == 1

    async def switch_on(
        self, agent_id: AgentId, secret: str, *, step: int, recovery_hashes: Collection[str]
    ) -> bool:
        switched = await self._session.run(
            update(agents)
            .where(agents.c.id == agent_id, agents.c.totp_secret == secret, ~_IS_ON)
            .values(totp_last_step=step)
        )
        if not switched:
            return False
        await self._session.insert_all(
            recovery_codes,
            [{"agent_id": agent_id, "code_hash": one} for one in recovery_hashes],
        )
        return True

    async def use_step(self, agent_id: AgentId, secret: str, step: int) -> bool:
        used = await self._session.run(
            update(agents)
            .where(
                agents.c.id == agent_id,
                agents.c.totp_secret == secret,
                agents.c.totp_last_step < step,
            )
            .values(totp_last_step=step)
        )
        return used == 1

    async def use_recovery_code(self, agent_id: AgentId, code_hash: str) -> bool:
        used = await self._session.run(
            delete(recovery_codes).where(
                recovery_codes.c.agent_id == agent_id, recovery_codes.c.code_hash == code_hash
            )
        )
        return used == 1

    async def recovery_codes_left(self, agent_id: AgentId) -> int:
        query = (
            select(func.count())
            .select_from(recovery_codes)
            .where(recovery_codes.c.agent_id == agent_id)
        )
        return int((await self._session.rows(query))[0][0])

    async def switch_off(self, agent_id: AgentId) -> None:
        await self._session.run(
            update(agents)
            .where(agents.c.id == agent_id)
            .values(totp_secret=None, totp_last_step=None)
        )
        await self._session.run(delete(recovery_codes).where(recovery_codes.c.agent_id == agent_id))

    async def all_on(self) -> set[AgentId]:
        rows = await self._session.rows(select(agents.c.id).where(_IS_ON))
        return {AgentId(row.id) for row in rows}
