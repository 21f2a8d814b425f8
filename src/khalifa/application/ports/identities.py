"""Ports: customers found to be one, and identities whose others are still to be asked for."""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from khalifa.domain.contacts import Identity, ProviderName
from khalifa.domain.customers import CustomerId
from khalifa.domain.merges import CustomerMerge, MergeId
from khalifa.domain.messages import Message, MessageId
from khalifa.domain.tickets import TicketId


class CustomerMerges(Protocol):
    """The record of merges, and what moves with them. The customers are locked by the caller."""

    @abstractmethod
    async def add(self, merge: CustomerMerge) -> None:
        """Store a merge; gives it its id."""

    @abstractmethod
    async def get(self, merge_id: MergeId) -> CustomerMerge:
        """Return the merge, or raise `NotFound`."""

    @abstractmethod
    async def of_customers(self, ids: Collection[CustomerId]) -> list[CustomerMerge]:
        """Return the merges that one of *ids* has part in, undone ones too, newest first."""

    @abstractmethod
    async def newest(self, limit: int) -> list[CustomerMerge]:
        """Return the newest merges, newest first."""

    @abstractmethod
    async def save(self, merge: CustomerMerge) -> None:
        """Write back whether the merge was undone."""

    @abstractmethod
    async def last_message_of(self, ids: Collection[CustomerId]) -> MessageId:
        """Return the id of the last message any of the customers has, 0 for none."""

    @abstractmethod
    async def hand_over(self, customer: CustomerId, to: CustomerId) -> list[TicketId]:
        """Make all tickets of *customer* *to*'s, with their messages; return which these were."""

    @abstractmethod
    async def hand_back(self, tickets: Collection[TicketId], to: CustomerId) -> None:
        """Make these tickets *to*'s, with the messages on them."""

    @abstractmethod
    async def move_messages(self, merge: CustomerMerge) -> int:
        """
        Put every message of the merge's other ticket on the kept one; return how many.

        They are remembered, so that they can be moved back.
        """

    @abstractmethod
    async def move_messages_back(self, merge: CustomerMerge) -> int:
        """Put the messages moved by `move_messages` back where they were; return how many."""

    @abstractmethod
    async def moved(self, merge: CustomerMerge, *, limit: int) -> list[Message]:
        """Return the newest of the messages that `move_messages` moved."""

    @abstractmethod
    async def said_since(self, merge: CustomerMerge) -> list[Message]:
        """Return what came in after the merge from the customer that it made of two."""

    @abstractmethod
    async def put_on(
        self, messages: Collection[MessageId], ticket: TicketId, customer: CustomerId
    ) -> None:
        """Put these messages on another ticket, another customer's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """An identity whose provider is to be asked for the person's other ones."""

    identity: Identity
    attempts: int


class IdentityLookups(Protocol):
    """What providers are still to be asked about identities: one row each, until answered."""

    @abstractmethod
    async def queue(self, identities: Collection[Identity], *, at: datetime) -> None:
        """Ask about *identities* from *at* on. What is queued already stays as it is."""

    @abstractmethod
    async def claim(
        self, *, now: datetime, until: datetime, limit: int, provider: ProviderName | None = None
    ) -> list[Lookup]:
        """
        Return what is due, oldest first, and put it off *until*: nobody else gets it before.

        Only of *provider*, if one is given.
        """

    @abstractmethod
    async def due(self, provider: ProviderName, *, now: datetime) -> int:
        """Return about how many identities of *provider* it is to be asked."""

    @abstractmethod
    async def put_off(self, lookups: Sequence[Lookup], *, until: datetime) -> None:
        """Ask again at *until*, once more often tried."""

    @abstractmethod
    async def forget(self, identities: Collection[Identity]) -> None:
        """Ask no more about *identities*."""


class IdentityDirectory(Protocol):
    """Optional: the provider knows which identities are one person's."""

    @abstractmethod
    async def others_of(self, identity: Identity) -> tuple[Identity, ...]:
        """
        Return the other identities of whoever has *identity*; empty when none is known yet.

        Raises:
            DeliveryError: the provider could not be asked; the same may work later.
        """
