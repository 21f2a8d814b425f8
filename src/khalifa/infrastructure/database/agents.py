"""Agents, and the tokens by which they are known."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, or_, select, update

from khalifa.application.ports.agents import AccessTokens, Agents, SignInAttempts
from khalifa.domain.agents import Agent, AgentId, Presence, Role
from khalifa.domain.errors import NotFound
from khalifa.domain.sessions import Attempts
from khalifa.domain.sessions import Session as Access
from khalifa.infrastructure.database.changes import Changes
from khalifa.infrastructure.database.mapping import agent_of, agent_row
from khalifa.infrastructure.database.session import Session, chunks
from khalifa.infrastructure.database.tables import access_tokens, agents, sign_in_attempts


class SqlAgents(Agents):
    def __init__(self, session: Session) -> None:
        self._session = session
        self._changes = Changes(agent_row)

    async def _read(self, query: Select[Any]) -> list[Agent]:
        return [self._changes.remember(agent_of(row)) for row in await self._session.rows(query)]

    async def _one(self, query: Select[Any]) -> Agent:
        for agent in await self._read(query):
            return agent
        raise NotFound("There is no such agent.")

    async def get(self, agent_id: AgentId) -> Agent:
        return await self._one(select(agents).where(agents.c.id == agent_id))

    async def lock(self, agent_id: AgentId) -> Agent:
        return await self._one(select(agents).where(agents.c.id == agent_id).with_for_update())

    async def get_many(self, ids: Collection[AgentId]) -> dict[AgentId, Agent]:
        return {
            agent.id: agent
            for chunk in chunks(sorted(set(ids)))
            for agent in await self._read(select(agents).where(agents.c.id.in_(chunk)))
        }

    async def find_named(self, name: str) -> Agent | None:
        found = await self._read(select(agents).where(agents.c.folded_name == name.casefold()))
        return found[0] if found else None

    async def all(self) -> list[Agent]:
        return await self._read(select(agents).order_by(agents.c.folded_name))

    async def lock_online(self) -> list[Agent]:
        # No index on presence: the table is read, and so locked, in the order of its ids.
        return await self._read(
            select(agents)
            .where(agents.c.presence == Presence.ONLINE.value, agents.c.disabled.is_(False))
            .order_by(agents.c.id)
            .with_for_update()
        )

    async def lock_leading(self) -> list[Agent]:
        return await self._read(
            select(agents)
            .where(agents.c.role == Role.ADMIN.value, agents.c.disabled.is_(False))
            .order_by(agents.c.id)
            .with_for_update()
        )

    async def add(self, agent: Agent, *, password_hash: str | None) -> None:
        row = {**agent_row(agent), "password_hash": password_hash}
        agent.id = AgentId(await self._session.insert(agents, row))
        self._changes.remember(agent)

    async def save(self, agents_: Sequence[Agent]) -> None:
        await self._session.update_all(agents, self._changes.of(agents_))

    async def seen(self, ids: Collection[AgentId], at: datetime) -> None:
        for chunk in chunks(sorted(set(ids))):
            await self._session.run(
                update(agents)
                .where(
                    agents.c.id.in_(chunk),
                    agents.c.presence != Presence.OFFLINE.value,
                    or_(agents.c.last_seen_at.is_(None), agents.c.last_seen_at < at),
                )
                .values(last_seen_at=at)
            )

    async def silent_since(self, before: datetime) -> list[AgentId]:
        query = (
            select(agents.c.id)
            .where(
                agents.c.presence != Presence.OFFLINE.value,
                or_(agents.c.last_seen_at.is_(None), agents.c.last_seen_at < before),
            )
            .order_by(agents.c.id)
        )
        return [AgentId(row.id) for row in await self._session.rows(query)]

    async def signed_in(self, agent_id: AgentId, at: datetime) -> None:
        await self._session.run(
            update(agents).where(agents.c.id == agent_id).values(last_signed_in_at=at)
        )

    async def last_sign_ins(self) -> dict[AgentId, datetime]:
        query = select(agents.c.id, agents.c.last_signed_in_at).where(
            agents.c.last_signed_in_at.is_not(None)
        )
        rows = await self._session.rows(query)
        return {AgentId(row.id): row.last_signed_in_at for row in rows}

    async def password_hash(self, agent_id: AgentId) -> str | None:
        query = select(agents.c.password_hash).where(agents.c.id == agent_id)
        rows = await self._session.rows(query)
        return rows[0].password_hash if rows else None

    async def set_password_hash(self, agent_id: AgentId, password_hash: str) -> None:
        await self._session.run(
            update(agents).where(agents.c.id == agent_id).values(password_hash=password_hash)
        )


class SqlAccessTokens(AccessTokens):
    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, session: Access) -> None:
        await self._session.insert(access_tokens, asdict(session))

    async def of_agent(self, agent_id: AgentId, *, now: datetime) -> list[Access]:
        query = (
            select(access_tokens)
            .where(
                access_tokens.c.agent_id == agent_id,
                or_(access_tokens.c.expires_at.is_(None), access_tokens.c.expires_at > now),
            )
            .order_by(access_tokens.c.created_at.desc(), access_tokens.c.token_hash.desc())
        )
        return [
            Access(
                token_hash=row.token_hash,
                agent_id=agent_id,
                kind=row.kind,
                created_at=row.created_at,
                expires_at=row.expires_at,
                address=row.address,
                device=row.device,
            )
            for row in await self._session.rows(query)
        ]

    async def find_agent(self, token_hash: str, *, now: datetime) -> Agent | None:
        query = (
            select(agents)
            .join(access_tokens, access_tokens.c.agent_id == agents.c.id)
            .where(
                access_tokens.c.token_hash == token_hash,
                or_(access_tokens.c.expires_at.is_(None), access_tokens.c.expires_at > now),
                agents.c.disabled.is_(False),
            )
        )
        rows = await self._session.rows(query)
        return agent_of(rows[0]) if rows else None

    async def remove(self, token_hash: str) -> None:
        await self._session.run(
            delete(access_tokens).where(access_tokens.c.token_hash == token_hash)
        )

    async def remove_of(self, agent_id: AgentId, *, but: str | None = None) -> None:
        statement = delete(access_tokens).where(access_tokens.c.agent_id == agent_id)
        if but is not None:
            statement = statement.where(access_tokens.c.token_hash != but)
        await self._session.run(statement)


class SqlSignInAttempts(SignInAttempts):
    def __init__(self, session: Session) -> None:
        self._session = session

    async def lock(self, account: str) -> list[Attempts]:
        query = (
            select(sign_in_attempts)
            .where(sign_in_attempts.c.account == account)
            .order_by(sign_in_attempts.c.id)
            .with_for_update()
        )
        return [
            Attempts(account=account, address=row.address, tried=row.tried, last_at=row.last_at)
            for row in await self._session.rows(query)
        ]

    async def save(self, attempts: Attempts) -> None:
        changed = await self._session.run(
            update(sign_in_attempts)
            .where(_tried(attempts.account, attempts.address))
            .values(tried=attempts.tried, last_at=attempts.last_at)
        )
        if not changed:
            await self._session.insert(sign_in_attempts, asdict(attempts))

    async def forget(self, account: str, address: str) -> None:
        await self._session.run(delete(sign_in_attempts).where(_tried(account, address)))

    async def forget_before(self, at: datetime) -> int:
        return await self._session.run(
            delete(sign_in_attempts).where(sign_in_attempts.c.last_at < at)
        )


def _tried(account: str, address: str) -> ColumnElement[bool]:
    return and_(sign_in_attempts.c.account == account, sign_in_attempts.c.address == address)
