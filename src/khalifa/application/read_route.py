"""Use case: by which provider a ticket's next reply would go, and what that one takes."""

from collections.abc import Sequence
from dataclasses import dataclass

from khalifa.application.ports.messaging import Provider, Providers
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.route_replies import RouteReplies
from khalifa.application.tickets import require_sight
from khalifa.domain.agents import Agent
from khalifa.domain.contacts import ProviderName
from khalifa.domain.tickets import TicketId


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLimitView:
    """What is taken as one ``kind`` of file: ``most`` in bytes; no ``types``, any type."""

    kind: str
    most: int
    types: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteView:
    """Which provider, what it can do that only some can, and which files it takes."""

    provider: str
    capabilities: Sequence[str]
    files: Sequence[FileLimitView]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRoute:
    """
    Tell by which provider a reply would go now.

    It is derived anew for each reply, so that it may go by another one all the same.
    """

    transact: Transact
    route_replies: RouteReplies
    providers: Providers

    async def __call__(self, agent: Agent, ticket_id: TicketId) -> RouteView:
        """
        Raises:
            NotFound, NotAllowed: there is no such ticket, or it is not for *agent*.
            NoRoute: nobody can reach the customer.
        """
        provider = await self.provider(agent, ticket_id)
        return RouteView(
            provider=provider.name,
            capabilities=provider.capabilities,
            files=[
                FileLimitView(kind=kind, most=rule.most, types=sorted(rule.types))
                for kind, rule in provider.file_rules.items()
            ],
        )

    async def provider(self, agent: Agent, ticket_id: TicketId | None) -> Provider:
        """Return the provider itself; without a ticket, the active one. Raises as the call."""
        routes = await self.route_replies()
        if ticket_id is None:
            return self.providers.get(routes.active)

        async def work(uow: UnitOfWork) -> ProviderName:
            ticket = await uow.tickets.get(ticket_id)
            require_sight(agent, ticket.agent_id)
            customers = await uow.customers.get_many([ticket.customer_id])
            return routes.to(customers[ticket.customer_id]).provider

        return self.providers.get(await self.transact.read(work))
