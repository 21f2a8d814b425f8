"""Delays: customers who were left waiting for too long, on record for ever."""

from dataclasses import dataclass
from datetime import datetime

from khalifa.domain.agents import AgentId
from khalifa.domain.tickets import TicketId


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """
    One time a customer waited for too long: on which ticket, from when until when.

    ``agent_id`` is who held the ticket when it began (None: nobody).
    ``ended_at`` is None while it lasts; ``ended_by`` who ended it, None when
    that was not an agent here.
    """

    ticket_id: TicketId
    agent_id: AgentId | None
    started_at: datetime
    ended_at: datetime | None = None
    ended_by: AgentId | None = None
