"""Port: replies on their way out. Part of a unit of work."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from khalifa.domain.customers import CustomerId
from khalifa.domain.messages import Message, MessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A queued message that could be claimed now; claimed ``attempts`` times before."""

    message_id: MessageId
    customer_id: CustomerId
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """
    The right to send one message, once, until ``expires_at`` by the database's clock.

    ``first_claimed_at`` is when it was claimed for the first time, after it
    had waited for its turn.
    """

    message_id: MessageId
    customer_id: CustomerId
    token: str
    attempts: int
    queued_at: datetime
    first_claimed_at: datetime
    expires_at: datetime


class Deliveries(Protocol):
    """
    Replies on their way out: one row each, from queued until settled.

    Times are the database's own.
    """

    @abstractmethod
    async def queue(self, messages: Sequence[Message]) -> None:
        """Queue stored messages, to be sent in the order of their ids within a conversation."""

    @abstractmethod
    async def candidates(self, limit: int) -> list[Candidate]:
        """
        Return the first queued message of up to *limit* conversations, longest due first.

        A conversation is passed over while a message of it is claimed, or its
        first one is not due. Takes no lock.
        """

    @abstractmethod
    async def claim(self, ids: Collection[MessageId], *, lease: timedelta) -> list[Claim]:
        """
        Claim those of *ids*, which were candidates, that still are.

        No message is ever claimed by two.
        """

    @abstractmethod
    async def hold_off(self, pauses: Mapping[MessageId, timedelta]) -> None:
        """Let candidates wait: each is due again after its pause. Claimed ones stay as they are."""

    @abstractmethod
    async def held(self, claims: Collection[Claim]) -> list[Claim]:
        """Return, locked, those of *claims* that still hold: neither settled nor expired."""

    @abstractmethod
    async def put_back(self, claim: Claim, *, pause: timedelta) -> None:
        """Queue a claimed message again, due after *pause*."""

    @abstractmethod
    async def postpone(self, claims: Collection[Claim], *, pause: timedelta) -> None:
        """Queue claimed messages again, due after *pause*, as if they were queued only now."""

    @abstractmethod
    async def settle(self, message_ids: Collection[MessageId]) -> None:
        """Take these messages off the list: there is nothing more to do for them."""

    @abstractmethod
    async def expired(self, limit: int) -> list[Claim]:
        """Return claims whose lease ran out. Takes no lock."""

    @abstractmethod
    async def waiting_of(self, customers: Collection[CustomerId]) -> dict[CustomerId, int]:
        """Return how many replies to each of *customers* are queued and not claimed."""

    @abstractmethod
    async def due(self) -> bool:
        """Say whether anything could be claimed now."""
