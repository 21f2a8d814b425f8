"""The promises of what two-step sign-in is kept as: each code is accepted once, by whomever."""

import asyncio

from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.domain.agents import Agent, AgentId
from khalifa.domain.two_step import TwoStep
from tests.contracts.repositories.stored import stored_agent

SECRET, OTHER = "A" * 32, "B" * 32
HASHES = [letter * 64 for letter in "abc"]
STEP = 59_000_000
NOBODY = AgentId(987_654_321)


class TwoStepsContract:
    async def _switched_on(self, transact: Transact) -> Agent:
        agent = await stored_agent(transact)

        async def work(uow: UnitOfWork) -> None:
            assert await uow.two_step.begin(agent.id, SECRET)
            assert await uow.two_step.switch_on(agent.id, SECRET, step=STEP, recovery_hashes=HASHES)

        await transact(work)
        return agent

    async def test_it_is_on_from_the_first_code(self, transact: Transact) -> None:
        agent, other = await stored_agent(transact), await stored_agent(transact)

        async def kept() -> TwoStep | None:
            return await transact(lambda uow: uow.two_step.find(agent.id))

        assert await kept() is None
        assert await transact(lambda uow: uow.two_step.begin(agent.id, OTHER))
        assert await transact(lambda uow: uow.two_step.begin(agent.id, SECRET))
        assert await kept() == TwoStep(secret=SECRET)
        assert await transact(lambda uow: uow.two_step.all_on()) == set()

        async def switch_on(secret: str) -> bool:
            return await transact(
                lambda uow: uow.two_step.switch_on(
                    agent.id, secret, step=STEP, recovery_hashes=HASHES
                )
            )

        assert not await switch_on(OTHER)
        assert await switch_on(SECRET)
        assert not await switch_on(SECRET)
        assert await kept() == TwoStep(secret=SECRET, last_step=STEP)
        assert await transact(lambda uow: uow.two_step.all_on()) == {agent.id}
        assert await transact(lambda uow: uow.two_step.recovery_codes_left(agent.id)) == 3
        assert await transact(lambda uow: uow.two_step.find(other.id)) is None

    async def test_what_is_on_is_not_begun_again(self, transact: Transact) -> None:
        agent = await self._switched_on(transact)

        assert not await transact(lambda uow: uow.two_step.begin(agent.id, OTHER))
        assert not await transact(lambda uow: uow.two_step.begin(NOBODY, OTHER))

        kept = await transact(lambda uow: uow.two_step.find(agent.id))
        assert kept == TwoStep(secret=SECRET, last_step=STEP)

    async def test_steps_only_go_forward(self, transact: Transact) -> None:
        agent = await self._switched_on(transact)

        async def use(step: int, secret: str = SECRET) -> bool:
            return await transact(lambda uow: uow.two_step.use_step(agent.id, secret, step))

        assert not await use(STEP)
        assert not await use(STEP + 2, OTHER)
        assert await use(STEP + 2)
        assert not await use(STEP + 2)
        assert not await use(STEP + 1)
        assert await use(STEP + 3)

    async def test_no_step_is_used_before_it_is_on(self, transact: Transact) -> None:
        agent = await stored_agent(transact)
        await transact(lambda uow: uow.two_step.begin(agent.id, SECRET))

        assert not await transact(lambda uow: uow.two_step.use_step(agent.id, SECRET, STEP))
        assert await transact(lambda uow: uow.two_step.find(agent.id)) == TwoStep(secret=SECRET)

    async def test_of_many_at_the_same_time_one_uses_a_code(self, transact: Transact) -> None:
        agent = await self._switched_on(transact)

        async def use(uow: UnitOfWork) -> bool:
            return await uow.two_step.use_step(agent.id, SECRET, STEP + 1)

        async def recover(uow: UnitOfWork) -> bool:
            return await uow.two_step.use_recovery_code(agent.id, HASHES[0])

        for work in (use, recover):
            assert sorted(await asyncio.gather(*(transact(work) for _ in range(6)))) == [
                *[False] * 5,
                True,
            ]

    async def test_a_recovery_code_is_good_once_and_for_its_agent(self, transact: Transact) -> None:
        agent, other = await self._switched_on(transact), await self._switched_on(transact)

        async def use(whose: Agent, code_hash: str) -> bool:
            return await transact(lambda uow: uow.two_step.use_recovery_code(whose.id, code_hash))

        assert not await use(agent, "d" * 64)
        assert await use(agent, HASHES[0])
        assert not await use(agent, HASHES[0])
        assert await use(other, HASHES[0])
        assert await transact(lambda uow: uow.two_step.recovery_codes_left(agent.id)) == 2

    async def test_switched_off_it_is_forgotten_and_may_be_begun_again(
        self, transact: Transact
    ) -> None:
        agent, other = await self._switched_on(transact), await self._switched_on(transact)

        await transact(lambda uow: uow.two_step.switch_off(agent.id))
        await transact(lambda uow: uow.two_step.switch_off(NOBODY))

        assert await transact(lambda uow: uow.two_step.find(agent.id)) is None
        assert await transact(lambda uow: uow.two_step.recovery_codes_left(agent.id)) == 0
        assert await transact(lambda uow: uow.two_step.recovery_codes_left(other.id)) == 3
        assert await transact(lambda uow: uow.two_step.all_on()) == {other.id}
        assert not await transact(lambda uow: uow.two_step.use_recovery_code(agent.id, HASHES[0]))
        assert await transact(lambda uow: uow.two_step.begin(agent.id, OTHER))

    async def test_saving_an_agent_leaves_it_as_it_is(self, transact: Transact) -> None:
        agent = await self._switched_on(transact)
        agent.capacity = 3

        await transact(lambda uow: uow.agents.save([agent]))

        kept = await transact(lambda uow: uow.two_step.find(agent.id))
        assert kept == TwoStep(secret=SECRET, last_step=STEP)
