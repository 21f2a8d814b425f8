"""Port: asking for work to be done by a worker. A nudge, never a guarantee."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from khalifa.application.ports.journal import JournaledBody


class JobQueue(Protocol):
    """
    Carries work to the workers. Lost jobs are harmless: sweeps find what was left.

    None of these waits for the queue, and none raises: when the queue is away
    the asking is dropped.
    """

    @abstractmethod
    def file(self, bodies: Sequence[JournaledBody]) -> None:
        """Ask that *bodies* be filed; what comes while a job is being written shares the next."""

    @abstractmethod
    def deliver(self) -> None:
        """Ask that due replies be sent. Asked many times at once, it is asked once."""
