"""By which provider a customer is answered, and a person's choice of it."""

from http import HTTPStatus
from typing import Annotated

from litestar import delete, get, put
from litestar.params import Body
from msgspec import Meta, Struct

from khalifa.application.pin_customer import PinCustomer, ReadCustomerProvider
from khalifa.domain.agents import Agent
from khalifa.domain.contacts import ProviderName
from khalifa.domain.customers import CustomerId
from khalifa.domain.errors import Conflict, NoRoute, NotAllowed, NotFound
from khalifa.entrypoints.http import schemas
from khalifa.entrypoints.http.customers import TAGS, CustomerNumber
from khalifa.entrypoints.http.injection import Injected
from khalifa.entrypoints.http.responses import SIGNED_IN, SIGNED_IN_TO_CHANGE, refusals

PATH = "/api/customers/{customer_id:int}/provider"


class CustomerProvider(Struct, frozen=True, kw_only=True):
    """By which provider a customer is answered."""

    pinned: Annotated[
        schemas.ProviderKey | None, Meta(description="A person's choice; null: by the rule.")
    ]
    next: Annotated[
        schemas.ProviderKey | None,
        Meta(description="Who would carry a reply now; null: nobody can."),
    ]
    choices: Annotated[
        list[schemas.ProviderKey], Meta(description="Those that could carry a reply.")
    ]


class ChosenProvider(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By which provider the customer is answered from now on."""

    provider: Annotated[
        str, Meta(max_length=50, description="One of `choices`.", examples=["wppconnect"])
    ]


@get(
    PATH,
    tags=TAGS,
    summary="Say by which provider a customer is answered",
    description="A person's choice, else the active provider, else the one the customer last "
    "wrote on: the first that can reach them.",
    responses=refusals(*SIGNED_IN, NotAllowed, NotFound),
)
async def provider(
    customer_id: CustomerNumber,
    me: Injected[Agent],
    read_customer_provider: Injected[ReadCustomerProvider],
) -> CustomerProvider:
    view = await read_customer_provider(me, CustomerId(customer_id))
    return schemas.shown(CustomerProvider, view)


@put(
    PATH,
    tags=TAGS,
    summary="Pin a customer to one provider",
    description="Replies go by it, whichever is active, as long as it can carry them: also those "
    "that wait now. Whoever may see the customer may choose, and it is on record.",
    responses=refusals(*SIGNED_IN_TO_CHANGE, NotAllowed, NotFound, Conflict, NoRoute, checked=True),
)
async def pin(
    customer_id: CustomerNumber,
    data: Annotated[ChosenProvider, Body()],
    me: Injected[Agent],
    pin_customer: Injected[PinCustomer],
) -> CustomerProvider:
    view = await pin_customer(me, CustomerId(customer_id), ProviderName(data.provider))
    return schemas.shown(CustomerProvider, view)


@delete(
    PATH,
    status_code=HTTPStatus.OK,
    tags=TAGS,
    summary="Let a customer be answered by the rule again",
    description="Where nobody has chosen, nothing changes.",
    responses=refusals(*SIGNED_IN_TO_CHANGE, NotAllowed, NotFound),
)
async def unpin(
    customer_id: CustomerNumber, me: Injected[Agent], pin_customer: Injected[PinCustomer]
) -> CustomerProvider:
    view = await pin_customer(me, CustomerId(customer_id), None)
    return schemas.shown(CustomerProvider, view)


HANDLERS = (provider, pin, unpin)
