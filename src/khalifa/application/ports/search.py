"""Ports: finding messages by what they say, and keeping what they say ready to be found."""

from abc import abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from khalifa.application.ports.readers import Holder
from khalifa.application.views import CustomerView
from khalifa.domain.agents import AgentId
from khalifa.domain.folding import Search
from khalifa.domain.messages import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageHitView:
    """A message in which something was found; of a long one the piece with it."""

    id: int
    ticket_id: int
    customer: CustomerView
    direction: str
    kind: str
    text: str
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageHits:
    """
    What was found, the newest first, and how far back was looked.

    ``next_cursor`` is None when all was looked through. ``searched_until``: the
    looking was cut off at a message stored then, and goes on at the cursor.
    """

    items: list[MessageHitView]
    next_cursor: str | None
    searched_until: datetime | None


class MessageSearch(Protocol):
    """Outside any unit of work. Its answers may be some seconds behind what is filed."""

    @abstractmethod
    async def find(
        self, search: Search, *, holder: AgentId | Holder, cursor: str, limit: int
    ) -> MessageHits:
        """
        Return a page of messages, the newest first; what was deleted is not among them.

        With an agent as *holder*, only messages of tickets the agent holds. A
        page may be short or empty though more would be found further back: the
        looking is cut off after a while, and goes on at the cursor.

        Raises:
            InvalidCursor: *cursor* is neither empty nor one a page gave.
        """

    @abstractmethod
    async def newest_tickets(
        self, customers: Collection[int], *, holder: AgentId | Holder
    ) -> dict[int, int]:
        """Return each of the *customers* with their newest ticket, of those *holder* sees."""


class SearchTexts(Protocol):
    """What messages say, folded: written after they are filed, so that filing never waits."""

    @abstractmethod
    async def fold_new(self, limit: int, *, settled: datetime) -> int:
        """
        Fold at most *limit* messages that are not folded yet, the oldest first; say how many.

        Whatever was stored before *settled* is committed by now, or never will be.
        """

    @abstractmethod
    async def fold_again(self, messages: Collection[Message]) -> None:
        """Fold what *messages* say now; those that are not folded yet are left to `fold_new`."""
