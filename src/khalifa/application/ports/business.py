"""Ports: what the rules of the business keep on file."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from khalifa.domain.agents import AgentId
from khalifa.domain.business_settings import BusinessSettings
from khalifa.domain.delays import Delay
from khalifa.domain.messages import MessageId
from khalifa.domain.tickets import TicketId


class SettingsRecord(Protocol):
    """Every version of the business's settings; the newest is in force."""

    @abstractmethod
    async def newest(self) -> BusinessSettings | None:
        """Return what is in force, None while nobody has changed anything."""

    @abstractmethod
    async def add(self, settings: BusinessSettings) -> None:
        """
        Put *settings* in force.

        Raises:
            ConcurrentChange: somebody else has made this version.
        """


class Delays(Protocol):
    """One row for each time a customer waited for too long."""

    @abstractmethod
    async def overdue(self, since: datetime, *, limit: int) -> list[TicketId]:
        """
        Return open tickets, not delayed yet, whose customers wait since *since* or longer.

        Longest waiting first. Takes no lock.
        """

    @abstractmethod
    async def begin(self, delays: Sequence[Delay]) -> None:
        """Add delays of tickets whose customers are locked."""

    @abstractmethod
    async def end(self, ends: Mapping[TicketId, datetime], *, by: AgentId | None) -> None:
        """End what lasts on these tickets, whose customers are locked, each at its time."""

    @abstractmethod
    async def left_over(self, *, limit: int) -> list[Delay]:
        """Return delays that last on record and not on their ticket. Takes no lock."""

    @abstractmethod
    async def hand_over(self, ticket_id: TicketId, to: TicketId) -> None:
        """Let what lasts on one ticket last on another, which goes on with its conversation."""

    @abstractmethod
    async def of_ticket(self, ticket_id: TicketId) -> list[Delay]:
        """Return a ticket's delays, oldest first."""


class AutomaticKind(StrEnum):
    """What is said by itself, once: to a new customer; on a ticket."""

    WELCOME = "welcome"
    AWAY = "away"


class AutomaticMessages(Protocol):
    """What was said by itself to whom, so that it is said once."""

    @abstractmethod
    async def newly_written(self, since: datetime, *, limit: int) -> list[TicketId]:
        """
        Return open tickets whose customers wait, and have written since *since*; newest first.

        Takes no lock.
        """

    @abstractmethod
    async def spoken_to(self, ticket_ids: Collection[TicketId]) -> set[TicketId]:
        """Return those of *ticket_ids* on which anything was said in our name."""

    @abstractmethod
    async def said(self, kind: AutomaticKind, about: Collection[int]) -> set[int]:
        """Return those of *about*, customers or tickets as *kind* has it, who were told before."""

    @abstractmethod
    async def record(self, kind: AutomaticKind, messages: Mapping[int, MessageId]) -> None:
        """
        Note what was said about whom.

        Raises:
            ConcurrentChange: it was said already.
        """
