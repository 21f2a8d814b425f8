"""What people are told, in the two languages they read."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Words:
    """
    The same sentence for a developer and for an agent.

    ``arabic`` is None where only administrators and developers read it. They
    hold no token, address, number or text of anybody's: they reach logs.
    """

    english: str
    arabic: str | None = None

    def filled(self, **values: object) -> Self:
        """Return the sentence with its ``{places}`` filled in, in both languages."""
        arabic = None if self.arabic is None else self.arabic.format(**values)
        return type(self)(self.english.format(**values), arabic)

    def __str__(self) -> str:
        return self.english
