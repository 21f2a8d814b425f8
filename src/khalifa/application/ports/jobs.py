"""Port: asking for work to be done by a worker. A nudge, never a guarantee."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

from khalifa.application.ports.journal import JournaledBody


class JobQueue(Protocol):
    """
    Carries work to the workers. Lost jobs are harmless: sweeps find what was left.

    Asking never waits for the queue, and never raises: when the queue is away
    the asking is dropped.
    """

    @abstractmethod
    def file(self, bodies: Sequence[JournaledBody]) -> None:
        """Ask that *bodies* be filed, in their order."""

    @abstractmethod
    async def next_bodies(self, wait: float = 0.0) -> list[JournaledBody]:
        """
        Take off the bodies that waited longest: what one transaction should hold, or none.

        When there is none, wait up to *wait* seconds for the first. For workers.
        Raises what it likes when the queue is away. Whoever takes bodies and
        dies has lost them; the sweeps ask again.
        """

    @abstractmethod
    async def waiting(self) -> Mapping[str, int]:
        """
        Return how much waits, by the queue's name: bodies to be filed, or jobs.

        Raises what it likes when the queue is away.
        """

    @abstractmethod
    def deliver(self) -> None:
        """Ask that due replies be sent. Asked many times at once, it is asked once."""

    @abstractmethod
    def fetch_media(self) -> None:
        """Ask that due files of messages be fetched. Asked many times at once, it is asked once."""
