"""What the API shows of a ticket's record: who did what with it, and what was noted on it."""

from dataclasses import dataclass
from datetime import datetime

from khalifa.application.views import AgentNameView
from khalifa.domain.agents import Agent
from khalifa.domain.notes import TicketNote


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketLineView:
    """``by`` is None when khalifa did it by its own rules, or the customer by writing."""

    id: int
    kind: str
    at: datetime
    by: AgentNameView | None
    from_agent: AgentNameView | None
    to_agent: AgentNameView | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteView:
    id: int
    ticket_id: int
    agent: AgentNameView
    text: str
    at: datetime
    version: int = 1

    @classmethod
    def of(cls, note: TicketNote, agent: Agent) -> "NoteView":
        return cls(
            id=note.id,
            ticket_id=note.ticket_id,
            agent=AgentNameView(id=agent.id, name=agent.name),
            text=note.text,
            at=note.at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryView:
    """The newest lines and notes of a ticket, each oldest first."""

    lines: list[TicketLineView]
    notes: list[NoteView]
