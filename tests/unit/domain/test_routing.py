"""Where the next reply goes, and when a start-up switches."""

from datetime import UTC, datetime

import pytest

from khalifa.domain.contacts import Address, ProviderName
from khalifa.domain.customers import Customer
from khalifa.domain.errors import NoRoute
from khalifa.domain.routing import ProviderSwitch, choose_route, switch_at_start

OLD, NEW = ProviderName("old"), ProviderName("new")
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def customer(*, last: ProviderName | None = None, pinned: ProviderName | None = None) -> Customer:
    return Customer(
        provider=OLD, id_ext="1", last_provider=last, pinned_provider=pinned, created_at=NOW
    )


def at(*names: ProviderName) -> dict[ProviderName, Address]:
    return {name: Address(name, "1") for name in names}


def test_the_active_provider_carries_the_reply_when_it_can_reach_the_customer() -> None:
    route = choose_route(customer(last=OLD), active=NEW, reachable=at(OLD, NEW), up=[OLD, NEW])

    assert route.provider == NEW


def test_a_persons_pin_wins() -> None:
    route = choose_route(customer(pinned=OLD), active=NEW, reachable=at(OLD, NEW), up=[NEW])

    assert route.provider == OLD


def test_whom_the_active_cannot_reach_is_answered_where_he_wrote_last_if_that_is_up() -> None:
    writer = customer(last=OLD)

    assert choose_route(writer, active=NEW, reachable=at(OLD), up=[OLD]).provider == OLD
    with pytest.raises(NoRoute):
        choose_route(writer, active=NEW, reachable=at(OLD), up=[])


def row(provider: ProviderName, configured: ProviderName) -> ProviderSwitch:
    return ProviderSwitch(provider=provider, configured=configured, source="test", at=NOW)


@pytest.mark.parametrize(
    ("newest", "configured", "switch_to"),
    [
        (None, OLD, OLD),
        (row(OLD, OLD), OLD, None),
        (row(OLD, OLD), NEW, NEW),
        (row(NEW, OLD), OLD, None),
        (row(NEW, OLD), NEW, None),
    ],
)
def test_a_start_follows_a_persons_edit_and_not_a_stale_file(
    newest: ProviderSwitch | None, configured: ProviderName, switch_to: ProviderName | None
) -> None:
    assert switch_at_start(newest, configured) == switch_to
