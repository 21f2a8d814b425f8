"""Port: all that is on file of one customer, to be given out and to be forgotten."""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from typing import Protocol

from khalifa.application.ports.journal import BodyKey
from khalifa.domain.contacts import Identity
from khalifa.domain.customers import CustomerId
from khalifa.domain.media import MediaId
from khalifa.domain.messages import Message, MessageId


class Erasures(Protocol):
    """What is to be found beside the customer's own row. Part of a unit of work."""

    @abstractmethod
    async def family(self, customer_id: CustomerId) -> list[CustomerId]:
        """Return the customer, and all who have become part of this one."""

    @abstractmethod
    async def said(
        self, customers: Collection[CustomerId], *, after: MessageId, limit: int
    ) -> list[Message]:
        """Return what was said with *customers*, both ways, by id; those behind *after*."""

    @abstractmethod
    async def next_stored(self, *, after: MessageId, limit: int) -> list[Message]:
        """Return the next messages behind *after*, whosever they are, by id."""

    @abstractmethod
    async def forgotten_up_to(self, kind: str) -> MessageId:
        """Return up to which message *kind* is forgotten; 0 when nothing is."""

    @abstractmethod
    async def note_forgotten(self, kind: str, up_to: MessageId) -> None:
        """Note that *kind* is forgotten up to a message, which never goes back."""

    @abstractmethod
    async def files_of(self, messages: Collection[MessageId]) -> list[MediaId]:
        """Return the files of *messages*."""

    @abstractmethod
    async def forget_files(self, files: Collection[MediaId]) -> None:
        """Delete the records of *files*."""

    @abstractmethod
    async def forget_traces(self, messages: Sequence[Message]) -> int:
        """
        Forget what else speaks of *messages*, which still have their ids; return how many bodies.

        The webhook bodies they came in, their reactions and edits, statuses that
        wait for them, and their ids in the ledger, whose counts stay. A change is
        known by its tombstone from then on.
        """

    @abstractmethod
    async def forget_bodies(
        self, names: Collection[str], *, after: BodyKey | None, limit: int
    ) -> tuple[int, BodyKey | None]:
        """
        Forget the webhook bodies among the next *limit* behind *after* in which one of *names* is.

        Return how many, and the last that was looked at; None at the end.
        """

    @abstractmethod
    async def forget_people(
        self, customers: Collection[CustomerId], identities: Collection[Identity]
    ) -> None:
        """Forget how *customers* were called, their merges, and what was noted on their tickets."""

    @abstractmethod
    async def left(self, customers: Collection[CustomerId]) -> int:
        """Count what still tells something of *customers*: words, files, names, notes."""
