"""Use cases: the figures of some days, and the live board."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from khalifa.application.business_rules import BusinessRules
from khalifa.application.manage_agents import ListAgents
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.figures import FiguresReader
from khalifa.application.ports.workload import WorkloadReader
from khalifa.application.views import AgentNameView, AgentView, ColleagueView
from khalifa.domain.agents import Agent, AgentId
from khalifa.domain.branches import BranchId
from khalifa.domain.figures import Day, Fact, Figures, Traffic, days_between

# The last hour and forty minutes: what fits on the board.
_MINUTES = 5
_STEP, _STEPS = timedelta(minutes=_MINUTES), 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresView:
    """
    Times in seconds; None where nothing was answered, of ``answered`` tickets.

    ``satisfaction`` is the mean of ``rated`` ratings, 1 to 5; None of none.
    """

    tickets: int
    closed: int
    delayed: int
    delays: int
    messages: int
    answered: int
    first_response: float | None
    first_response_p90: float | None
    rated: int
    satisfaction: float | None

    @classmethod
    def of(cls, figures: Figures) -> "FiguresView":
        return cls(
            tickets=figures.tickets,
            closed=figures.closed,
            delayed=figures.delayed,
            delays=figures.delays,
            messages=figures.messages,
            answered=len(figures.responses),
            first_response=_seconds(figures.average_response),
            first_response_p90=_seconds(figures.nine_in_ten),
            rated=figures.rated,
            satisfaction=figures.satisfaction and round(figures.satisfaction, 2),
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
    """``target``: within so many seconds a customer is meant to be answered."""

    first: date
    last: date
    time_zone: str
    target: float
    total: FiguresView
    days: list[DayFiguresView]
    agents: list[AgentFiguresView]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardView:
    """
    How things stand now; ``waiting_since`` is when the longest wait began.

    ``traffic`` is what was said lately, in steps of five minutes, the last one still going on.
    """

    open: int
    unassigned: int
    waiting: int
    delayed: int
    waiting_since: datetime | None
    agents: list[ColleagueView]
    traffic: list[Traffic]


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
        rules = await self.rules()
        days = days_between(first, last, rules.hours.time_zone)
        team, facts = await self._read(agent, days, branch)
        by_day, by_agent = defaultdict(list), defaultdict(list)
        for fact in facts:
            by_day[fact.day].append(fact)
            by_agent[fact.agent_id].append(fact)
        daily = [Figures.of(by_day[n]) for n in range(len(days))]
        return ReportView(
            first=first,
            last=last,
            time_zone=rules.hours.time_zone,
            target=rules.delay.total_seconds(),
            total=FiguresView.of(Figures.total(daily)),
            days=[
                DayFiguresView(day=day.date, figures=FiguresView.of(figures))
                for day, figures in zip(days, daily, strict=True)
            ],
            agents=[
                AgentFiguresView(
                    agent=_agent(team, id_),
                    branch_id=_branch(team, id_),
                    figures=FiguresView.of(Figures.of(by_agent[id_])),
                )
                for id_ in sorted(by_agent, key=lambda id_: _place(team, id_))
            ],
        )

    async def lines(
        self, agent: Agent, *, first: date, last: date, branch: BranchId | None = None
    ) -> list[AgentDayView]:
        """Return the finest figures there are, of each agent on each day; raises as a call does."""
        days = days_between(first, last, (await self.rules()).hours.time_zone)
        team, facts = await self._read(agent, days, branch)
        found: dict[tuple[int, AgentId | None], list[Fact]] = defaultdict(list)
        for fact in facts:
            found[fact.day, fact.agent_id].append(fact)
        return [
            AgentDayView(
                day=days[n].date,
                agent=_name(team, id_),
                branch_id=_branch(team, id_),
                figures=FiguresView.of(Figures.of(found[n, id_])),
            )
            for n, id_ in sorted(found, key=lambda one: (one[0], _place(team, one[1])))
        ]

    async def _read(
        self, agent: Agent, days: Sequence[Day], branch: BranchId | None
    ) -> "tuple[Team, list[Fact]]":
        team = {AgentId(one.id): one for one in await self.list_agents()}
        facts = await self.figures.read(days)
        # Asked for each agent, of whom there are fewer than facts.
        meant = {
            id_ for id_ in {fact.agent_id for fact in facts} if _is_meant(id_, agent, team, branch)
        }
        return team, [fact for fact in facts if fact.agent_id in meant]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBoard:
    """Say how things stand: who waits, who is late, who is here, and how much each holds."""

    workload: WorkloadReader
    figures: FiguresReader
    list_agents: ListAgents
    clock: Clock

    async def __call__(self) -> BoardView:
        work = await self.workload.read()
        now = self.clock.now()
        step = now.replace(minute=now.minute - now.minute % _MINUTES, second=0, microsecond=0)
        since = step - (_STEPS - 1) * _STEP
        return BoardView(
            open=work.open,
            unassigned=work.unassigned,
            waiting=work.waiting,
            delayed=work.delayed,
            waiting_since=work.waiting_since,
            agents=await self.list_agents.colleagues(),
            traffic=await self.figures.traffic(since, step=_STEP, steps=_STEPS),
        )


Team = dict[AgentId, AgentView]


def _is_meant(agent_id: AgentId | None, asks: Agent, team: Team, branch: BranchId | None) -> bool:
    if not asks.is_admin and agent_id != asks.id:
        return False
    return branch is None or _branch(team, agent_id) == branch


def _name(team: Team, agent_id: AgentId | None) -> str | None:
    return team[agent_id].name if agent_id in team else None


def _place(team: Team, agent_id: AgentId | None) -> tuple[bool, str]:
    """Return by what agents are put in order: nobody last."""
    return (agent_id is None, _name(team, agent_id) or "")


def _branch(team: Team, agent_id: AgentId | None) -> int | None:
    return team[agent_id].branch_id if agent_id in team else None


def _agent(team: Team, agent_id: AgentId | None) -> AgentNameView | None:
    name = _name(team, agent_id)
    return None if agent_id is None or name is None else AgentNameView(id=agent_id, name=name)


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else round(length.total_seconds(), 1)
