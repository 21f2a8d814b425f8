"""Agents and their access tokens in dictionaries."""

from collections.abc import Collection, Sequence
from copy import copy
from datetime import datetime

from khalifa.application.ports.agents import AccessTokens, Agents, SignInAttempts
from khalifa.domain.agents import Agent, AgentId, Presence
from khalifa.domain.errors import NameTaken, NotFound
from khalifa.domain.sessions import Attempts, Session
from khalifa.infrastructure.memory.store import Tables, require_storable


class MemoryAgents(Agents):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def get(self, agent_id: AgentId) -> Agent:
        if agent_id not in self._tables.agents:
            reason = "There is no such agent."
            raise NotFound(reason)
        return copy(self._tables.agents[agent_id])

    async def get_many(self, ids: Collection[AgentId]) -> dict[AgentId, Agent]:
        rows = self._tables.agents
        return {id_: copy(rows[id_]) for id_ in sorted(set(ids)) if id_ in rows}

    async def find_named(self, name: str) -> Agent | None:
        for agent in self._tables.agents.values():
            if agent.name.casefold() == name.casefold():
                return copy(agent)
        return None

    async def all(self) -> list[Agent]:
        by_name = sorted(self._tables.agents.values(), key=lambda agent: agent.name.casefold())
        return [copy(agent) for agent in by_name]

    async def lock_online(self) -> list[Agent]:
        return [
            copy(agent)
            for _, agent in sorted(self._tables.agents.items())
            if agent.presence is Presence.ONLINE and not agent.disabled
        ]

    async def lock_leading(self) -> list[Agent]:
        agents = (agent for _, agent in sorted(self._tables.agents.items()))
        return [copy(agent) for agent in agents if agent.leads]

    async def lock(self, agent_id: AgentId) -> Agent:
        return await self.get(agent_id)

    async def add(self, agent: Agent, *, password_hash: str | None) -> None:
        require_storable([agent.name])
        if await self.find_named(agent.name):
            reason = "Another agent has this name."
            raise NameTaken(reason)
        agent.id = AgentId(next(self._tables.ids))
        self._tables.agents[agent.id] = copy(agent)
        if password_hash is not None:
            self._tables.password_hashes[agent.id] = password_hash

    async def save(self, agents: Sequence[Agent]) -> None:
        for agent in agents:
            namesake = await self.find_named(agent.name)
            if namesake is not None and namesake.id != agent.id:
                reason = "Another agent has this name."
                raise NameTaken(reason)
            if agent.id in self._tables.agents:
                self._tables.agents[agent.id] = copy(agent)

    async def seen(self, ids: Collection[AgentId], at: datetime) -> None:
        for agent in (await self.get_many(ids)).values():
            if agent.presence is not Presence.OFFLINE:
                agent.last_seen_at = at
                self._tables.agents[agent.id] = agent

    async def silent_since(self, before: datetime) -> list[AgentId]:
        return [
            agent.id
            for agent in self._tables.agents.values()
            if agent.presence is not Presence.OFFLINE
            and (agent.last_seen_at is None or agent.last_seen_at < before)
        ]

    async def signed_in(self, agent_id: AgentId, at: datetime) -> None:
        if agent_id in self._tables.agents:
            self._tables.sign_ins[agent_id] = at

    async def last_sign_ins(self) -> dict[AgentId, datetime]:
        return self._tables.sign_ins.copy()

    async def password_hash(self, agent_id: AgentId) -> str | None:
        return self._tables.password_hashes.get(agent_id)

    async def set_password_hash(self, agent_id: AgentId, password_hash: str) -> None:
        self._tables.password_hashes[agent_id] = password_hash


class MemoryAccessTokens(AccessTokens):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, session: Session) -> None:
        require_storable([session.device])
        self._tables.tokens[session.token_hash] = session

    async def of_agent(self, agent_id: AgentId, *, now: datetime) -> list[Session]:
        live = [
            one
            for one in self._tables.tokens.values()
            if one.agent_id == agent_id and (one.expires_at is None or one.expires_at > now)
        ]
        return sorted(live, key=lambda one: (one.created_at, one.token_hash), reverse=True)

    async def find_agent(self, token_hash: str, *, now: datetime) -> Agent | None:
        token = self._tables.tokens.get(token_hash)
        if token is None or (token.expires_at is not None and token.expires_at <= now):
            return None
        agent = self._tables.agents.get(token.agent_id)
        return copy(agent) if agent is not None and not agent.disabled else None

    async def remove(self, token_hash: str) -> None:
        self._tables.tokens.pop(token_hash, None)

    async def remove_of(self, agent_id: AgentId, *, but: str | None = None) -> None:
        tokens = self._tables.tokens
        for token_hash in [key for key, token in tokens.items() if token.agent_id == agent_id]:
            if token_hash != but:
                del tokens[token_hash]


class MemorySignInAttempts(SignInAttempts):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def lock(self, account: str) -> list[Attempts]:
        return [copy(one) for one in self._tables.attempts.values() if one.account == account]

    async def save(self, attempts: Attempts) -> None:
        self._tables.attempts[attempts.account, attempts.address] = copy(attempts)

    async def forget(self, account: str, address: str) -> None:
        self._tables.attempts.pop((account, address), None)

    async def forget_before(self, at: datetime) -> int:
        old = [key for key, one in self._tables.attempts.items() if one.last_at < at]
        for key in old:
            del self._tables.attempts[key]
        return len(old)
