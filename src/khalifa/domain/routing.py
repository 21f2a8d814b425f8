"""The route: which provider carries the next reply to a customer. Derived, never stored."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from khalifa.domain.contacts import Address, ProviderName
from khalifa.domain.customers import Customer
from khalifa.domain.errors import NoRoute
from khalifa.domain.words import Words

UNREACHABLE = Words(
    "{provider} cannot reach this customer: it knows no number or id of theirs.",
    "لا يستطيع {provider} الوصول إلى هذا العميل: لا يعرف له رقمًا ولا معرّفًا.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSwitch:
    """
    One row of the record of switches; the newest one says which provider is active.

    ``configured`` is what ``WHATSAPP_DRIVER`` said when the row was written. By
    it a start-up knows a person's edit from a file gone stale.
    """

    provider: ProviderName
    configured: ProviderName
    source: str
    at: datetime
    by: str | None = None


def switch_at_start(newest: ProviderSwitch | None, configured: ProviderName) -> ProviderName | None:
    """
    Return the provider a start-up must switch to, None when the newest row stands.

    A variable that differs from the active provider *and* from the value
    recorded with it was edited by a person. One that equals the recorded
    value is merely old: the row wins.
    """
    if newest is None:
        return configured
    if configured in {newest.provider, newest.configured}:
        return None
    return configured


def choose_route(
    customer: Customer,
    *,
    active: ProviderName,
    reachable: Mapping[ProviderName, Address],
    up: Collection[ProviderName],
) -> Address:
    """
    Return where the next reply to *customer* goes.

    *reachable* has the customer's address at each configured provider that
    can deliver to one of the customer's identities; *up* are those that work
    now. A person's pin wins, then the active provider, then the one the
    customer last wrote on.

    Raises:
        NoRoute: none of them can reach the customer.
    """
    if customer.pinned_provider is not None and customer.pinned_provider in reachable:
        return reachable[customer.pinned_provider]
    if active in reachable:
        return reachable[active]
    last = customer.last_provider
    if last is not None and last in reachable and last in up:
        return reachable[last]
    raise NoRoute(UNREACHABLE.filled(provider=active))
