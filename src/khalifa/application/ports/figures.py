"""Port: what figures are made of, read from what is on file."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from khalifa.domain.figures import Day, Fact


class FiguresReader(Protocol):
    """Outside any unit of work. Nothing is counted beforehand: a replay is in it at once."""

    @abstractmethod
    async def read(self, days: Sequence[Day]) -> list[Fact]:
        """
        Return the facts of *days*, which follow each other.

        A ticket counts on the day it was opened, and on the day it was closed, for
        whoever holds it; so does its first response: from the customer's first
        message to the first of an agent after it, of tickets opened that day. A
        delay counts on the day it began, for whoever held the ticket then, a
        message on the day it was written, for its writer.
        """
