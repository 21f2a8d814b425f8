"""Port: reactions, edits and deletions on file, each once, their message known or not."""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from khalifa.domain.changes import MessageChange
from khalifa.domain.contacts import ProviderName
from khalifa.domain.messages import MessageId


class MessageChanges(Protocol):
    @abstractmethod
    async def known(
        self, ids: Collection[tuple[ProviderName, str]]
    ) -> set[tuple[ProviderName, str]]:
        """Return those ``(provider, whatsapp_message_id)`` under which a change is on file."""

    @abstractmethod
    async def add(self, changes: Sequence[MessageChange]) -> None:
        """
        Store new changes; those without ``message_id`` wait for their message.

        Raises:
            ConcurrentChange: one of them is on file already.
        """

    @abstractmethod
    async def of_messages(self, ids: Collection[MessageId]) -> list[MessageChange]:
        """Return the changes that these messages ever had."""

    @abstractmethod
    async def waiting_for(
        self, ids: Collection[tuple[ProviderName, str]], keys: Collection[str]
    ) -> list[MessageChange]:
        """Return changes that wait for a message known by one of these ids or keys."""

    @abstractmethod
    async def found(self, changes: Sequence[MessageChange]) -> None:
        """Write the ``message_id`` of changes that waited."""

    @abstractmethod
    async def remove(self, changes: Sequence[MessageChange]) -> None:
        """Delete changes that waited for what they may not touch."""

    @abstractmethod
    async def wait_again(self, ids: Collection[MessageId]) -> None:
        """Let the changes of these messages, which are removed, wait for their successors."""

    @abstractmethod
    async def matchable(self, limit: int) -> list[MessageChange]:
        """Return changes that wait, and whose message is on file by now. Takes no lock."""

    @abstractmethod
    async def forget_waiting(self, *, before: datetime) -> int:
        """Delete changes that have waited since before *before*; return how many."""
