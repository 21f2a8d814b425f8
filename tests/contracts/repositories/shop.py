"""The promises of the branches and of the audit record on file."""

from dataclasses import asdict, replace
from datetime import timedelta

import pytest

from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.domain.agents import Agent
from khalifa.domain.audit import Act, AuditEntry
from khalifa.domain.branches import Branch, BranchId
from khalifa.domain.errors import NameTaken, NotFound, ShortcutTaken
from khalifa.domain.ready_replies import ReadyReply, ReadyReplyId
from tests.builders import NOW
from tests.contracts.repositories.stored import stored_agent

NONE = BranchId(987_654_321)


async def stored_branch(transact: Transact, name: str) -> Branch:
    branch = Branch(name=name)
    await transact(lambda uow: uow.branches.add(branch))
    return branch


class BranchesContract:
    async def test_branches_come_back_by_name(self, transact: Transact) -> None:
        stored = [await stored_branch(transact, name) for name in ("Tanta", "فرع المشاية", "Giza")]

        found = await transact(lambda uow: uow.branches.all())
        one = await transact(lambda uow: uow.branches.get(stored[1].id))

        assert [branch.name for branch in found] == ["Giza", "Tanta", "فرع المشاية"]
        assert asdict(one) == asdict(stored[1])
        with pytest.raises(NotFound):
            await transact(lambda uow: uow.branches.get(NONE))

    async def test_a_branchs_name_is_given_once_letters_case_aside(
        self, transact: Transact
    ) -> None:
        giza, tanta = await stored_branch(transact, "Giza"), await stored_branch(transact, "Tanta")

        with pytest.raises(NameTaken, match="branch"):
            await stored_branch(transact, "GIZA")
        with pytest.raises(NameTaken):
            await transact(lambda uow: uow.branches.save(Branch(id=tanta.id, name="giza")))
        await transact(lambda uow: uow.branches.save(Branch(id=giza.id, name="GIZA")))

        names = [branch.name for branch in await transact(lambda uow: uow.branches.all())]
        assert names == ["GIZA", "Tanta"]


class ReadyRepliesContract:
    async def _stored(
        self, transact: Transact, shortcut: str, agent: Agent | None = None, **values: str
    ) -> ReadyReply:
        reply = ReadyReply(
            agent_id=agent.id if agent else None,
            shortcut=shortcut,
            title=values.get("title", "ترحيب"),
            text=values.get("text", "أهلاً {name} 💊"),
            changed_at=NOW,
        )
        await transact(lambda uow: uow.ready_replies.add(reply))
        return reply

    async def test_shared_ones_and_ones_own_come_back_whole_by_shortcut(
        self, transact: Transact
    ) -> None:
        sara, omar = await stored_agent(transact), await stored_agent(transact)
        later = await self._stored(transact, "موعد", text="x" * 4096)
        own = await self._stored(transact, "hello", sara)
        shared = await self._stored(transact, "bye", title="x" * 100)
        await self._stored(transact, "hello", omar)

        found = await transact(lambda uow: uow.ready_replies.usable_by(sara.id))
        one = await transact(lambda uow: uow.ready_replies.find(own.id))
        none = await transact(lambda uow: uow.ready_replies.find(ReadyReplyId(987_654)))

        assert [asdict(reply) for reply in found] == [asdict(r) for r in (shared, own, later)]
        assert one is not None
        assert asdict(one) == asdict(own)
        assert none is None

    async def test_an_owner_has_a_shortcut_once(self, transact: Transact) -> None:
        sara = await stored_agent(transact)
        await self._stored(transact, "hello", sara)
        await self._stored(transact, "hello")
        bye = await self._stored(transact, "bye")

        for owner in (sara, None):
            with pytest.raises(ShortcutTaken):
                await self._stored(transact, "hello", owner)
        bye.shortcut = "hello"
        with pytest.raises(ShortcutTaken):
            await transact(lambda uow: uow.ready_replies.save(bye))

    async def test_a_changed_one_is_saved_and_a_removed_one_is_gone(
        self, transact: Transact
    ) -> None:
        reply = await self._stored(transact, "hello")
        reply.shortcut, reply.text, reply.title = "hi", "مرحبا", "أهلا"

        await transact(lambda uow: uow.ready_replies.save(reply))
        found = await transact(lambda uow: uow.ready_replies.find(reply.id))
        await transact(lambda uow: uow.ready_replies.remove(reply.id))

        assert found is not None
        assert asdict(found) == asdict(reply)
        assert await transact(lambda uow: uow.ready_replies.find(reply.id)) is None


class AuditContract:
    async def test_acts_are_listed_newest_first_and_a_page_goes_on_where_one_ended(
        self, transact: Transact
    ) -> None:
        agent = await stored_agent(transact)
        acts = [
            AuditEntry(
                at=NOW + timedelta(seconds=number),
                by=agent.id if number else None,
                act=act,
                subject=f"agent {number}",
                details={"name": ["منى", None], "capacity": [15, number]} if number else {},
            )
            for number, act in enumerate(Act)
        ]

        async def add(uow: UnitOfWork) -> None:
            for act in acts:
                await uow.audit.add(act)

        await transact(add)

        newest = await transact(lambda uow: uow.audit.page(before=None, limit=2))
        rest = await transact(lambda uow: uow.audit.page(before=newest[-1].id, limit=100))
        found = [*newest, *rest]
        assert len({one.id for one in found}) == len(acts)
        assert [replace(one, id=acts[0].id) for one in found] == acts[::-1]

    async def test_an_act_undone_with_its_transaction_is_not_on_record(
        self, transact: Transact
    ) -> None:
        async def fail(uow: UnitOfWork) -> None:
            await uow.audit.add(AuditEntry(at=NOW, by=None, act=Act.AGENT_ADDED, subject="agent 1"))
            raise NotFound

        with pytest.raises(NotFound):
            await transact(fail)

        assert await transact(lambda uow: uow.audit.page(before=None, limit=9)) == []
