"""Port: telling the agents' screens what changed."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from khalifa.domain.agents import Agent, AgentId
from khalifa.domain.errors import KhalifaError

EVERYONE = "everyone"
ADMINS = "admins"


class EventKind(StrEnum):
    TICKET_CHANGED = "ticket.changed"
    MESSAGE_CHANGED = "message.changed"
    NOTE_ADDED = "note.added"
    READER_CHANGED = "reader.changed"
    AGENT_CHANGED = "agent.changed"
    PROVIDER_CHANGED = "provider.changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """
    Something changed: the whole entity, as the API shows it.

    ``entity`` is the JSON of the API's object. ``recipients`` are fixed when
    the event is made: agents' ids as text, `ADMINS`, `EVERYONE`. Screens apply
    events by ``(kind, entity id, version)``, so repeats and disorder do no harm.
    What is for `ADMINS` is for whoever sees everything.
    """

    id: str
    kind: EventKind
    entity_id: str
    version: int
    recipients: tuple[str, ...]
    entity: bytes
    at: datetime

    def is_for(self, agent: Agent) -> bool:
        return (
            EVERYONE in self.recipients
            or str(agent.id) in self.recipients
            or (agent.sees_everything and ADMINS in self.recipients)
        )


def recipients_of(*agent_ids: AgentId | None) -> tuple[str, ...]:
    """Return the recipients of what concerns these agents' tickets: they and the administrators."""
    return (ADMINS, *sorted({str(agent_id) for agent_id in agent_ids if agent_id is not None}))


def recipients_of_ticket(*holders: AgentId | None) -> tuple[str, ...]:
    """Return who is told of a ticket that these hold or held; of one that nobody does, everyone."""
    return (EVERYONE,) if None in holders else recipients_of(*holders)


class CursorLost(KhalifaError):
    """What came after this cursor is not known any more; the screen must load anew."""


class EventStream(Protocol):
    """Events in one order, kept for a while. At least once, never exactly once."""

    @abstractmethod
    async def publish(self, events: Sequence[Event]) -> None:
        """Append *events*. Raises when they may not have been appended."""

    @abstractmethod
    async def cursor(self) -> str:
        """Return the position after the newest event: what a screen takes before it loads."""

    @abstractmethod
    def follow(self, since: str) -> AsyncIterator[tuple[str, Event]]:
        """
        Yield every event after *since* with its cursor, for ever.

        Raises:
            CursorLost: *since* is unknown or too old, now or later (a wiped store).
        """
