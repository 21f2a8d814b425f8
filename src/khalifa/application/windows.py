"""When the window of a customer's next reply closes, by the provider that would carry it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from khalifa.application.ports.messaging import Providers
from khalifa.application.route_replies import Routes
from khalifa.application.switch_provider import ActiveProvider
from khalifa.domain.contacts import ProviderName
from khalifa.domain.customers import Customer
from khalifa.domain.errors import NoRoute
from khalifa.domain.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """
    Every provider's window. Asks nobody, so that a view of a ticket can be made anywhere.

    *configured* is called when first needed: agents can be added before any
    provider has its settings.
    """

    active_provider: ActiveProvider
    configured: Callable[[], Providers]

    @property
    def providers(self) -> Providers:
        return self.configured()

    def of(self, provider: ProviderName) -> Window:
        return Window(provider, self.providers.get(provider).window)

    async def matter(self) -> bool:
        """Look at who is active; say whether any provider has a window at all."""
        if self._nobody_has_one():
            return False
        await self.active_provider()
        return True

    def _nobody_has_one(self) -> bool:
        return all(self.providers.get(name).window is None for name in self.providers.names)

    def closes_at(self, customer: Customer) -> datetime | None:
        """
        Return when the window of the next reply to *customer* closes or closed.

        None: it goes by a provider without one, or by none at all. By the
        active provider as it was last seen.
        """
        if self._nobody_has_one():
            return None
        routes = Routes(
            active=self.active_provider.known,
            up=frozenset(self.providers.names),
            providers=self.providers,
            retired=self.active_provider.retired,
        )
        try:
            return self.of(routes.to(customer).provider).closes_at(customer)
        except NoRoute:
            return None
