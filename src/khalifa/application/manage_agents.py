"""Use cases: add, list and change agents; their passwords and tokens."""

from collections.abc import Callable
from dataclasses import dataclass

from khalifa.application.edit_customer import UNCHANGED, Unchanged
from khalifa.application.events import EventWriter
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.passwords import PasswordHasher
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.views import AgentView, ColleagueView, TeamMemberView
from khalifa.domain.agents import DEFAULT_CAPACITY, Agent, AgentId, Role, require_password
from khalifa.domain.audit import Act, AuditEntry
from khalifa.domain.branches import BranchId
from khalifa.domain.errors import InvalidAgent, NotFound
from khalifa.domain.sessions import Session, secret_hash
from khalifa.domain.words import Words

_NOBODY_LEADS = Words(
    "This is the last administrator. Make somebody else one first.",
    "هذا آخر مشرف. اجعل زميلًا آخر مشرفًا أولًا.",
)


async def agent_id_of(uow: UnitOfWork, who: AgentId | str) -> AgentId:
    """Return the id of an agent who is known by it, or by name."""
    if not isinstance(who, str):
        return who
    agent = await uow.agents.find_named(who)
    if agent is None:
        reason = "There is no agent of this name. `khalifa agents list` shows them."
        raise NotFound(reason)
    return agent.id


def agent_entry(
    act: Act, agent_id: AgentId, *, by: Agent | None, clock: Clock, **details: object
) -> AuditEntry:
    """Return what is written of *act*, done to an agent; ``by`` None is the operator."""
    return AuditEntry(
        at=clock.now(),
        by=by.id if by else None,
        act=act,
        subject=f"agent {agent_id}",
        details=details,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AddAgent:
    """
    Add someone who answers customers. Without a password, only tokens sign in.

    ``by``, here and below: which administrator does it, None for the operator.
    """

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
        branch_id: BranchId | None = None,
        password: str | None = None,
        by: Agent | None = None,
    ) -> AgentView:
        """
        Raises:
            InvalidAgent: the name, capacity or password cannot be used.
            NameTaken: another agent is called so.
            NotFound: there is no such branch.
        """
        password_hash = None
        if password is not None:
            require_password(password)
            password_hash = await self.passwords.hash(password)

        async def work(uow: UnitOfWork) -> AgentView:
            if branch_id is not None:
                await uow.branches.get(branch_id)
            agent = Agent(
                name=name,
                role=role,
                capacity=capacity,
                branch_id=branch_id,
                created_at=self.clock.now(),
            )
            await uow.agents.add(agent, password_hash=password_hash)
            added = agent_entry(
                Act.AGENT_ADDED, agent.id, by=by, clock=self.clock, name=name, role=role
            )
            await uow.audit.add(added)
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

        return await self.transact.read(work)

    async def team(self) -> list[TeamMemberView]:
        """Return every agent as administrators see them, by name."""

        async def work(uow: UnitOfWork) -> list[TeamMemberView]:
            signed_in = await uow.agents.last_sign_ins()
            two_step = await uow.two_step.all_on()
            return [
                TeamMemberView(
                    agent=AgentView.of(agent),
                    last_signed_in_at=signed_in.get(agent.id),
                    two_step=agent.id in two_step,
                )
                for agent in await uow.agents.all()
            ]

        return await self.transact.read(work)

    async def colleagues(self) -> list[ColleagueView]:
        """Return whom a ticket can be handed to, by name, and how much each has to do."""

        async def work(uow: UnitOfWork) -> list[ColleagueView]:
            loads = await uow.tickets.loads()
            return [
                ColleagueView.of(agent, open_tickets=loads.get(agent.id, 0))
                for agent in await uow.agents.all()
                if not agent.disabled
            ]

        return await self.transact.read(work)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentEdit:
    """What is to be changed of an agent."""

    name: str | Unchanged = UNCHANGED
    role: Role | Unchanged = UNCHANGED
    capacity: int | Unchanged = UNCHANGED
    branch_id: BranchId | Unchanged | None = UNCHANGED
    disabled: bool | Unchanged = UNCHANGED

    def applied_to(self, agent: Agent) -> dict[str, list[object]]:
        """Change *agent*; return what has changed: the old value and the new. May raise."""
        before = {name: getattr(agent, name) for name in self.__slots__}
        for name in self.__slots__:
            value = getattr(self, name)
            if value is not UNCHANGED and name != "disabled":
                setattr(agent, name, value)
        if self.disabled is not UNCHANGED:
            agent.enable(enabled=not self.disabled)
        agent.__post_init__()
        after = {name: getattr(agent, name) for name in self.__slots__}
        return {name: [before[name], after[name]] for name in after if before[name] != after[name]}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAgent:
    """
    Give an agent another name, role, capacity or branch; keep one out, or let in again.

    Who is disabled has no session, no token and no new tickets from now on;
    the history stays. One administrator is always left.
    """

    transact: Transact
    events: EventWriter
    clock: Clock

    async def __call__(
        self, who: AgentId | str, edit: AgentEdit, *, by: Agent | None = None
    ) -> AgentView:
        """
        Raises:
            NotFound: there is no such agent or branch.
            InvalidAgent: a value cannot be used, or no administrator would be left.
            NameTaken: another agent is called so.
        """

        async def work(uow: UnitOfWork) -> AgentView:
            leading = await uow.agents.lock_leading()
            agent = await uow.agents.lock(await agent_id_of(uow, who))
            changes = edit.applied_to(agent)
            if not changes:
                return AgentView.of(agent)
            if {one.id for one in leading} == {agent.id} and not agent.leads:
                raise InvalidAgent(_NOBODY_LEADS)
            if agent.branch_id is not None:
                await uow.branches.get(agent.branch_id)
            agent.version += 1
            await uow.agents.save([agent])
            if agent.disabled:
                await uow.tokens.remove_of(agent.id)
            changed = agent_entry(Act.AGENT_CHANGED, agent.id, by=by, clock=self.clock, **changes)
            await uow.audit.add(changed)
            await uow.events.add([self.events.agent(agent)])
            return AgentView.of(agent)

        return await self.transact(work)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueToken:
    """Make a new token for a program to sign in with as this agent. It is told only once."""

    transact: Transact
    clock: Clock
    random_token: Callable[[], str]

    async def __call__(self, who: AgentId | str, *, by: Agent | None = None) -> str:
        """
        Raises:
            NotFound: there is no such agent.
        """
        token = self.random_token()

        async def work(uow: UnitOfWork) -> None:
            agent = await uow.agents.get(await agent_id_of(uow, who))
            session = Session(
                token_hash=secret_hash(token),
                agent_id=agent.id,
                kind="api",
                created_at=self.clock.now(),
                expires_at=None,
            )
            await uow.tokens.add(session)
            await uow.audit.add(agent_entry(Act.TOKEN_ISSUED, agent.id, by=by, clock=self.clock))

        await self.transact(work)
        return token


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetPassword:
    """Give an agent another password; who is signed in as the agent is signed out."""

    transact: Transact
    passwords: PasswordHasher
    clock: Clock

    async def __call__(self, who: AgentId | str, password: str, *, by: Agent | None = None) -> None:
        """
        Raises:
            NotFound: there is no such agent.
            InvalidAgent: the password cannot be used.
        """
        require_password(password)
        password_hash = await self.passwords.hash(password)

        async def work(uow: UnitOfWork) -> None:
            agent = await uow.agents.get(await agent_id_of(uow, who))
            await uow.agents.set_password_hash(agent.id, password_hash)
            await uow.tokens.remove_of(agent.id)
            await uow.audit.add(agent_entry(Act.PASSWORD_RESET, agent.id, by=by, clock=self.clock))

        await self.transact(work)
