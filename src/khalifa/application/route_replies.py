"""Which provider carries the next reply to a customer, and to what address."""

from dataclasses import dataclass

from khalifa.application.ports.messaging import Providers
from khalifa.application.ports.status_cache import StatusCache
from khalifa.application.switch_provider import ActiveProvider
from khalifa.domain.contacts import Address, ProviderName
from khalifa.domain.customers import Customer
from khalifa.domain.routing import choose_route


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """What routes were derived from, at one moment; good for a batch of customers."""

    active: ProviderName
    up: frozenset[ProviderName]
    providers: Providers
    retired: frozenset[ProviderName] = frozenset()

    def to(self, customer: Customer) -> Address:
        """Return where a reply goes now, or raise `NoRoute`."""
        return choose_route(
            customer, active=self.active, reachable=self.reachable(customer), up=self.up
        )

    def reachable(self, customer: Customer) -> dict[ProviderName, Address]:
        """Return the customer's address at each provider that could carry a reply."""
        addresses = {
            name: self.providers.get(name).driver.address_of(customer.identities)
            for name in self.providers.names
            if name not in self.retired
        }
        return {name: address for name, address in addresses.items() if address}


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteReplies:
    """Look at what routes are derived from: the active provider, and who works now."""

    active_provider: ActiveProvider
    providers: Providers
    status_cache: StatusCache

    async def __call__(self) -> Routes:
        up = set()
        for name in self.providers.names:
            seen = await self.status_cache.get(name)
            if seen and seen[0].connected:
                up.add(name)
        active = await self.active_provider()
        return Routes(
            active=active,
            up=frozenset(up),
            providers=self.providers,
            retired=self.active_provider.retired,
        )
