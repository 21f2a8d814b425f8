"""Port: customers as people look for them. Views are what the API shows; no entities."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Protocol, Self

from khalifa.application.customer_views import CustomerSummaryView
from khalifa.application.ports.readers import Holder
from khalifa.application.views import Page
from khalifa.domain.agents import AgentId
from khalifa.domain.contacts import phone_beginnings
from khalifa.domain.customers import CustomerId
from khalifa.domain.folding import folded_letters

MAX_QUERY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerQuery:
    """
    Whom somebody looks for: part of a name, or the beginning of a number.

    ``name`` is folded as names are; ``phones`` are beginnings of E.164 digits.
    With neither, everybody is meant; with both, only the number counts.
    """

    name: str = ""
    phones: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str, *, region: str) -> Self:
        """Read what somebody typed: digits are a number of *region* or of any country."""
        return cls(
            name=folded_letters(text.strip()), phones=tuple(phone_beginnings(text, region=region))
        )


class CustomerList(Protocol):
    """Customers as the desk lists them. Outside any unit of work."""

    @abstractmethod
    async def find(
        self, query: CustomerQuery, *, holder: AgentId | Holder, cursor: str, limit: int
    ) -> Page[CustomerSummaryView]:
        """
        Return a page of customers, the newest first; none that is part of another.

        With an agent as *holder*, only customers of whose tickets the agent holds one.
        Of thousands, the older ones may be found only by how a word of their name
        begins; a page may be short, and the cursor goes on from where it looked to.

        Raises:
            InvalidCursor: *cursor* is neither empty nor one a page gave.
        """

    @abstractmethod
    async def is_with(self, customer_id: CustomerId, agent_id: AgentId) -> bool:
        """Say whether the agent holds a ticket of the customer, open or closed."""
