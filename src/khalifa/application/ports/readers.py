"""Ports: what the screens read. Views are what the API shows; no entities."""

from abc import abstractmethod
from collections.abc import Collection
from enum import StrEnum
from typing import Protocol

from khalifa.application.history_views import HistoryView
from khalifa.application.views import MessageView, Page, TicketView
from khalifa.domain.agents import Agent, AgentId
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.tickets import TicketId


class TicketFilter(StrEnum):
    """Which tickets a list shows. ``active`` is open or delayed; ``open`` is not delayed."""

    OPEN = "open"
    DELAYED = "delayed"
    CLOSED = "closed"
    ACTIVE = "active"
    ALL = "all"


class Holder(StrEnum):
    """Whose tickets a list shows, when it is not one agent's."""

    ANYONE = "anyone"
    NOBODY = "nobody"


# So much of a ticket's record a screen shows, of lines and of notes.
MAX_HISTORY = 500


class InvalidCursor(ValueError):
    """The cursor is not one this list gave."""


class Inbox(Protocol):
    """Tickets and messages as the desk lists them. Outside any unit of work."""

    @abstractmethod
    async def tickets(
        self,
        *,
        status: TicketFilter,
        holder: AgentId | Holder,
        customer: CustomerId | None = None,
        cursor: str,
        limit: int,
    ) -> Page[TicketView]:
        """
        Return a page of tickets, newest message first; only *customer*'s, if one is given.

        Raises:
            InvalidCursor: *cursor* is neither empty nor one a page gave.
        """

    @abstractmethod
    async def ticket(self, ticket_id: TicketId) -> TicketView:
        """Return the ticket, or raise `NotFound`."""

    @abstractmethod
    async def customers_of(self, tickets: Collection[int]) -> dict[int, Customer]:
        """Return the customer of each of *tickets* (ids), with identities."""

    @abstractmethod
    async def messages(self, ticket_id: TicketId, *, cursor: str, limit: int) -> Page[MessageView]:
        """
        Return a page of the ticket's messages, the newest page first.

        Within a page oldest first, in the order they were said; the next
        page holds older ones.

        Raises:
            InvalidCursor: *cursor* is neither empty nor one a page gave.
        """

    @abstractmethod
    async def history(self, ticket_id: TicketId) -> HistoryView:
        """Return the ticket's newest `MAX_HISTORY` lines and notes; none of an unknown one."""


class Health(Protocol):
    """Whether what khalifa stands on is there."""

    @abstractmethod
    async def check(self) -> dict[str, str | None]:
        """Return each dependency by name, with what is wrong with it or None. Never raises."""


def holder_seen_by(agent: Agent, wanted: AgentId | Holder) -> AgentId | Holder:
    """
    Return whose tickets *agent* is shown when asking for *wanted*.

    Own ones unless it is all to be seen; and those that wait for somebody, who may be anybody.
    """
    return wanted if agent.sees_everything or wanted is Holder.NOBODY else agent.id
