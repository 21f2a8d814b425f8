"""The provider: whether it works, and pairing the number."""

from email.utils import format_datetime
from http import HTTPStatus
from io import BytesIO
from typing import Annotated

import segno
from litestar import Response, get, post
from litestar.params import PathParameter

from khalifa.application.provider_status import NotPairable, ReadProviderStatus, ReadQrCode
from khalifa.application.release_provider import ReleaseProvider
from khalifa.application.watch_providers import WatchProviders
from khalifa.domain.agents import Agent
from khalifa.domain.errors import NotAllowed, NotFound
from khalifa.entrypoints.http.guards import admins_only
from khalifa.entrypoints.http.injection import Injected
from khalifa.entrypoints.http.operations_schemas import (
    Provider,
    ProviderStatus,
    QrCode,
)
from khalifa.entrypoints.http.responses import SIGNED_IN, SIGNED_IN_TO_CHANGE, refusals
from khalifa.entrypoints.http.schemas import shown
from khalifa.entrypoints.http.watch_schemas import ProviderList, SwitchWatch

TAGS = ["Provider"]
QR_SCALE = 8


@get(
    "/api/whatsapp/status",
    tags=TAGS,
    summary="Is WhatsApp connected",
    description="Open to everybody. Tells what was last seen of the active provider, at once; "
    "also when it is down.",
    security=[{}],
)
async def status(
    read_provider_status: Injected[ReadProviderStatus],
) -> ProviderStatus:
    return shown(ProviderStatus, await read_provider_status())


@get(
    "/api/provider",
    guards=[admins_only],
    tags=TAGS,
    summary="List the configured providers",
    description="For administrators. `watch` has what each carried in the 24 hours before and "
    "after the last switch, and says whether the old provider may be stopped.",
    responses=refusals(*SIGNED_IN, NotAllowed),
)
async def details(
    read_provider_status: Injected[ReadProviderStatus],
    watch_providers: Injected[WatchProviders],
) -> ProviderList:
    listed = await read_provider_status.details()
    return ProviderList(
        items=[shown(Provider, one) for one in listed],
        watch=SwitchWatch.of(await watch_providers()),
    )


# A code is good for seconds: nothing between may keep one.
NOT_KEPT = {"Cache-Control": "no-store"}


@post(
    "/api/provider/{provider:str}/release",
    status_code=HTTPStatus.NO_CONTENT,
    guards=[admins_only],
    tags=TAGS,
    summary="Let a held provider send again",
    description="For administrators. A warning sign holds a number for a while, so that it is not "
    "banned, and so does an account that stopped; this ends it, because a person has looked.",
    responses=refusals(*SIGNED_IN_TO_CHANGE, NotAllowed, NotFound),
)
async def release(
    provider: Annotated[str, PathParameter(max_length=50, description="As in `WHATSAPP_DRIVER`.")],
    me: Injected[Agent],
    release_provider: Injected[ReleaseProvider],
) -> None:
    await release_provider(me, provider)


@get(
    "/api/provider/qr",
    guards=[admins_only],
    media_type="image/png",
    tags=TAGS,
    summary="The QR code that pairs the number",
    description="For administrators. It changes every 20 seconds or so: ask again every few "
    "seconds until `/api/whatsapp/status` says `connected`. `Expires` says when another one will "
    "have taken its place. An expired code is never given: 404.",
    responses=refusals(*SIGNED_IN, NotAllowed, NotFound, NotPairable),
)
async def qr_code(
    read_qr_code: Injected[ReadQrCode],
) -> Response[bytes]:
    code = await read_qr_code()
    image = BytesIO()
    segno.make(code.text, error="m").save(image, kind="png", scale=QR_SCALE)
    expires = format_datetime(code.expires_at, usegmt=True)
    return Response(
        image.getvalue(), media_type="image/png", headers={**NOT_KEPT, "Expires": expires}
    )


@get(
    "/api/provider/qr.json",
    guards=[admins_only],
    tags=TAGS,
    summary="The QR code that pairs the number, as text",
    description="For administrators. To draw it oneself, and to know when to ask again.",
    responses=refusals(*SIGNED_IN, NotAllowed, NotFound, NotPairable),
)
async def qr_text(
    read_qr_code: Injected[ReadQrCode],
) -> Response[QrCode]:
    return Response(shown(QrCode, await read_qr_code()), headers=NOT_KEPT)
