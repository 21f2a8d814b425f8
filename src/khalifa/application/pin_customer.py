"""Use cases: by which provider a customer is answered, and a person's choice of it."""

from dataclasses import dataclass

from khalifa.application.events import EventWriter
from khalifa.application.identify_customers import tell_of_customers
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.read_customers import ReadCustomers
from khalifa.application.route_replies import RouteReplies, Routes
from khalifa.application.tickets import locked_customer
from khalifa.domain.agents import Agent
from khalifa.domain.audit import Act, AuditEntry
from khalifa.domain.contacts import ProviderName
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.errors import Conflict, NoRoute
from khalifa.domain.routing import UNREACHABLE
from khalifa.domain.words import Words

_NOT_HERE = Words(
    "{provider} is not configured here: it would carry nothing.",
    "{provider} غير مُعدّ هنا، ولن يرسل شيئًا.",
)
_RETIRED = Words("{provider} is retired: it carries nothing.", "أُوقف {provider}، ولا يرسل شيئًا.")


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerProviderView:
    """
    ``pinned`` is a person's choice; ``next`` would carry a reply now, None: nobody can.

    ``choices`` are those a customer can be pinned to.
    """

    pinned: str | None
    next: str | None
    choices: tuple[str, ...]

    @classmethod
    def of(cls, customer: Customer, routes: Routes) -> "CustomerProviderView":
        try:
            carrier = routes.to(customer).provider
        except NoRoute:
            carrier = None
        return cls(
            pinned=customer.pinned_provider,
            next=carrier,
            choices=tuple(routes.reachable(customer)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCustomerProvider:
    """Tell by which provider a customer's next reply would go, and by which it could."""

    transact: Transact
    read_customers: ReadCustomers
    route_replies: RouteReplies

    async def __call__(self, agent: Agent, customer_id: CustomerId) -> CustomerProviderView:
        """
        Raises:
            NotFound, NotAllowed: no such customer, or not for *agent*.
        """
        found = CustomerId((await self.read_customers.get(agent, customer_id)).id)
        routes = await self.route_replies()
        customers = await self.transact.read(lambda uow: uow.customers.get_many([found]))
        return CustomerProviderView.of(customers[found], routes)


@dataclass(frozen=True, slots=True, kw_only=True)
class PinCustomer:
    """
    Let a customer's replies go by one provider, whichever is active; or by the rule again.

    Whoever may see the customer may choose. What waits to be sent goes by the
    choice, too; what is on its way stays where it is. The open ticket's screens
    are told, and it is on record.
    """

    transact: Transact
    read_customers: ReadCustomers
    route_replies: RouteReplies
    events: EventWriter
    clock: Clock

    async def __call__(
        self, agent: Agent, customer_id: CustomerId, to: ProviderName | None
    ) -> CustomerProviderView:
        """
        Raises:
            NotFound, NotAllowed: no such customer, or not for *agent*.
            Conflict: *to* is not configured, or retired.
            NoRoute: *to* cannot reach the customer.
        """
        found = CustomerId((await self.read_customers.get(agent, customer_id)).id)
        routes = await self.route_replies()

        async def work(uow: UnitOfWork) -> CustomerProviderView:
            customer = await locked_customer(uow, found)
            if to is not None:
                _require_able(to, customer, routes)
            before = customer.pinned_provider
            if customer.pin(to):
                await uow.customers.save([customer])
                await tell_of_customers(uow, self.events, [customer])
                entry = AuditEntry(
                    at=self.clock.now(),
                    by=agent.id,
                    act=Act.CUSTOMER_PINNED,
                    subject=f"customer {customer.id}",
                    details={"provider": [before, to]},
                )
                await uow.audit.add(entry)
            return CustomerProviderView.of(customer, routes)

        return await self.transact(work)


def _require_able(to: ProviderName, customer: Customer, routes: Routes) -> None:
    if to in routes.retired:
        raise Conflict(_RETIRED.filled(provider=to))
    if routes.providers.find(to) is None:
        raise Conflict(_NOT_HERE.filled(provider=to))
    if to not in routes.reachable(customer):
        raise NoRoute(UNREACHABLE.filled(provider=to))
