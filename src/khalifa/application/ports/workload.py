"""Port: how much there is to do, and who is there to do it."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from khalifa.domain.agents import Presence


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """
    Counts of what is in the database now.

    Of the open tickets: ``unassigned`` have no agent, in ``waiting`` a customer
    waits, ``delayed`` have waited too long; ``waiting_since`` is the longest wait's
    beginning. Of the replies on their way out: ``sending`` are claimed, the oldest
    was queued at ``queued_since``. ``agents`` leaves out those who may not sign in.
    """

    open: int
    unassigned: int
    waiting: int
    delayed: int
    waiting_since: datetime | None
    agents: Mapping[Presence, int]
    queued: int
    sending: int
    queued_since: datetime | None
    files_waiting: int


class WorkloadReader(Protocol):
    """Outside any unit of work."""

    @abstractmethod
    async def read(self) -> Workload:
        """
        Return the workload, every presence among its agents.

        Raises:
            DatabaseUnavailable: it cannot be read now.
        """
