"""Use cases: who is here."""

from collections.abc import Collection
from dataclasses import dataclass

from khalifa.application.assign_tickets import AssignWaitingTickets
from khalifa.application.business_rules import BusinessRules
from khalifa.application.events import EventWriter
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.views import AgentView
from khalifa.domain.agents import Agent, AgentId, Presence


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPresence:
    """
    Come online, go on a break, go offline.

    Who comes online gets waiting tickets at once. On a break an agent keeps
    the old tickets and gets no new ones.
    """

    transact: Transact
    assign_waiting_tickets: AssignWaitingTickets
    events: EventWriter
    clock: Clock

    async def __call__(self, agent: Agent, presence: Presence) -> AgentView:
        async def work(uow: UnitOfWork) -> AgentView:
            locked = await uow.agents.lock(agent.id)
            changed = locked.be(presence, now=self.clock.now())
            await uow.agents.save([locked])
            if changed:
                await uow.events.add([self.events.agent(locked)])
            return AgentView.of(locked)

        view = await self.transact(work)
        if presence is Presence.ONLINE:
            await self.assign_waiting_tickets()
        return view


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSeen:
    """Note that agents are there: their screens are connected, or they asked something."""

    transact: Transact
    clock: Clock

    async def __call__(self, ids: Collection[AgentId]) -> None:
        async def work(uow: UnitOfWork) -> None:
            await uow.agents.seen(ids, self.clock.now())

        if ids:
            await self.transact(work)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSilentAgentsOffline:
    """Take agents of whom nothing was seen for the grace time for gone: they get no new tickets."""

    transact: Transact
    rules: BusinessRules
    events: EventWriter
    clock: Clock

    async def __call__(self) -> int:
        """Return how many went offline."""
        before = self.clock.now() - (await self.rules()).grace
        silent = await self.transact.read(lambda uow: uow.agents.silent_since(before))
        if not silent:
            return 0

        async def work(uow: UnitOfWork) -> int:
            gone: list[Agent] = []
            for agent_id in silent:
                agent = await uow.agents.lock(agent_id)
                seen = agent.last_seen_at
                if agent.presence is Presence.OFFLINE or (seen is not None and seen >= before):
                    continue
                agent.presence = Presence.OFFLINE
                agent.version += 1
                gone.append(agent)
            await uow.agents.save(gone)
            await uow.events.add([self.events.agent(agent) for agent in gone])
            return len(gone)

        return await self.transact(work)
