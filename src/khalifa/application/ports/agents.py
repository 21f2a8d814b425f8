"""Ports: agents, and what they sign in with. Parts of a unit of work."""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from khalifa.domain.agents import Agent, AgentId
from khalifa.domain.sessions import Attempts, Session


class Agents(Protocol):
    @abstractmethod
    async def get(self, agent_id: AgentId) -> Agent:
        """Return the agent, or raise `NotFound`."""

    @abstractmethod
    async def get_many(self, ids: Collection[AgentId]) -> dict[AgentId, Agent]: ...

    @abstractmethod
    async def find_named(self, name: str) -> Agent | None:
        """Return the agent called *name*, letters' case aside."""

    @abstractmethod
    async def all(self) -> list[Agent]:
        """Return every agent, disabled ones too, by name."""

    @abstractmethod
    async def lock_online(self) -> list[Agent]:
        """Return the agents that are online and not disabled, locked in the order of their ids."""

    @abstractmethod
    async def lock_leading(self) -> list[Agent]:
        """Return the administrators who are not disabled, locked in the order of their ids."""

    @abstractmethod
    async def lock(self, agent_id: AgentId) -> Agent:
        """Return the agent locked, or raise `NotFound`."""

    @abstractmethod
    async def add(self, agent: Agent, *, password_hash: str | None) -> None:
        """
        Store a new agent; gives it its id.

        Raises:
            NameTaken: another agent is called so, letters' case aside.
        """

    @abstractmethod
    async def save(self, agents: Sequence[Agent]) -> None:
        """
        Write back agents.

        Raises:
            NameTaken: another agent is called so, letters' case aside.
        """

    @abstractmethod
    async def seen(self, ids: Collection[AgentId], at: datetime) -> None:
        """
        Note that these agents were there at *at*; changes nothing else, takes no version.

        Who is offline is gone since then, whatever screen was left open.
        """

    @abstractmethod
    async def silent_since(self, before: datetime) -> list[AgentId]:
        """Return agents not offline and last seen before *before*."""

    @abstractmethod
    async def signed_in(self, agent_id: AgentId, at: datetime) -> None:
        """Note that a person signed in as this agent; takes no version."""

    @abstractmethod
    async def last_sign_ins(self) -> dict[AgentId, datetime]:
        """Return when somebody last signed in as each agent; those who never did are not in it."""

    @abstractmethod
    async def password_hash(self, agent_id: AgentId) -> str | None:
        """Return the agent's password hash, None when the agent has no password."""

    @abstractmethod
    async def set_password_hash(self, agent_id: AgentId, password_hash: str) -> None: ...


class AccessTokens(Protocol):
    """Sessions of signed-in people and tokens of programs: hashes only, never the token."""

    @abstractmethod
    async def add(self, session: Session) -> None: ...

    @abstractmethod
    async def of_agent(self, agent_id: AgentId, *, now: datetime) -> list[Session]:
        """Return an agent's live ones, the newest first."""

    @abstractmethod
    async def find_agent(self, token_hash: str, *, now: datetime) -> Agent | None:
        """Return whose live token this is; None when unknown, expired, or the agent disabled."""

    @abstractmethod
    async def remove(self, token_hash: str) -> None: ...

    @abstractmethod
    async def remove_of(self, agent_id: AgentId, *, but: str | None = None) -> None:
        """Revoke every token of an agent, except the one whose hash is *but*."""


class SignInAttempts(Protocol):
    """Passwords tried, by account and address."""

    @abstractmethod
    async def lock(self, account: str) -> list[Attempts]:
        """Return the account's, from every address, locked."""

    @abstractmethod
    async def save(self, attempts: Attempts) -> None:
        """
        Write one, also for the first time.

        Raises:
            ConcurrentChange: another process has written it for the first time meanwhile.
        """

    @abstractmethod
    async def forget(self, account: str, address: str) -> None: ...

    @abstractmethod
    async def forget_before(self, at: datetime) -> int:
        """Delete those last tried before *at*; return how many."""
