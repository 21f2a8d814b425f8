"""Use cases: switch two-step sign-in on and off, for oneself and for who lost the telephone."""

from dataclasses import dataclass, field

from khalifa.application.check_code import CheckCode, count_code, forgive_codes
from khalifa.application.manage_agents import agent_entry, agent_id_of
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.two_step import OneTimeCodes
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.sign_in import CheckPassword
from khalifa.domain.agents import Agent, AgentId
from khalifa.domain.audit import Act
from khalifa.domain.errors import NotAllowed
from khalifa.domain.sessions import secret_hash
from khalifa.domain.two_step import (
    RECOVERY_CODES,
    CodeWanted,
    TwoStep,
    TwoStepOff,
    TwoStepOn,
    WrongCode,
    grouped,
    plain_code,
)
from khalifa.domain.words import Words

_ONES_OWN = Words(
    "One's own is switched off in one's settings, with the password and a code.",
    "أوقف دخولك بخطوتين من إعداداتك.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoStepView:
    is_on: bool
    recovery_codes_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSecret:
    """What an app is to be told, once: typed in, or as the QR code's ``address``."""

    secret: str = field(repr=False)
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageTwoStep:
    """
    One's own two-step sign-in.

    It is on once a first code was right: nobody is kept out by an app that was told the
    wrong thing. Neither secret nor recovery codes are ever told again.
    """

    transact: Transact
    check_password: CheckPassword
    check_code: CheckCode
    codes: OneTimeCodes
    clock: Clock

    async def read(self, agent_id: AgentId) -> TwoStepView:
        async def work(uow: UnitOfWork) -> TwoStepView:
            kept = await uow.two_step.find(agent_id)
            left = await uow.two_step.recovery_codes_left(agent_id)
            return TwoStepView(is_on=kept is not None and kept.is_on, recovery_codes_left=left)

        return await self.transact.read(work)

    async def begin(self, agent: Agent, password: str, *, address: str | None) -> NewSecret:
        """
        Make a secret; one that was made before, and is not on, is good for nothing.

        Raises:
            WrongPassword: the password is another.
            SignInLocked: too many wrong ones came from here.
            TwoStepOn: it is on already.
        """
        await self.check_password.again(agent, password, address=address)
        secret = self.codes.new_secret()
        if not await self.transact(lambda uow: uow.two_step.begin(agent.id, secret)):
            raise TwoStepOn
        return NewSecret(secret=secret, address=self.codes.address(secret, name=agent.name))

    async def switch_on(self, agent: Agent, typed: str) -> list[str]:
        """
        Switch on with a first code from the app; return the recovery codes.

        Raises:
            WrongCode: the app makes other codes.
            SignInLocked: there were too many wrong ones.
            TwoStepOn: it is on already.
            TwoStepOff: nobody has begun, or somebody began anew meanwhile.
        """

        async def begin(uow: UnitOfWork) -> TwoStep | None:
            kept = await uow.two_step.find(agent.id)
            if kept is not None and not kept.is_on:
                await count_code(uow, agent.id, self.clock)
            return kept

        kept = await self.transact(begin)
        if kept is None:
            raise TwoStepOff(begun=False)
        if kept.is_on:
            raise TwoStepOn
        step = self.codes.step_of(plain_code(typed), kept.secret, now=self.clock.now())
        if step is None:
            raise WrongCode
        recovery_codes = [self.codes.new_recovery_code() for _ in range(RECOVERY_CODES)]

        async def work(uow: UnitOfWork) -> bool:
            hashes = [secret_hash(one) for one in recovery_codes]
            switched = await uow.two_step.switch_on(
                agent.id, kept.secret, step=step, recovery_hashes=hashes
            )
            if switched:
                await forgive_codes(uow, agent.id)
                entry = agent_entry(Act.TWO_STEP_ON, agent.id, by=agent, clock=self.clock)
                await uow.audit.add(entry)
            return switched

        if not await self.transact(work):
            raise TwoStepOff(begun=False)
        return [grouped(one) for one in recovery_codes]

    async def switch_off(
        self, agent: Agent, password: str, code: str, *, address: str | None
    ) -> None:
        """
        Switch off, which asks for all that signing in asks for.

        Raises:
            TwoStepOff: it is not on.
            WrongPassword: the password is another.
            WrongCode: the code is wrong, or was used already.
            SignInLocked: there were too many wrong ones.
        """
        if not (await self.read(agent.id)).is_on:
            raise TwoStepOff

        try:
            await self.check_password.again(
                agent,
                password,
                address=address,
                also=lambda known: self.check_code(known.id, code),
            )
        except CodeWanted:
            raise WrongCode from None

        async def work(uow: UnitOfWork) -> None:
            await uow.two_step.switch_off(agent.id)
            entry = agent_entry(Act.TWO_STEP_OFF, agent.id, by=agent, clock=self.clock)
            await uow.audit.add(entry)

        await self.transact(work)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetTwoStep:
    """
    Switch off the two-step sign-in of an agent who lost the telephone.

    Who is signed in as the agent is signed out, programs too: it may be whoever found it.
    """

    transact: Transact
    clock: Clock

    async def __call__(self, who: AgentId | str, *, by: Agent | None = None) -> None:
        """
        Raises:
            NotFound: there is no such agent.
            NotAllowed: it is one's own.
            TwoStepOff: it is not on.
        """

        async def work(uow: UnitOfWork) -> None:
            agent = await uow.agents.lock(await agent_id_of(uow, who))
            if by is not None and by.id == agent.id:
                raise NotAllowed(_ONES_OWN)
            kept = await uow.two_step.find(agent.id)
            if kept is None or not kept.is_on:
                raise TwoStepOff
            await uow.two_step.switch_off(agent.id)
            await uow.tokens.remove_of(agent.id)
            await uow.audit.add(agent_entry(Act.TWO_STEP_OFF, agent.id, by=by, clock=self.clock))

        await self.transact(work)
