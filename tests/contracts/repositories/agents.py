"""The promises of the agents on file, and of their access tokens."""

import asyncio
from dataclasses import asdict, replace
from datetime import timedelta
from functools import partial

import pytest

from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.domain.agents import Agent, AgentId, Presence, Role
from khalifa.domain.branches import BranchId
from khalifa.domain.errors import NameTaken, NotFound
from khalifa.domain.sessions import Attempts, Session
from tests.builders import NOW, an_agent
from tests.contracts.repositories.stored import stored_agent

NOBODY = AgentId(987_654_321)
SECOND = timedelta(seconds=1)


class AgentsContract:
    async def test_an_agent_comes_back_whole(self, transact: Transact) -> None:
        agent = await stored_agent(
            transact,
            an_agent(
                "هناء",
                role=Role.ADMIN,
                capacity=3,
                presence=Presence.BREAK,
                last_assigned_at=NOW - SECOND,
            ),
        )

        found = await transact(lambda uow: uow.agents.get(agent.id))
        locked = await transact(lambda uow: uow.agents.lock(agent.id))
        among_many = await transact(lambda uow: uow.agents.get_many([agent.id, NOBODY]))

        assert asdict(found) == asdict(locked) == asdict(agent)
        assert {id_: asdict(row) for id_, row in among_many.items()} == {agent.id: asdict(agent)}

    async def test_an_agent_nobody_knows_is_not_found(self, transact: Transact) -> None:
        with pytest.raises(NotFound):
            await transact(lambda uow: uow.agents.get(NOBODY))
        with pytest.raises(NotFound):
            await transact(lambda uow: uow.agents.lock(NOBODY))
        assert await transact(lambda uow: uow.agents.find_named("nobody")) is None

    @pytest.mark.parametrize(("name", "asked"), [("Mona", "mONA"), ("Renée", "RENÉE")])
    async def test_an_agent_is_found_by_name_letters_case_aside(
        self, transact: Transact, name: str, asked: str
    ) -> None:
        agent = await stored_agent(transact, an_agent(name))

        found = await transact(lambda uow: uow.agents.find_named(asked))

        assert found is not None
        assert (found.id, found.name) == (agent.id, name)

    @pytest.mark.parametrize(("name", "again"), [("Mona", "MONA"), ("هناء", "هناء")])
    async def test_a_name_is_given_once_letters_case_aside(
        self, transact: Transact, name: str, again: str
    ) -> None:
        await stored_agent(transact, an_agent(name))

        with pytest.raises(NameTaken):
            await stored_agent(transact, an_agent(again))

    @pytest.mark.parametrize(("name", "other"), [("أحمد", "احمد"), ("Renée", "Renee")])
    async def test_names_that_only_look_alike_are_two(
        self, transact: Transact, name: str, other: str
    ) -> None:
        agent = await stored_agent(transact, an_agent(name))
        await stored_agent(transact, an_agent(other))

        found = await transact(lambda uow: uow.agents.find_named(name))

        assert found is not None
        assert found.id == agent.id

    async def test_of_two_who_take_a_name_at_the_same_time_one_gets_it(
        self, transact: Transact
    ) -> None:
        outcomes = await asyncio.gather(
            *(stored_agent(transact, an_agent(name)) for name in ("Mona", "mona", "MONA")),
            return_exceptions=True,
        )

        assert sum(isinstance(outcome, NameTaken) for outcome in outcomes) == 2
        assert len(await transact(lambda uow: uow.agents.all())) == 1

    async def test_all_agents_are_listed_by_name(self, transact: Transact) -> None:
        for agent in (an_agent("Dina"), an_agent("Amal", disabled=True), an_agent("Basma")):
            await stored_agent(transact, agent)

        agents = await transact(lambda uow: uow.agents.all())

        assert [agent.name for agent in agents] == ["Amal", "Basma", "Dina"]

    async def test_only_agents_online_and_enabled_are_locked_for_new_tickets(
        self, transact: Transact
    ) -> None:
        online = [await stored_agent(transact) for _ in range(3)]
        await stored_agent(transact, an_agent(presence=Presence.BREAK))
        await stored_agent(transact, an_agent(presence=Presence.OFFLINE))
        await stored_agent(transact, an_agent(disabled=True))

        locked = await transact(lambda uow: uow.agents.lock_online())

        assert [agent.id for agent in locked] == sorted(agent.id for agent in online)

    async def test_administrators_who_can_sign_in_are_locked_in_order(
        self, transact: Transact
    ) -> None:
        leading = [await stored_agent(transact, an_agent(role=Role.ADMIN)) for _ in range(2)]
        await stored_agent(transact, an_agent(role=Role.ADMIN, disabled=True))
        await stored_agent(transact)

        locked = await transact(lambda uow: uow.agents.lock_leading())

        assert [agent.id for agent in locked] == [agent.id for agent in leading]

    async def test_a_changed_name_is_nobody_elses(self, transact: Transact) -> None:
        mona = await stored_agent(transact, an_agent("Mona"))
        await stored_agent(transact, an_agent("Dina"))

        async def rename(name: str, uow: UnitOfWork) -> None:
            agent = await uow.agents.lock(mona.id)
            agent.name = name
            await uow.agents.save([agent])

        with pytest.raises(NameTaken):
            await transact(partial(rename, "DINA"))
        await transact(partial(rename, "MONA"))

        found = await transact(lambda uow: uow.agents.find_named("mona"))
        assert found is not None
        assert (found.id, found.name) == (mona.id, "MONA")

    async def test_changed_agents_are_saved(self, transact: Transact) -> None:
        agents = [await stored_agent(transact) for _ in range(3)]
        agents[0].be(Presence.OFFLINE, now=NOW + SECOND)
        agents[1].disabled, agents[1].capacity = True, 2
        agents[1].branch_id = BranchId(3)
        agents[2].last_assigned_at = NOW + SECOND

        await transact(lambda uow: uow.agents.save(agents))

        ids = [agent.id for agent in agents]
        found = await transact(lambda uow: uow.agents.get_many(ids))
        assert [asdict(found[id_]) for id_ in ids] == [asdict(agent) for agent in agents]

    async def test_being_seen_changes_nothing_else(self, transact: Transact) -> None:
        agent, other = await stored_agent(transact), await stored_agent(transact)

        await transact(lambda uow: uow.agents.seen([agent.id, NOBODY], NOW + SECOND))

        found = await transact(lambda uow: uow.agents.get_many([agent.id, other.id]))
        assert asdict(found[agent.id]) == asdict(replace(agent, last_seen_at=NOW + SECOND))
        assert asdict(found[other.id]) == asdict(other)

    async def test_who_is_offline_is_gone_whatever_screen_is_open(self, transact: Transact) -> None:
        agent = await stored_agent(transact, an_agent(presence=Presence.OFFLINE))

        await transact(lambda uow: uow.agents.seen([agent.id], NOW + SECOND))

        found = await transact(lambda uow: uow.agents.get(agent.id))
        assert found.last_seen_at == NOW

    async def test_agents_not_seen_for_long_are_silent_unless_offline(
        self, transact: Transact
    ) -> None:
        silent = [
            await stored_agent(transact, an_agent(presence=presence, last_seen_at=seen))
            for presence, seen in [
                (Presence.ONLINE, NOW - SECOND),
                (Presence.BREAK, NOW - SECOND),
                (Presence.ONLINE, None),
            ]
        ]
        await stored_agent(transact, an_agent(last_seen_at=NOW))
        await stored_agent(transact, an_agent(presence=Presence.OFFLINE, last_seen_at=NOW - SECOND))

        found = await transact(lambda uow: uow.agents.silent_since(NOW))

        assert sorted(found) == sorted(agent.id for agent in silent)

    async def test_the_last_sign_in_is_kept_beside_the_agent(self, transact: Transact) -> None:
        mona, _ = await stored_agent(transact), await stored_agent(transact)

        await transact(lambda uow: uow.agents.signed_in(mona.id, NOW - SECOND))
        await transact(lambda uow: uow.agents.signed_in(mona.id, NOW))
        await transact(lambda uow: uow.agents.signed_in(NOBODY, NOW))

        assert await transact(lambda uow: uow.agents.last_sign_ins()) == {mona.id: NOW}
        kept = await transact(lambda uow: uow.agents.get(mona.id))
        assert asdict(kept) == asdict(mona)

    async def test_a_password_hash_is_kept_beside_the_agent(self, transact: Transact) -> None:
        with_password = await stored_agent(transact, password_hash="$argon2id$one")
        without = await stored_agent(transact)

        async def hashes(uow: UnitOfWork) -> list[str | None]:
            return [
                await uow.agents.password_hash(id_)
                for id_ in (with_password.id, without.id, NOBODY)
            ]

        assert await transact(hashes) == ["$argon2id$one", None, None]

        await transact(lambda uow: uow.agents.set_password_hash(with_password.id, "two"))
        await transact(lambda uow: uow.agents.set_password_hash(without.id, "three"))
        await transact(lambda uow: uow.agents.save([with_password]))

        assert await transact(hashes) == ["two", "three", None]


class AccessTokensContract:
    async def _add(
        self, transact: Transact, agent: Agent, token_hash: str, *, lives: timedelta | None = None
    ) -> None:
        expires_at = None if lives is None else NOW + lives
        kind = "api" if lives is None else "session"
        await transact(
            lambda uow: uow.tokens.add(
                Session(
                    token_hash=token_hash,
                    agent_id=agent.id,
                    kind=kind,
                    created_at=NOW,
                    expires_at=expires_at,
                )
            )
        )

    async def _owner(self, transact: Transact, token_hash: str) -> AgentId | None:
        agent = await transact(lambda uow: uow.tokens.find_agent(token_hash, now=NOW))
        return agent.id if agent else None

    async def test_a_live_token_names_its_agent(self, transact: Transact) -> None:
        agent = await stored_agent(transact)
        await self._add(transact, agent, "a" * 64)
        await self._add(transact, agent, "b" * 64, lives=SECOND)

        assert await self._owner(transact, "a" * 64) == agent.id
        assert await self._owner(transact, "b" * 64) == agent.id

    async def test_an_unknown_or_expired_token_names_nobody(self, transact: Transact) -> None:
        agent = await stored_agent(transact)
        await self._add(transact, agent, "a" * 64, lives=timedelta(0))
        await self._add(transact, agent, "b" * 64, lives=-SECOND)

        assert await self._owner(transact, "a" * 64) is None
        assert await self._owner(transact, "b" * 64) is None
        assert await self._owner(transact, "c" * 64) is None

    async def test_a_disabled_agents_token_names_nobody(self, transact: Transact) -> None:
        agent = await stored_agent(transact, an_agent(disabled=True))
        await self._add(transact, agent, "a" * 64)

        assert await self._owner(transact, "a" * 64) is None

    async def test_a_removed_token_names_nobody(self, transact: Transact) -> None:
        agent = await stored_agent(transact)
        await self._add(transact, agent, "a" * 64)
        await self._add(transact, agent, "b" * 64)

        await transact(lambda uow: uow.tokens.remove("a" * 64))
        await transact(lambda uow: uow.tokens.remove("unknown"))

        assert await self._owner(transact, "a" * 64) is None
        assert await self._owner(transact, "b" * 64) == agent.id

    async def test_revoking_an_agents_tokens_leaves_the_others(self, transact: Transact) -> None:
        agent, other = await stored_agent(transact), await stored_agent(transact)
        await self._add(transact, agent, "a" * 64)
        await self._add(transact, agent, "b" * 64, lives=SECOND)
        await self._add(transact, other, "c" * 64)

        await transact(lambda uow: uow.tokens.remove_of(agent.id))

        assert await self._owner(transact, "a" * 64) is None
        assert await self._owner(transact, "b" * 64) is None
        assert await self._owner(transact, "c" * 64) == other.id

    async def test_an_agents_live_tokens_come_back_whole_newest_first(
        self, transact: Transact
    ) -> None:
        agent, other = await stored_agent(transact), await stored_agent(transact)
        program = Session(
            token_hash="a" * 64, agent_id=agent.id, kind="api", created_at=NOW, expires_at=None
        )
        browser = Session(
            token_hash="b" * 64,
            agent_id=agent.id,
            kind="session",
            created_at=NOW + SECOND,
            expires_at=NOW + 2 * SECOND,
            address="2001:db8:ffff:ffff:ffff:ffff:255.255.255.255",
            device="ز" * 200,
        )
        expired = replace(browser, token_hash="c" * 64, expires_at=NOW)
        others = replace(program, token_hash="d" * 64, agent_id=other.id)
        for one in (program, browser, expired, others):
            await transact(lambda uow, one=one: uow.tokens.add(one))  # type: ignore[misc]

        found = await transact(lambda uow: uow.tokens.of_agent(agent.id, now=NOW))
        await transact(lambda uow: uow.tokens.remove_of(agent.id, but="b" * 64))
        left = await transact(lambda uow: uow.tokens.of_agent(agent.id, now=NOW))

        assert found == [browser, program]
        assert left == [browser]
        assert await self._owner(transact, "d" * 64) == other.id


class SignInAttemptsContract:
    async def test_attempts_are_kept_by_account_and_address(self, transact: Transact) -> None:
        tried = [
            Attempts(account=account * 64, address=address, tried=tried_, last_at=NOW)
            for account, address, tried_ in (("a", "::1", 1), ("a", "", 2), ("b", "::1", 3))
        ]
        for one in tried:
            await transact(lambda uow, one=one: uow.attempts.save(one))  # type: ignore[misc]
        tried[0].tried, tried[0].last_at = 4, NOW + SECOND
        await transact(lambda uow: uow.attempts.save(tried[0]))

        found = await transact(lambda uow: uow.attempts.lock("a" * 64))
        await transact(lambda uow: uow.attempts.forget("a" * 64, "::1"))
        left = await transact(lambda uow: uow.attempts.lock("a" * 64))
        gone = await transact(lambda uow: uow.attempts.forget_before(NOW + SECOND))

        assert [asdict(one) for one in found] == [asdict(one) for one in tried[:2]]
        assert [asdict(one) for one in left] == [asdict(tried[1])]
        assert gone == 2
        assert await transact(lambda uow: uow.attempts.lock("b" * 64)) == []

    async def test_attempts_at_the_same_time_are_all_counted(self, transact: Transact) -> None:
        async def attempt(uow: UnitOfWork) -> None:
            known = await uow.attempts.lock("a" * 64)
            mine = known[0] if known else Attempts(account="a" * 64, address="::1", last_at=NOW)
            mine.count_one(NOW)
            await uow.attempts.save(mine)

        await asyncio.gather(*(transact(attempt) for _ in range(5)))

        [one] = await transact(lambda uow: uow.attempts.lock("a" * 64))
        assert one.tried == 5
