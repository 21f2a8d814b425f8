"""Use case: the second step of signing in."""

import hashlib
from dataclasses import dataclass

from khalifa.application.ports.clock import Clock
from khalifa.application.ports.two_step import OneTimeCodes
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.domain.agents import AgentId
from khalifa.domain.sessions import Attempts, secret_hash
from khalifa.domain.two_step import CodeWanted, TwoStep, WrongCode, is_app_code, plain_code

_FROM_WHEREVER = ""


async def count_code(uow: UnitOfWork, agent_id: AgentId, clock: Clock) -> None:
    """
    Count a code before it is looked at, whatever address it comes from.

    A code has six digits only: five for each of endless addresses would be guessed. Who
    gets as far as a code has the password, so no stranger locks anybody out by this.

    Raises:
        SignInLocked: there were too many wrong ones.
    """
    now, account = clock.now(), _account(agent_id)
    known = await uow.attempts.lock(account)
    mine = known[0] if known else Attempts(account=account, address=_FROM_WHEREVER, last_at=now)
    mine.count_one(now)
    await uow.attempts.save(mine)


async def forgive_codes(uow: UnitOfWork, agent_id: AgentId) -> None:
    await uow.attempts.forget(_account(agent_id), _FROM_WHEREVER)


def _account(agent_id: AgentId) -> str:
    # No name is folded to capitals: this is no name's digest.
    return hashlib.sha256(f"CODE {agent_id}".encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckCode:
    """
    Take an agent's code, from the app or one of the recovery codes: each is good once.

    Without two-step sign-in there is nothing to check, whatever is given.
    """

    transact: Transact
    codes: OneTimeCodes
    clock: Clock

    async def __call__(self, agent_id: AgentId, typed: str | None) -> None:
        """
        Raises:
            CodeWanted: two-step sign-in is on, and there is no code.
            WrongCode: it is wrong, or was used already.
            SignInLocked: there were too many wrong ones, from wherever.
        """
        code = plain_code(typed or "")

        async def begin(uow: UnitOfWork) -> TwoStep | None:
            kept = await uow.two_step.find(agent_id)
            if kept is None or not kept.is_on:
                return None
            if code:
                await count_code(uow, agent_id, self.clock)
            return kept

        kept = await self.transact(begin)
        if kept is None:
            return
        if not code:
            raise CodeWanted
        step = self.codes.step_of(code, kept.secret, now=self.clock.now())

        async def take(uow: UnitOfWork) -> bool:
            if not is_app_code(code):
                right = await uow.two_step.use_recovery_code(agent_id, secret_hash(code))
            else:
                right = step is not None and await uow.two_step.use_step(
                    agent_id, kept.secret, step
                )
            if right:
                await forgive_codes(uow, agent_id)
            return right

        if not await self.transact(take):
            raise WrongCode
