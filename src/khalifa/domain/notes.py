"""Notes on tickets: what agents tell each other and no customer sees."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from khalifa.domain.agents import AgentId
from khalifa.domain.errors import InvalidTicket
from khalifa.domain.tickets import TicketId
from khalifa.domain.words import Words

NoteId = NewType("NoteId", int)

UNSAVED = NoteId(0)
MAX_NOTE = 4000
_TEXT = Words(
    f"A note has 1 to {MAX_NOTE:,} characters.",
    f"الملاحظة من حرف واحد إلى {MAX_NOTE:,} حرف.",
)


@dataclass(kw_only=True, eq=False, slots=True)
class TicketNote:
    """Something written on a ticket. It is never sent, and stays as it was written."""

    id: NoteId = UNSAVED
    ticket_id: TicketId
    agent_id: AgentId
    text: str
    at: datetime

    def __post_init__(self) -> None:
        self.text = self.text.strip()
        if not 1 <= len(self.text) <= MAX_NOTE:
            raise InvalidTicket(_TEXT)
