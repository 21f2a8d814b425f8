"""Pairing the number by a code of eight characters, where no camera can see the QR code."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Self

from litestar import Response, delete, get, post
from litestar.params import Body
from msgspec import Meta, Struct

from khalifa.application.pair_by_code import AwaitedCode, PairByCode
from khalifa.application.provider_status import NotPairable
from khalifa.domain.agents import Agent
from khalifa.domain.errors import Conflict, InvalidPhoneNumber, NotAllowed, NotFound
from khalifa.entrypoints.http.guards import admins_only
from khalifa.entrypoints.http.injection import Injected
from khalifa.entrypoints.http.provider import NOT_KEPT, TAGS
from khalifa.entrypoints.http.responses import SIGNED_IN, SIGNED_IN_TO_CHANGE, refusals
from khalifa.entrypoints.http.schemas import Phone

PATH = "/api/provider/pairing-code"


class PhoneToPair(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The phone on which the code will be typed."""

    phone: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=50,
            description="As people write it; without a country code, of `KHALIFA_PHONE_REGION`.",
            examples=["+201012345678"],
        ),
    ]


class PairingCode(Struct, frozen=True, kw_only=True):
    """The code that pairs the number now."""

    phone: Phone
    code: Annotated[
        str | None,
        Meta(description="To type on the phone; null: on its way.", examples=["ABCD-1234"]),
    ]
    expires_at: Annotated[
        datetime | None, Meta(description="Another one has taken its place by then: ask again.")
    ]

    @classmethod
    def of(cls, awaited: AwaitedCode) -> Self:
        code = awaited.code
        return cls(
            phone=awaited.phone,
            code=code.text if code else None,
            expires_at=code.expires_at if code else None,
        )


@post(
    PATH,
    guards=[admins_only],
    status_code=HTTPStatus.ACCEPTED,
    tags=TAGS,
    summary="Ask for a code that pairs a phone",
    description="For administrators, where `capabilities` has `pairing_by_code`. In place of the "
    "QR code, for ten minutes. A QR code that is shown goes first: the code may take a minute.",
    responses=refusals(
        *SIGNED_IN_TO_CHANGE, NotAllowed, Conflict, NotPairable, InvalidPhoneNumber, checked=True
    ),
)
async def ask_for_code(
    data: Annotated[PhoneToPair, Body()],
    me: Injected[Agent],
    pair_by_code: Injected[PairByCode],
) -> Response[PairingCode]:
    awaited = await pair_by_code(me, data.phone)
    return Response(PairingCode.of(awaited), status_code=HTTPStatus.ACCEPTED, headers=NOT_KEPT)


@get(
    PATH,
    guards=[admins_only],
    tags=TAGS,
    summary="The code that pairs the phone",
    description="For administrators. Ask again every few seconds until "
    "`/api/whatsapp/status` says `connected`. An expired code is never given. 404 when none was "
    "asked for, or the number is paired.",
    responses=refusals(*SIGNED_IN, NotAllowed, NotFound, NotPairable),
)
async def code(pair_by_code: Injected[PairByCode]) -> Response[PairingCode]:
    return Response(PairingCode.of(await pair_by_code.code()), headers=NOT_KEPT)


@delete(
    PATH,
    guards=[admins_only],
    tags=TAGS,
    summary="Go back to the QR code",
    description="For administrators. The QR code may take a minute; harmless where it is shown.",
    responses=refusals(*SIGNED_IN_TO_CHANGE, NotAllowed, NotPairable),
)
async def give_up_code(pair_by_code: Injected[PairByCode]) -> None:
    await pair_by_code.give_up()


HANDLERS = (ask_for_code, code, give_up_code)
