"""Use case: customers as people see them: agents those they talked to, administrators all."""

from dataclasses import dataclass

from khalifa.application.customer_views import CustomerDetailsView, CustomerSummaryView, MergeView
from khalifa.application.ports.customer_list import CustomerList, CustomerQuery
from khalifa.application.ports.readers import Holder, holder_seen_by
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.views import Page
from khalifa.domain.agents import Agent, AgentId
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.errors import NotAllowed, NotFound
from khalifa.domain.words import Words

NO_SUCH_CUSTOMER = Words("There is no such customer.", "لا يوجد عميل بهذا الرقم.")
_WITH_OTHERS = Words(
    "This customer's conversations are with other agents.",
    "محادثات هذا العميل مع موظفين آخرين.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCustomers:
    """
    Lists and pages of customers.

    An *agent* of None is the operator at the machine, who sees all.
    """

    customers: CustomerList
    transact: Transact
    region: str

    async def find(
        self, agent: Agent | None, text: str, *, cursor: str = "", limit: int
    ) -> Page[CustomerSummaryView]:
        """Return customers by part of a name or the beginning of a number, newest first."""
        query = CustomerQuery.of(text, region=self.region)
        return await self.customers.find(query, holder=_seen_by(agent), cursor=cursor, limit=limit)

    async def get(self, agent: Agent | None, customer_id: CustomerId) -> CustomerDetailsView:
        """
        Return one customer; of one that became part of another, the other.

        Raises:
            NotFound: there is no such customer.
            NotAllowed: *agent* holds none of the customer's tickets.
        """

        async def work(uow: UnitOfWork) -> CustomerDetailsView:
            customer = await _find(uow, customer_id)
            while customer.merged_into is not None:
                customer = await _find(uow, customer.merged_into)
            return CustomerDetailsView.of(customer, await uow.merges.of_customers([customer.id]))

        view = await self.transact.read(work)
        await self.require_sight(agent, CustomerId(view.id))
        return view

    async def require_sight(self, agent: Agent | None, customer_id: CustomerId) -> None:
        """Raise `NotAllowed` unless *agent* may see the customer."""
        match _seen_by(agent):
            case Holder.ANYONE:
                return
            case Holder.NOBODY:
                allowed = False
            case agent_id:
                allowed = await self.customers.is_with(customer_id, AgentId(agent_id))
        if not allowed:
            raise NotAllowed(_WITH_OTHERS)

    async def merges(self, limit: int) -> list[MergeView]:
        """Return the newest merges, newest first."""
        found = await self.transact.read(lambda uow: uow.merges.newest(limit))
        return [MergeView.of(merge) for merge in found]


async def _find(uow: UnitOfWork, customer_id: CustomerId) -> Customer:
    found = await uow.customers.get_many([customer_id])
    if customer_id not in found:
        raise NotFound(NO_SUCH_CUSTOMER)
    return found[customer_id]


def _seen_by(agent: Agent | None) -> AgentId | Holder:
    return Holder.ANYONE if agent is None else holder_seen_by(agent, Holder.ANYONE)
