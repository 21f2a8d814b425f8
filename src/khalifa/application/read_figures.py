"""Use cases: the figures of some days, and the live board."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from khalifa.application.business_rules import BusinessRules
from khalifa.application.manage_agents import ListAgents
from khalifa.application.ports.figures import FiguresReader
from khalifa.application.ports.workload import WorkloadReader
from khalifa.application.views import AgentNameView, AgentView, ColleagueView
from khalifa.domain.agents import Agent, AgentId
from khalifa.domain.branches import BranchId
from khalifa.domain.figures import Fact, Figures, days_between


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresView:
    """Times in seconds; None where nothing was answered, of ``answered`` tickets."""

    tickets: int
    closed: int
    delays: int
    messages: int
    answered: int
    first_response: float | None
    first_response_p90: float | None

    @classmethod
    def of(cls, facts: Iterable[Fact]) -> "FiguresView":
        figures = Figures.of(facts)
        return cls(
            tickets=figures.tickets,
            closed=figures.closed,
            delays=figures.delays,
            messages=figures.messages,
            answered=len(figures.responses),
            first_response=_seconds(figures.average_response),
            first_response_p90=_seconds(figures.nine_in_ten),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFiguresView:
    day: date
    figures: FiguresView


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFiguresView:
    """``agent`` is None of what nobody holds."""

    agent: AgentNameView | None
    branch_id: int | None
    figures: FiguresView


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentDayView:
    """One agent's figures of one day: a line of the table that is exported."""

    day: date
    agent: str | None
    branch_id: int | None
    figures: FiguresView


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """``lines`` are the finest figures there are, of each agent on each day."""

    first: date
    last: date
    time_zone: str
    total: FiguresView
    days: list[DayFiguresView]
    agents: list[AgentFiguresView]
    lines: list[AgentDayView]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardView:
    """How things stand now; ``waiting_since`` is when the longest wait began."""

    open: int
    unassigned: int
    waiting: int
    delayed: int
    waiting_since: datetime | None
    agents: list[ColleagueView]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFigures:
    """Count what was done, from what is on file now. Agents are shown their own."""

    figures: FiguresReader
    list_agents: ListAgents
    rules: BusinessRules

    async def __call__(
        self, agent: Agent, *, first: date, last: date, branch: BranchId | None = None
    ) -> ReportView:
        """
        Return the figures from *first* to *last*, days of the business; only *branch*'s, if given.

        Raises:
            InvalidFigures: there is no day among them, or there are too many.
        """
        time_zone = (await self.rules()).hours.time_zone
        days = days_between(first, last, time_zone)
        team = {AgentId(one.id): one for one in await self.list_agents()}
        facts = [
            fact
            for fact in await self.figures.read(days)
            if _is_meant(fact.agent_id, agent, team, branch)
        ]
        by_day, by_agent = defaultdict(list), defaultdict(list)
        by_both: dict[tuple[int, AgentId | None], list[Fact]] = defaultdict(list)
        for fact in facts:
            by_day[fact.day].append(fact)
            by_agent[fact.agent_id].append(fact)
            by_both[fact.day, fact.agent_id].append(fact)
        # Nobody last.
        whose = sorted(by_agent, key=lambda id_: (id_ is None, _name(team, id_) or ""))
        return ReportView(
            first=first,
            last=last,
            time_zone=time_zone,
            total=FiguresView.of(facts),
            days=[
                DayFiguresView(day=day.date, figures=FiguresView.of(by_day[n]))
                for n, day in enumerate(days)
            ],
            agents=[
                AgentFiguresView(
                    agent=_agent(team, id_),
                    branch_id=_branch(team, id_),
                    figures=FiguresView.of(by_agent[id_]),
                )
                for id_ in whose
            ],
            lines=[
                AgentDayView(
                    day=day.date,
                    agent=_name(team, id_),
                    branch_id=_branch(team, id_),
                    figures=FiguresView.of(by_both[n, id_]),
                )
                for n, day in enumerate(days)
                for id_ in whose
                if (n, id_) in by_both
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBoard:
    """Say how things stand: who waits, who is late, who is here, and how much each holds."""

    workload: WorkloadReader
    list_agents: ListAgents

    async def __call__(self) -> BoardView:
        work = await self.workload.read()
        return BoardView(
            open=work.open,
            unassigned=work.unassigned,
            waiting=work.waiting,
            delayed=work.delayed,
            waiting_since=work.waiting_since,
            agents=await self.list_agents.colleagues(),
        )


Team = dict[AgentId, AgentView]


def _is_meant(agent_id: AgentId | None, asks: Agent, team: Team, branch: BranchId | None) -> bool:
    if not asks.is_admin and agent_id != asks.id:
        return False
    return branch is None or _branch(team, agent_id) == branch


def _name(team: Team, agent_id: AgentId | None) -> str | None:
    return team[agent_id].name if agent_id in team else None


def _branch(team: Team, agent_id: AgentId | None) -> int | None:
    return team[agent_id].branch_id if agent_id in team else None


def _agent(team: Team, agent_id: AgentId | None) -> AgentNameView | None:
    name = _name(team, agent_id)
    return None if agent_id is None or name is None else AgentNameView(id=agent_id, name=name)


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else round(length.total_seconds(), 1)
