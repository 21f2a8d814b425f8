"""Use case: what a switch to another provider would mean, looked at on the real data."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from khalifa.application.ask_providers import ask_setup, ask_status
from khalifa.application.list_templates import ListTemplates
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.messaging import ConnectionStatus, Provider, Providers
from khalifa.application.ports.setup import SetupCheck
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.route_replies import Routes
from khalifa.application.switch_provider import NOT_CONFIGURED, ActiveProvider, SwitchRefused
from khalifa.domain.contacts import Identity, IdentityKind, ProviderName
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.errors import NoRoute
from khalifa.domain.window import Window

AT_ONCE = 2000
NOWHERE = "nowhere"


@dataclass(slots=True, kw_only=True)
class SwitchPlan:
    """
    The counts a person needs before switching from ``active`` to ``target``.

    ``known_otherwise`` are customers whom the target cannot reach, and whom
    another provider names by an id of its own; ``can_ask``: the active one can be
    asked for their numbers. ``windows_closed`` are active
    tickets on which only a template could be sent. ``waiting`` says by which
    provider the replies that wait now would go. ``checks`` is what was found of
    the target's set-up; ``templates`` how many approved ones it is known to
    have, None for a provider that has none; ``price`` what sending one costs.
    """

    active: ProviderName
    target: ProviderName
    health: ConnectionStatus
    checks: tuple[SetupCheck, ...] = ()
    templates: int | None = None
    price: Decimal | None = None
    can_ask: bool = False
    customers: int = 0
    reachable: int = 0
    known_otherwise: int = 0
    active_tickets: int = 0
    active_reachable: int = 0
    windows_closed: int = 0
    waiting: Counter[str] = field(default_factory=Counter)

    @property
    def cost(self) -> Decimal | None:
        """Return what one template to each closed window costs, None without a price."""
        return None if self.price is None else self.price * self.windows_closed

    @property
    def unreachable(self) -> int:
        return self.customers - self.reachable


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSwitch:
    """Count, page by page, and ask the target how it is. Changes nothing."""

    transact: Transact
    providers: Providers
    active_provider: ActiveProvider
    clock: Clock
    list_templates: ListTemplates
    template_price: Decimal | None = None

    async def __call__(
        self, to: ProviderName, *, progress: Callable[[int], None] = lambda _: None
    ) -> SwitchPlan:
        """
        Plan a switch; *progress* hears how many customers were looked at.

        Raises:
            SwitchRefused: *to* is not configured.
        """
        target = self.providers.find(to)
        if target is None:
            raise SwitchRefused(NOT_CONFIGURED.filled(name=to))
        active = await self.active_provider()
        old = self.providers.find(active)
        plan = SwitchPlan(
            active=active,
            can_ask=old is not None and old.directory is not None,
            target=to,
            health=await ask_status(target),
            checks=await ask_setup(target),
            templates=await self._approved(target),
            price=self.template_price,
        )
        after = CustomerId(0)
        while last := await self._count(plan, target, after):
            after = last
            progress(plan.customers)
        return plan

    async def _approved(self, target: Provider) -> int | None:
        if target.template_catalog is None:
            return None
        return len(await self.list_templates.known_of(target.name))

    async def _count(
        self, plan: SwitchPlan, target: Provider, after: CustomerId
    ) -> CustomerId | None:
        async def read(uow: UnitOfWork) -> _Some:
            named = await uow.customers.page(after=after, limit=AT_ONCE)
            active = await uow.tickets.who_has_open(named) if named else set()
            waiting = await uow.deliveries.waiting_of(named) if named else {}
            # Of most no more is asked than whether they can be reached.
            customers = await uow.customers.get_many({*active, *waiting}) if named else {}
            return _Some(named=named, active=active, waiting=waiting, customers=customers)

        some = await self.transact.read(read)
        reachable = {
            id_ for id_, names in some.named.items() if target.driver.address_of(names) is not None
        }
        plan.customers += len(some.named)
        plan.reachable += len(reachable)
        plan.known_otherwise += sum(
            id_ not in reachable and _has_an_id(names) for id_, names in some.named.items()
        )
        plan.active_tickets += len(some.active)
        plan.active_reachable += len(some.active & reachable)
        window, now = Window(target.name, target.window), self.clock.now()
        for id_ in some.active & reachable:
            closes_at = window.closes_at(some.customers[id_])
            plan.windows_closed += closes_at is not None and closes_at <= now
        # As if all that are configured worked.
        up = frozenset(self.providers.names)
        routes = Routes(active=target.name, up=up, providers=self.providers)
        for id_, replies in some.waiting.items():
            plan.waiting[_carrier(routes, some.customers[id_])] += replies
        return max(some.named, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Some:
    """A page of customers: the identities of each, who is talked with, and who waits for what."""

    named: Mapping[CustomerId, Sequence[Identity]]
    active: set[CustomerId]
    waiting: Mapping[CustomerId, int]
    customers: Mapping[CustomerId, Customer]


def _carrier(routes: Routes, customer: Customer) -> str:
    try:
        return routes.to(customer).provider
    except NoRoute:
        return NOWHERE


def _has_an_id(identities: Sequence[Identity]) -> bool:
    return any(identity.kind is not IdentityKind.PHONE for identity in identities)
