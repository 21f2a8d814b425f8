"""What is shown of a customer, whatever the names a provider has for one."""

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from khalifa.application.customer_views import CustomerDetailsView, CustomerSummaryView
from khalifa.application.views import TicketView
from khalifa.domain.contacts import Identity, IdentityKind, PhoneNumber, phone_beginnings
from khalifa.domain.customers import Customer
from tests.builders import NOW, PROVIDER, a_ticket

LIDS = st.from_regex(r"[1-9][0-9]{5,18}", fullmatch=True).map(
    lambda digits: Identity(PROVIDER, IdentityKind.LID, digits)
)
BSUIDS = st.from_regex(r"[A-Z]{2}\.[A-Za-z0-9]{1,40}", fullmatch=True).map(
    lambda id_ext: Identity(PROVIDER, IdentityKind.BSUID, id_ext)
)
PHONES = st.from_regex(r"20(10|11|12|15)[0-9]{8}", fullmatch=True).map(
    lambda digits: Identity.of_phone(PhoneNumber(digits))
)


def a_stranger() -> Customer:
    return Customer(provider=PROVIDER, id_ext="", created_at=NOW)


def shown(customer: Customer) -> list[dict[str, object]]:
    """Return every view that has the customer's number in it, as the API sends it."""
    views = (
        CustomerSummaryView.of(customer),
        CustomerDetailsView.of(customer, []),
        TicketView.of(a_ticket(customer), customer, None).customer,
    )
    return [json.loads(msgspec.json.encode(view)) for view in views]


@given(names=st.lists(LIDS | BSUIDS, min_size=1, max_size=4, unique=True))
def test_who_has_no_number_is_shown_without_one(names: list[Identity]) -> None:
    customer = a_stranger()
    customer.learn(names[:2], None)
    customer.change(names[:1], names[2:], at=NOW)

    for view in shown(customer):
        assert (view["phone"], view["name"]) == (None, None)


@given(names=st.lists(LIDS | BSUIDS | PHONES, min_size=2, max_size=6, unique=True))
def test_the_number_shown_is_one_of_the_customers_numbers(names: list[Identity]) -> None:
    customer, other = a_stranger(), a_stranger()
    customer.learn(names[::2], None)
    other.learn(names[1::2], None)
    customer.absorb(other)
    customer.change(names[:1], names[1:], at=NOW)

    numbers = {one.id_ext for one in customer.identities if one.kind is IdentityKind.PHONE}
    for view in shown(customer):
        assert view["phone"] in numbers if numbers else view["phone"] is None
    # Replies go to the first that a provider can reach: the number that is shown.
    if numbers:
        assert customer.identities[0].id_ext == customer.phone


@given(bsuid=BSUIDS)
def test_an_id_is_never_looked_for_as_a_number(bsuid: Identity) -> None:
    assert phone_beginnings(bsuid.id_ext, region="EG") == []
