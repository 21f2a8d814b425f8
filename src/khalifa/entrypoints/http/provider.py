"""The provider: whether it works, and pairing the number."""

from io import BytesIO

import segno
from litestar import Response, get

from khalifa.application.provider_status import NotPairable, ReadProviderStatus, ReadQrCode
from khalifa.domain.errors import NotAllowed, NotFound
from khalifa.entrypoints.http import schemas
from khalifa.entrypoints.http.guards import admins_only
from khalifa.entrypoints.http.injection import Injected
from khalifa.entrypoints.http.responses import SIGNED_IN, refusals

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
) -> schemas.ProviderStatus:
    return schemas.shown(schemas.ProviderStatus, await read_provider_status())


@get(
    "/api/provider",
    guards=[admins_only],
    tags=TAGS,
    summary="List the configured providers",
    description="For administrators.",
    responses=refusals(*SIGNED_IN, NotAllowed),
)
async def details(
    read_provider_status: Injected[ReadProviderStatus],
) -> schemas.ProviderList:
    listed = await read_provider_status.details()
    return schemas.ProviderList(items=[schemas.shown(schemas.Provider, one) for one in listed])


@get(
    "/api/provider/qr",
    guards=[admins_only],
    media_type="image/png",
    tags=TAGS,
    summary="The QR code that pairs the number",
    description="For administrators. It changes every few seconds: ask again until "
    "`/api/whatsapp/status` says `connected`.",
    responses=refusals(*SIGNED_IN, NotAllowed, NotFound, NotPairable),
)
async def qr_code(
    read_qr_code: Injected[ReadQrCode],
) -> Response[bytes]:
    image = BytesIO()
    segno.make(await read_qr_code(), error="m").save(image, kind="png", scale=QR_SCALE)
    return Response(image.getvalue(), media_type="image/png")
