"""Ports: messages, and statuses of messages not yet known. Parts of a unit of work."""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from khalifa.domain.agents import AgentId
from khalifa.domain.contacts import ProviderName
from khalifa.domain.customers import CustomerId
from khalifa.domain.messages import Message, MessageId, StatusUpdate
from khalifa.domain.tickets import TicketId


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMessages:
    """Which ids and keys are stored, and whether any change waits for a message known by one."""

    ids: set[tuple[ProviderName, str]]
    keys: set[str]
    awaited: bool


class Messages(Protocol):
    @abstractmethod
    async def get(self, message_id: MessageId) -> Message:
        """Return the message, or raise `NotFound`."""

    @abstractmethod
    async def get_many(self, ids: Collection[MessageId]) -> dict[MessageId, Message]: ...

    @abstractmethod
    async def by_whatsapp_ids(
        self, ids: Collection[tuple[ProviderName, str]]
    ) -> dict[tuple[ProviderName, str], Message]:
        """Return the messages known under these ``(provider, whatsapp_message_id)``."""

    @abstractmethod
    async def by_keys(self, keys: Collection[str]) -> dict[str, Message]:
        """Return the messages known under these message keys."""

    @abstractmethod
    async def known(
        self, ids: Collection[tuple[ProviderName, str]], keys: Collection[str]
    ) -> KnownMessages:
        """Look for ``(provider, whatsapp_message_id)`` and message keys, in one round trip."""

    @abstractmethod
    async def by_opaque_ids(self, ids: Collection[str]) -> dict[str, Message]:
        """Return our own messages known under these opaque ids."""

    @abstractmethod
    async def newest_of(self, ticket_id: TicketId, limit: int) -> list[Message]:
        """Return the newest *limit* messages of a ticket, in the order they were said."""

    @abstractmethod
    async def unconfirmed_of(self, customers: Collection[CustomerId]) -> list[Message]:
        """Return replies to *customers* being sent or unknown, and still without WhatsApp's id."""

    @abstractmethod
    async def newest_heard(
        self, ticket_id: TicketId, *, provider: ProviderName | None = None
    ) -> Message | None:
        """Return the customer's newest message on the ticket; only *provider*'s, if given."""

    @abstractmethod
    async def find_by_idempotency_key(self, agent_id: AgentId, key: str) -> Message | None: ...

    @abstractmethod
    async def add_new(self, messages: Sequence[Message]) -> None:
        """
        Store new messages; gives each its id.

        Raises:
            ConcurrentChange: one of them is known already, by id, by message
                key, or by its agent's idempotency key.
        """

    @abstractmethod
    async def save(self, messages: Sequence[Message]) -> None:
        """
        Write back messages whose customers are locked.

        Raises:
            ConcurrentChange: another message has taken one's WhatsApp id or key.
        """

    @abstractmethod
    async def remove(self, ids: Collection[MessageId]) -> None:
        """Delete messages that turned out to be echoes of others."""


class UnmatchedStatuses(Protocol):
    """Statuses of ids not yet known; they wait until a reply is known by that id."""

    @abstractmethod
    async def keep(self, statuses: Sequence[StatusUpdate], *, at: datetime) -> None: ...

    @abstractmethod
    async def take(self, ids: Collection[tuple[ProviderName, str]]) -> list[StatusUpdate]:
        """Remove and return the statuses waiting for these ids."""

    @abstractmethod
    async def matchable(self, limit: int) -> list[tuple[ProviderName, str]]:
        """Return ids that statuses wait for and a message has by now. Takes no lock."""

    @abstractmethod
    async def gaps(self, *, before: datetime) -> dict[ProviderName, int]:
        """
        Count, by provider, the ids that statuses kept before *before* wait for.

        Each is of a message that was sent in our name and is not on file.
        """

    @abstractmethod
    async def forget(self, *, before: datetime) -> int:
        """Delete those kept before *before*; return how many."""
