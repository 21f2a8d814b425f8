"""Port: what figures are made of, read from what is on file."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from khalifa.domain.figures import Day, Fact, Traffic


class FiguresReader(Protocol):
    """Outside any unit of work. Nothing is counted beforehand: a replay is in it at once."""

    @abstractmethod
    async def read(self, days: Sequence[Day]) -> list[Fact]:
        """
        Return the facts of *days*, which follow each other.

        A ticket counts on the day it was opened, and on the day it was closed, for
        whoever holds it; so does its first response: from when the customer's first
        message came to when the first of an agent since then was stored, of tickets
        opened that day, as the ticket has it, else as its messages say; and so does
        its having been delayed. A rating counts on the day the ticket was closed.
        A delay counts on the day it began, for whoever held the ticket then, a
        message on the day it was written, for its writer.
        """

    @abstractmethod
    async def traffic(self, since: datetime, *, step: timedelta, steps: int) -> list[Traffic]:
        """
        Return what was said in each of *steps*, by when it was stored.

        The first begins at *since*, each lasts for *step*.
        """
