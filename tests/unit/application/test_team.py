"""The team: who may be changed how, and what is written of it."""

import pytest

from khalifa.application.edit_customer import CustomerEdit
from khalifa.application.manage_agents import AgentEdit
from khalifa.domain.agents import Agent, AgentId, Presence, Role
from khalifa.domain.audit import Act, AuditEntry
from khalifa.domain.branches import BranchId
from khalifa.domain.errors import InvalidAgent, InvalidBranch, NameTaken, NotAllowed, NotFound
from tests.unit.application.world import PIGEON, WIRE, World


def record(world: World) -> list[AuditEntry]:
    return world.store.tables.audit


async def boss_of(world: World) -> Agent:
    return await world.agent("Boss", role=Role.ADMIN, presence=Presence.OFFLINE)


async def test_what_is_changed_of_an_agent_is_on_record_with_old_and_new(world: World) -> None:
    boss, sara = await boss_of(world), await world.agent("Sara")
    branch = await world.container.manage_branches().add(boss, " فرع المشاية ")
    change = world.container.change_agent()

    view = await change(
        sara.id, AgentEdit(name="Sara A.", capacity=20, branch_id=branch.id), by=boss
    )
    same = await change(sara.id, AgentEdit(capacity=20), by=boss)

    assert (view.name, view.capacity, view.branch_id) == ("Sara A.", 20, branch.id)
    assert same.version == view.version == sara.version + 1
    added, changed = record(world)
    assert (added.act, added.by, added.details) == (
        Act.BRANCH_ADDED,
        boss.id,
        {"name": "فرع المشاية"},
    )
    assert (changed.act, changed.by, changed.subject) == (
        Act.AGENT_CHANGED,
        boss.id,
        f"agent {sara.id}",
    )
    assert changed.details == {
        "name": ["Sara", "Sara A."],
        "capacity": [15, 20],
        "branch_id": [None, branch.id],
    }
    assert world.told[-1].kind == "agent.changed"


async def test_what_cannot_be_changes_nothing_and_is_not_on_record(world: World) -> None:
    boss, sara = await boss_of(world), await world.agent("Sara")
    change = world.container.change_agent()

    for edit, error in (
        (AgentEdit(name=" Sara"), InvalidAgent),
        (AgentEdit(capacity=0), InvalidAgent),
        (AgentEdit(name="BOSS"), NameTaken),
        (AgentEdit(branch_id=BranchId(999)), NotFound),
    ):
        with pytest.raises(error):
            await change(sara.id, edit, by=boss)
    with pytest.raises(NotFound):
        await change(AgentId(999), AgentEdit(capacity=1), by=boss)

    assert world.store.tables.agents[sara.id].version == sara.version
    assert record(world) == []


async def test_one_administrator_is_always_left(world: World) -> None:
    boss = await boss_of(world)
    other = await world.agent("Other", role=Role.ADMIN)
    change = world.container.change_agent()

    await change(other.id, AgentEdit(disabled=True), by=boss)
    for edit in (AgentEdit(disabled=True), AgentEdit(role=Role.AGENT)):
        with pytest.raises(InvalidAgent, match="last administrator"):
            await change(boss.id, edit, by=boss)
    await change(other.id, AgentEdit(disabled=False), by=boss)
    await change(boss.id, AgentEdit(role=Role.AGENT), by=boss)

    assert world.store.tables.agents[boss.id].role is Role.AGENT


async def test_who_is_disabled_is_gone_and_signed_out(world: World) -> None:
    boss, sara = await boss_of(world), await world.agent("Sara")
    token = await world.container.issue_token()(sara.id, by=boss)

    view = await world.container.change_agent()(sara.id, AgentEdit(disabled=True), by=boss)

    assert (view.disabled, view.presence) == (True, "offline")
    assert await world.container.who_is()(token) is None
    assert world.store.tables.tokens == {}


async def test_passwords_and_tokens_are_on_record_and_not_in_it(world: World) -> None:
    boss, sara = await boss_of(world), await world.agent("Sara")

    await world.container.reset_password()("sara", "correct horse battery", by=boss)
    token = await world.container.issue_token()(sara.id)

    assert [(one.act, one.by) for one in record(world)] == [
        (Act.PASSWORD_RESET, boss.id),
        (Act.TOKEN_ISSUED, None),
    ]
    assert "horse" not in repr(record(world))
    assert token not in repr(record(world))


async def test_every_other_act_of_an_administrator_is_on_record(world: World) -> None:
    boss, sara = await boss_of(world), await world.agent("Sara")
    ticket = await world.conversation(sara)
    other = await world.conversation_of(sara, "201000000002")
    omar = await world.agent("Omar")
    edit = world.container.edit_customer()

    await world.assign_ticket(boss, ticket.id, omar.id)
    await world.assign_ticket(boss, ticket.id, omar.id)
    await edit(boss, ticket.customer_id, CustomerEdit(blocked=True))
    await edit(boss, ticket.customer_id, CustomerEdit(blocked=True, notes="rude"))
    await edit(boss, ticket.customer_id, CustomerEdit(blocked=False))
    merge = await world.container.merge_customers()(boss, ticket.customer_id, other.customer_id)
    await world.container.unmerge_customers()(None, merge.id)
    await world.container.release_provider()(boss, WIRE)
    await world.container.switch_provider()(PIGEON, expected=WIRE, source="test", by="root")

    assert [(one.act, one.by) for one in record(world)] == [
        (Act.TICKET_ASSIGNED, boss.id),
        (Act.CUSTOMER_BLOCKED, boss.id),
        (Act.CUSTOMER_UNBLOCKED, boss.id),
        (Act.CUSTOMERS_MERGED, boss.id),
        (Act.CUSTOMERS_UNMERGED, None),
        (Act.PROVIDER_RELEASED, boss.id),
        (Act.PROVIDER_SWITCHED, None),
        (Act.PROVIDER_SWITCHED, None),
    ]
    assert record(world)[0].details == {"agent_id": [sara.id, omar.id]}
    assert "rude" not in repr(record(world))


async def test_a_customer_belongs_to_a_branch(world: World) -> None:
    boss, sara = await boss_of(world), await world.agent("Sara")
    ticket = await world.conversation(sara)
    branch = await world.container.manage_branches().add(boss, "Giza")
    edit = world.container.edit_customer()

    view = await edit(sara, ticket.customer_id, CustomerEdit(branch_id=branch.id))
    with pytest.raises(NotFound):
        await edit(sara, ticket.customer_id, CustomerEdit(branch_id=BranchId(999)))
    none = await edit(sara, ticket.customer_id, CustomerEdit(branch_id=None))

    assert (view.branch_id, none.branch_id) == (branch.id, None)


async def test_only_administrators_make_branches_and_release_providers(world: World) -> None:
    sara, boss = await world.agent("Sara"), await boss_of(world)
    branches = world.container.manage_branches()
    giza = await branches.add(boss, "Giza")

    with pytest.raises(NotAllowed):
        await branches.add(sara, "Tanta")
    with pytest.raises(NotAllowed):
        await branches.rename(sara, giza.id, "Tanta")
    with pytest.raises(NotAllowed):
        await world.container.release_provider()(sara, WIRE)
    for name in ("", " ", "x" * 101):
        with pytest.raises(InvalidBranch):
            await branches.add(boss, name)

    assert [branch.name for branch in await branches.all()] == ["Giza"]
