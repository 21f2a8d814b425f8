"""Use cases: add, list and disable agents; their passwords and tokens."""

from collections.abc import Callable
from dataclasses import dataclass

from khalifa.application.events import EventWriter
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.passwords import PasswordHasher
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.sign_in import token_hash
from khalifa.application.views import AgentView
from khalifa.domain.agents import DEFAULT_CAPACITY, Agent, Presence, Role, require_password
from khalifa.domain.errors import NotFound


async def _named(uow: UnitOfWork, name: str) -> Agent:
    agent = await uow.agents.find_named(name)
    if agent is None:
        reason = "There is no agent of this name. `khalifa agents list` shows them."
        raise NotFound(reason)
    return agent


@dataclass(frozen=True, slots=True, kw_only=True)
class AddAgent:
    """Add someone who answers customers. Without a password, only tokens sign in."""

    transact: Transact
    passwords: PasswordHasher
    events: EventWriter
    clock: Clock

    async def __call__(
        self,
        *,
        name: str,
        role: Role = Role.AGENT,
        capacity: int = DEFAULT_CAPACITY,
        password: str | None = None,
    ) -> AgentView:
        """
        Raises:
            InvalidAgent: the name, capacity or password cannot be used.
            NameTaken: another agent is called so.
        """
        password_hash = None
        if password is not None:
            require_password(password)
            password_hash = await self.passwords.hash(password)

        async def work(uow: UnitOfWork) -> AgentView:
            agent = Agent(name=name, role=role, capacity=capacity, created_at=self.clock.now())
            await uow.agents.add(agent, password_hash=password_hash)
            await uow.events.add([self.events.agent(agent)])
            return AgentView.of(agent)

        return await self.transact(work)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAgents:
    """Return every agent, by name, disabled ones too."""

    transact: Transact

    async def __call__(self) -> list[AgentView]:
        async def work(uow: UnitOfWork) -> list[AgentView]:
            return [AgentView.of(agent) for agent in await uow.agents.all()]

        return await self.transact(work)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueToken:
    """Make a new token for a program to sign in with as this agent. It is told only once."""

    transact: Transact
    random_token: Callable[[], str]

    async def __call__(self, name: str) -> str:
        token = self.random_token()

        async def work(uow: UnitOfWork) -> None:
            agent = await _named(uow, name)
            await uow.tokens.add(token_hash(token), agent.id, kind="api", expires_at=None)

        await self.transact(work)
        return token


@dataclass(frozen=True, slots=True, kw_only=True)
class DisableAgent:
    """Keep an agent out from now on: no sign-in, no token, no new tickets. History stays."""

    transact: Transact
    events: EventWriter

    async def __call__(self, name: str) -> AgentView:
        async def work(uow: UnitOfWork) -> AgentView:
            agent = await uow.agents.lock((await _named(uow, name)).id)
            if not agent.disabled:
                agent.disabled, agent.presence = True, Presence.OFFLINE
                agent.version += 1
                await uow.agents.save([agent])
                await uow.tokens.remove_of(agent.id)
                await uow.events.add([self.events.agent(agent)])
            return AgentView.of(agent)

        return await self.transact(work)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePassword:
    """Give an agent another password; who is signed in as the agent is signed out."""

    transact: Transact
    passwords: PasswordHasher

    async def __call__(self, name: str, password: str) -> None:
        require_password(password)
        password_hash = await self.passwords.hash(password)

        async def work(uow: UnitOfWork) -> None:
            agent = await _named(uow, name)
            await uow.agents.set_password_hash(agent.id, password_hash)
            await uow.tokens.remove_of(agent.id)

        await self.transact(work)
